// The two hot writes of a charge, reserve and settle: requests that arrive together go to the database as one call.
import { createBatcher } from '../../db/batcher.ts'
import type { Database } from '../../db/client.ts'
import type { AuditRow } from '../audit/entry.ts'
import type { Tx } from '../context.ts'
import type { AttemptKind } from './state.ts'

/** A row of `charge_reserve` (drizzle/0003_hot_writes.sql), members named as there. */
export type ReserveRow = {
  at: Date
  wall: Date
  lease_until: Date
  look_at: Date
  key_hash: string | null
  request_hash: string | null
  charge_id: string
  attempt_id: string
  stripe_key: string
  token_id: string
  payer_id: string
  amount: number
  currency: string
  reference_hash: string
  details_sealed: string
  billing_job: string | null
  capture_method: string
  on_session: boolean
  audit: AuditRow
}

export type Reserved = {
  r_i: number
  r_outcome: string
  r_reply_status: number | null
  r_reply_sealed: Buffer | null
  r_object: string | null
  r_payer: string | null
  r_customer: string | null
  r_payment_method: string | null
}

/** A row of `charge_settle` (drizzle/0006_faster_writes.sql), members named as there; what is left out is null. */
export type SettleRow = {
  at: Date
  attempt_id: string
  charge_id: string
  take_in?: AttemptKind
  take_in_key?: string
  take_in_amount?: number
  lease?: Date
  attempt_status: string
  charge_status?: string
  amount_captured?: number
  failure_code?: string
  decline_code?: string
  advice_code?: string
  retry?: string
  retry_after?: Date
  payment_intent?: string
  stripe_charge?: string
  authenticate_by?: Date
  confirmed: boolean
  next_look_at?: Date
  looks?: number
  missing_since?: Date
  cancel_attempt_id?: string
  cancel_key?: string
  key_hash?: string
  reply_status?: number
  /** Base64, which is shorter than what a bytea would be written as. */
  reply_sealed?: string
  audit: AuditRow
}

/** `settled`, or what kept it from being: see charge_settle. `status` is the charge's after it. */
export type SettledRow = {
  outcome: 'settled' | 'confirmed' | 'superseded' | 'contradiction'
  status: string | null
}

export type ChargeWrites = {
  reserve(tenantId: string, row: ReserveRow): Promise<Reserved>
  settle(tenantId: string, row: SettleRow): Promise<SettledRow>
}

/** A call costs as much as several of its rows, so the next one rather waits and gathers more. */
const ONE_IN_FLIGHT = { inFlightMax: 1 }

const writes = new WeakMap<Database, ChargeWrites>()

export function chargeWritesOf(db: Database): ChargeWrites {
  const known = writes.get(db)
  if (known) return known
  const made: ChargeWrites = {
    reserve: createBatcher<ReserveRow, Reserved>(async (tenantId, rows) => {
      const reserved = await db.sql<
        Reserved[]
      >`select * from charge_reserve(${tenantId}, ${numbered(rows)}::text::jsonb)`
      return inOrder(reserved)
    }, ONE_IN_FLIGHT),
    settle: createBatcher<SettleRow, SettledRow>((tenantId, rows) => settleRows(db, tenantId, rows), ONE_IN_FLIGHT),
  }
  writes.set(db, made)
  return made
}

/** Books outcomes, in the caller's transaction or in one of its own. */
export async function settleRows(
  { sql }: Pick<Tx, 'sql'> | Pick<Database, 'sql'>,
  tenantId: string,
  rows: readonly SettleRow[],
): Promise<SettledRow[]> {
  const settled = await sql<{ r_i: number; r_outcome: SettledRow['outcome']; r_status: string | null }[]>`
    select * from charge_settle(${tenantId}, ${numbered(rows)}::text::jsonb)`
  return inOrder(settled).map(row => ({ outcome: row.r_outcome, status: row.r_status }))
}

const numbered = (rows: readonly object[]): string => JSON.stringify(rows.map((row, i) => ({ i, ...row })))

const inOrder = <Row extends { r_i: number }>(rows: readonly Row[]): Row[] => rows.toSorted((a, b) => a.r_i - b.r_i)

/** A bytea as the functions take it inside JSON. */
export const hex = (bytes: Buffer): string => `\\x${bytes.toString('hex')}`
