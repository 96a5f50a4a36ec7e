// How a payout is read and shown.
import { z } from 'zod'
import type { Tx } from '../context.ts'
import { differenceSchema, type TieOut, tieOutSchema } from './payout-tie-out.ts'

export const PAYOUT_ID = /^po_[A-Za-z0-9_]{1,250}$/

export const payoutSchema = z
  .object({
    id: z.string().describe("Stripe's id."),
    object: z.literal('payout'),
    status: z.string(),
    amount: z.int(),
    currency: z.string(),
    automatic: z.boolean().describe('Only automatic payouts can be attributed to their rows.'),
    reconciliation_status: z.string(),
    arrival_date: z.iso.date(),
    trace_id: z.string().nullable(),
    failure_code: z.string().nullable(),
    created_at: z.iso.datetime(),
    rows_listed_at: z.iso.datetime().nullable(),
    tie_out: tieOutSchema
      .nullable()
      .describe('Null until Stripe has listed the rows; always, for a payout made by hand.'),
    open_exceptions: z.int(),
  })
  .meta({ id: 'Payout' })

export type PayoutView = z.infer<typeof payoutSchema>

export const payoutDetailSchema = payoutSchema
  .extend({ differences: z.array(differenceSchema), differences_truncated: z.boolean() })
  .meta({ id: 'PayoutDetail' })

export type PayoutDetail = z.infer<typeof payoutDetailSchema>

export type PayoutRow = {
  id: string
  status: string
  amount: number
  currency: string
  automatic: boolean
  reconciliation_status: string
  arrival_date: Date
  trace_id: string | null
  failure_code: string | null
  created_at: Date
  rows_listed_at: Date | null
  open_exceptions: number
}

export const payoutColumns = ({ sql }: Tx) => sql`
  p.id, p.status, p.amount, p.currency, p.automatic, p.reconciliation_status, p.arrival_date, p.trace_id, p.failure_code,
  p.created_at, p.rows_listed_at,
  (select count(*) from exceptions e
    where e.tenant_id = p.tenant_id and e.payout_id = p.id and e.status = 'open') as open_exceptions`

export const isListed = (row: PayoutRow): boolean => row.automatic && row.rows_listed_at !== null

export const showPayout = (row: PayoutRow, tieOut: TieOut | null): PayoutView => ({
  id: row.id,
  object: 'payout',
  status: row.status,
  amount: row.amount,
  currency: row.currency,
  automatic: row.automatic,
  reconciliation_status: row.reconciliation_status,
  // 00:00 UTC at Stripe: read in another zone it would be the day before.
  arrival_date: row.arrival_date.toISOString().slice(0, 10),
  trace_id: row.trace_id,
  failure_code: row.failure_code,
  created_at: row.created_at.toISOString(),
  rows_listed_at: row.rows_listed_at?.toISOString() ?? null,
  tie_out: tieOut,
  open_exceptions: row.open_exceptions,
})
