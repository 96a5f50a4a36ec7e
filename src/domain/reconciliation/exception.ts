// A difference between the vault and Stripe: one cause, one subject, what was expected and what is there.
import { z } from 'zod'

/** What each cause means. Every difference has exactly one; a fault that brings others along is listed once. */
export const EXCEPTION_CAUSES = {
  MISSING_IN_STRIPE: 'Money moved by the vault’s account, and Stripe shows no balance line of it.',
  MISSING_IN_VAULT: 'Stripe shows money that the vault knows nothing of.',
  AMOUNT_OVER: 'Stripe shows more than the vault.',
  AMOUNT_UNDER: 'Stripe shows less than the vault.',
  CURRENCY_MISMATCH: 'Stripe shows another currency, and no conversion explains it.',
  STATUS_MISMATCH: 'Stripe and the vault disagree whether the money moved.',
  DUPLICATE: 'The same money stands twice in Stripe’s books.',
  UNKNOWN_CATEGORY: 'A balance line of a kind that is not classed yet.',
  PAYOUT_SUM_MISMATCH: 'The rows of a payout do not add up to its amount.',
  PAYOUT_UNATTRIBUTABLE: 'A payout made by hand: Stripe does not say which rows it holds.',
  UNKNOWN_OUTCOME: 'Nobody can say yet whether the money moved.',
} as const

export type ExceptionCause = keyof typeof EXCEPTION_CAUSES

export const CAUSES = Object.keys(EXCEPTION_CAUSES) as ExceptionCause[]

export type SubjectType =
  | 'charge'
  | 'refund'
  | 'dispute'
  | 'payout'
  | 'payment_intent'
  | 'balance_transaction'
  | 'stripe_object'

/** A difference as it was found: ids, amounts and codes only. */
export type Finding = {
  cause: ExceptionCause
  subject_type: SubjectType
  subject_id: string
  charge_id: string | null
  refund_id: string | null
  balance_transaction_id: string | null
  payout_id: string | null
  expected_amount: number | null
  actual_amount: number | null
  currency: string | null
}

export type ExceptionRow = Finding & {
  id: string
  status: 'open' | 'closed'
  detail: string
  first_seen_at: Date
  last_seen_at: Date
  closed_at: Date | null
}

export const exceptionSchema = z
  .object({
    id: z.string(),
    object: z.literal('exception'),
    cause: z.enum(CAUSES as [ExceptionCause, ...ExceptionCause[]]),
    status: z.enum(['open', 'closed']),
    subject: z.object({ type: z.string(), id: z.string() }).describe('What the difference is about.'),
    charge: z.string().nullable(),
    refund: z.string().nullable(),
    balance_transaction: z.string().nullable(),
    payout: z.string().nullable(),
    expected_amount: z.int().nullable().describe("Minor units, what the vault or the payout says; Stripe's sign."),
    actual_amount: z.int().nullable().describe('Minor units, what Stripe’s lines say.'),
    currency: z.string().nullable(),
    detail: z.string(),
    first_seen_at: z.iso.datetime(),
    last_seen_at: z.iso.datetime(),
    closed_at: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Exception' })

export type ExceptionView = z.infer<typeof exceptionSchema>

export const showException = (row: ExceptionRow): ExceptionView => ({
  id: row.id,
  object: 'exception',
  cause: row.cause,
  status: row.status,
  subject: { type: row.subject_type, id: row.subject_id },
  charge: row.charge_id,
  refund: row.refund_id,
  balance_transaction: row.balance_transaction_id,
  payout: row.payout_id,
  expected_amount: row.expected_amount,
  actual_amount: row.actual_amount,
  currency: row.currency,
  detail: row.detail,
  first_seen_at: row.first_seen_at.toISOString(),
  last_seen_at: row.last_seen_at.toISOString(),
  closed_at: row.closed_at?.toISOString() ?? null,
})
