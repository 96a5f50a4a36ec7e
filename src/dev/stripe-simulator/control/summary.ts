/** Counts of what an account holds, for tests that compare them with the vault's own tables. */
import type { Account } from '../state/account.ts'
import { COLLECTION_NAMES } from '../state/records.ts'

/** With `metadataKey`, also how many successful payment intents carry each value of that metadata. */
export function summaryOf(account: Account, metadataKey?: string): object {
  const counts = Object.fromEntries(COLLECTION_NAMES.map(name => [name, account.tables[name].size]))
  const byStatus: Record<string, number> = {}
  const byMetadata: Record<string, number> = {}
  for (const { view } of account.tables.payment_intents.all()) {
    byStatus[view.status] = (byStatus[view.status] ?? 0) + 1
    const value = metadataKey === undefined ? undefined : view.metadata[metadataKey]
    if (value !== undefined && view.status === 'succeeded') byMetadata[value] = (byMetadata[value] ?? 0) + 1
  }
  const succeeded = account.tables.charges.all().filter(({ view }) => view.status === 'succeeded')
  return {
    account: account.id,
    counts,
    payment_intents_by_status: byStatus,
    amount_captured: succeeded.reduce((sum, { view }) => sum + view.amount_captured, 0),
    amount_refunded: account.tables.refunds
      .all()
      .filter(({ view }) => view.status === 'succeeded' || view.status === 'pending')
      .reduce((sum, { view }) => sum + view.amount, 0),
    undelivered_events: account.tables.events.all().filter(event => event.failed || event.pending > 0).length,
    ...(metadataKey !== undefined && { succeeded_by_metadata: byMetadata }),
  }
}
