// Which verb each queued job runs.
import { archiveAudit } from '../domain/audit/archive-audit.ts'
import type { Dependencies } from '../domain/context.ts'
import { applyRetention } from '../domain/privacy/apply-retention.ts'
import { matchLines } from '../domain/reconciliation/match.ts'
import { failReconciliation, runReconciliation } from '../domain/reconciliation/run-reconciliation.ts'
import { startDailyReconciliation } from '../domain/reconciliation/start-daily-reconciliation.ts'
import { syncMirror } from '../domain/reconciliation/sync-mirror.ts'
import { watchRequests } from '../domain/rights/watch-requests.ts'
import { scanEventGap } from '../domain/stripe-events/scan-event-gap.ts'
import { workerContext } from '../domain/tenants/operator-context.ts'
import { expireTokens } from '../domain/tokens/expire-tokens.ts'
import type { JobData, QueueName } from '../queue/queue-names.ts'

/** `last`: when this try fails, there is no other. */
export type Task = (dependencies: Dependencies, job: { data: JobData; last: boolean }) => Promise<void>

export const TASKS: Record<QueueName, Task> = {
  async 'sync-stripe-mirror'(dependencies, { data: { tenantId } }) {
    const ctx = workerContext(dependencies, tenantId)
    await syncMirror(ctx)
    await matchLines(ctx)
  },

  async 'run-reconciliation'(dependencies, { data, last }) {
    const ctx = workerContext(dependencies, data.tenantId)
    const id = data.reconciliationId as string
    try {
      await runReconciliation(ctx, id)
    } catch (error) {
      if (last) await failReconciliation(ctx, id, 'gave_up')
      throw error
    }
  },

  async 'start-daily-reconciliation'(dependencies, { data: { tenantId } }) {
    await startDailyReconciliation(workerContext(dependencies, tenantId))
  },

  async 'scan-event-gap'(dependencies, { data: { tenantId } }) {
    await scanEventGap(workerContext(dependencies, tenantId))
  },

  async 'expire-tokens'(dependencies, { data: { tenantId } }) {
    await expireTokens(dependencies, tenantId)
  },

  async 'archive-audit'(dependencies, { data: { tenantId } }) {
    await archiveAudit(workerContext(dependencies, tenantId))
  },

  async 'watch-privacy-requests'(dependencies, { data: { tenantId } }) {
    await watchRequests(workerContext(dependencies, tenantId))
  },

  async 'apply-retention'(dependencies, { data: { tenantId } }) {
    await applyRetention(workerContext(dependencies, tenantId))
  },
}
