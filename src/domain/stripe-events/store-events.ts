// Puts events into the inbox: one round trip for all that arrive together, and one that is known changes nothing.
import { createBatcher } from '../../db/batcher.ts'
import type { Database, Tx } from '../../db/client.ts'
import type { Dependencies } from '../context.ts'
import type { EventRow } from './event-row.ts'

export type StoreOutcome = 'stored' | 'known'

type Place = Pick<Dependencies, 'db' | 'clock' | 'meter' | 'log'>
type Store = (tenantId: string, row: EventRow) => Promise<StoreOutcome>

// One batcher for each pool of connections, gone when the pool is.
const stores = new WeakMap<Database, Store>()

/** Stores one event together with those that arrive at the same time. */
export async function storeEvent(place: Place, tenantId: string, row: EventRow): Promise<StoreOutcome> {
  let store = stores.get(place.db)
  if (!store) {
    store = createBatcher((tenant, rows) => storeEvents(place, tenant, rows))
    stores.set(place.db, store)
  }
  return store(tenantId, row)
}

/** Stores rows of one tenant in one call, by `sql` or in a transaction of its own; the outcomes are in the rows' order. */
export async function storeEvents(
  place: Place,
  tenantId: string,
  rows: EventRow[],
  sql: Database['sql'] | Tx['sql'] = place.db.sql,
): Promise<StoreOutcome[]> {
  const numbered = JSON.stringify(rows.map((row, i) => ({ i, ...row })))
  const told = await sql<{ r_i: number; r_outcome: StoreOutcome }[]>`
    select r_i, r_outcome from stripe_event_ingest(${tenantId}, ${place.clock.now()}, ${numbered}::text::jsonb)`
  const outcomes = new Array<StoreOutcome>(rows.length).fill('known')
  for (const { r_i, r_outcome } of told) outcomes[r_i] = r_outcome
  for (const [i, row] of rows.entries()) if (outcomes[i] === 'stored') report(place, tenantId, row)
  return outcomes
}

function report({ meter, log }: Place, tenantId: string, row: EventRow): void {
  meter.count('stripe_events', { outcome: row.status })
  if (row.status !== 'quarantined') return
  const code = row.error_code ?? 'unknown'
  meter.count('quarantined_events', { code })
  meter.count('alerts', { name: 'quarantined_event' })
  log.error({ tenant: tenantId, event: row.id, event_type: row.type, code }, 'an event of Stripe was quarantined')
}
