// Work whose row is itself the record: claimed straight from its table, for one tenant at a time.
import { keepAudit } from '../domain/audit/keep-audit.ts'
import { resolveDueCharges } from '../domain/charges/resolve-unknown.ts'
import type { Dependencies } from '../domain/context.ts'
import { workErasures } from '../domain/erasures/work-erasures.ts'
import { sendDueMails } from '../domain/mail/send-due-mails.ts'
import { resolveDueRefunds } from '../domain/refunds/resolve-unknown-refunds.ts'
import { propagateCorrections } from '../domain/rights/propagate-corrections.ts'
import { processEvents } from '../domain/stripe-events/process-events.ts'
import { detachDueTokens } from '../domain/tokens/detach-token.ts'
import { enqueueDue } from './schedule.ts'

export type RowWork = {
  /** Wall time between two looks when there was nothing to do. */
  idleMs: number
  /** Does a batch of what is due; answers how much that was, 0 for nothing. */
  run(dependencies: Dependencies, tenantId: string): Promise<number>
}

/** Attempts and refunds looked at in one pass: a few batches, so that stopping does not wait for long. */
const LOOKS_MAX = 64

export const ROW_WORK: Readonly<Record<string, RowWork>> = {
  'stripe-events': { idleMs: 200, run: processEvents },
  'unknown-charges': {
    idleMs: 1_000,
    run: async (dependencies, tenantId) =>
      (await resolveDueCharges(dependencies, tenantId, { limit: LOOKS_MAX })).looked,
  },
  'unknown-refunds': {
    idleMs: 1_000,
    run: async (dependencies, tenantId) =>
      (await resolveDueRefunds(dependencies, tenantId, { limit: LOOKS_MAX })).looked,
  },
  'detached-tokens': { idleMs: 5_000, run: detachDueTokens },
  mail: { idleMs: 1_000, run: sendDueMails },
  corrections: { idleMs: 5_000, run: propagateCorrections },
  erasures: { idleMs: 2_000, run: workErasures },
  // Few rows a block cost as much as many: sealed now and then, at once only while full blocks wait.
  'audit-sealing': { idleMs: 15_000, run: keepAudit },
  schedule: { idleMs: 5_000, run: enqueueDue },
}
