// Everything about money whose outcome is open and due: attempts of charges, then refunds.
import type { Dependencies } from '../context.ts'
import { resolveDueRefunds } from '../refunds/resolve-unknown-refunds.ts'
import type { Resolved, ResolveOptions } from './look-at-open.ts'
import { resolveDueCharges } from './resolve-unknown.ts'

/** Answers how many were looked at and what became of them. `limit` counts for each of the two. */
export async function resolveDue(
  dependencies: Dependencies,
  tenantId: string,
  options: ResolveOptions,
): Promise<Resolved> {
  const charges = await resolveDueCharges(dependencies, tenantId, options)
  const onProgress = options.onProgress && ((looked: number) => options.onProgress?.(charges.looked + looked))
  const refunds = await resolveDueRefunds(dependencies, tenantId, { ...options, onProgress })
  return {
    looked: charges.looked + refunds.looked,
    settled: charges.settled + refunds.settled,
    open: charges.open + refunds.open,
    review: charges.review + refunds.review,
    lost: charges.lost + refunds.lost,
    failed: charges.failed + refunds.failed,
  }
}
