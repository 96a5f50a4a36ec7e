// Works off the attempts whose outcome is open and whose next look is due: unknown ones, those whose process died,
// intents that wait for the payer or for Stripe, and declined intents that are to be cancelled.
import type { Dependencies } from '../context.ts'
import type { AttemptRow } from './charge.ts'
import { lookAtOpen, type OpenRows, type Resolved, type ResolveOptions } from './look-at-open.ts'
import { resolveAttempt } from './resolve-attempt.ts'

const OPEN_ATTEMPTS: OpenRows<AttemptRow & { next_look_at: Date | null }> = {
  table: 'charge_attempts',
  kind: 'attempt',
  open: "status in ('created', 'sending', 'processing', 'requires_action', 'unknown')",
  resolve: resolveAttempt,
}

export const resolveDueCharges = (
  dependencies: Dependencies,
  tenantId: string,
  options: ResolveOptions,
): Promise<Resolved> => lookAtOpen(dependencies, tenantId, OPEN_ATTEMPTS, options)

/** How many attempts are open, and how many of them some process holds right now. */
export async function countOpenAttempts(
  { db, clock }: Pick<Dependencies, 'db' | 'clock'>,
  tenantId: string,
): Promise<{ open: number; held: number; review: number }> {
  const [row] = await db.transaction(
    tenantId,
    tx => tx.sql<{ open: number; held: number; review: number }[]>`
      select count(*) filter (where status <> 'needs_review') as open,
             count(*) filter (where status <> 'needs_review' and lease_until > ${clock.wall()}) as held,
             count(*) filter (where status = 'needs_review') as review
        from charge_attempts
       where tenant_id = ${tenantId}
         and status in ('created', 'sending', 'processing', 'requires_action', 'unknown', 'needs_review')`,
  )
  return row as { open: number; held: number; review: number }
}
