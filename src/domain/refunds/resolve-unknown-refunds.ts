// Works off the refunds whose outcome is open and whose next look is due.
import { lookAtOpen, type OpenRows, type Resolved, type ResolveOptions } from '../charges/look-at-open.ts'
import type { Dependencies } from '../context.ts'
import type { RefundRow } from './refund.ts'
import { resolveRefund } from './resolve-refund.ts'

const OPEN_REFUNDS: OpenRows<RefundRow> = {
  table: 'refunds',
  kind: 'refund',
  open: "status in ('sending', 'unknown', 'pending')",
  resolve: resolveRefund,
}

export const resolveDueRefunds = (
  dependencies: Dependencies,
  tenantId: string,
  options: ResolveOptions,
): Promise<Resolved> => lookAtOpen(dependencies, tenantId, OPEN_REFUNDS, options)
