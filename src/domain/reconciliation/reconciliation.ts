// A reconciliation: one stretch of time, read again from Stripe whole, matched, and searched for differences.
import { z } from 'zod'
import { invalidField } from '../errors.ts'
import { EXCEPTION_CAUSES } from './exception.ts'
import type { Stretch } from './read-feed.ts'

/** A longer stretch is read in parts. */
export const STRETCH_MAX_DAYS = 366
const DAY_MS = 86_400_000

const instant = z.iso.datetime({ offset: true, message: 'must be an RFC 3339 time' })

export const stretchInput = {
  from: instant.describe('Its first moment.'),
  to: instant.describe(`Its end, left out; at most ${STRETCH_MAX_DAYS} days later.`),
}

/** @throws validation_failed when the stretch has no or too much length */
export function stretchOf(input: { from: string; to: string }): Stretch {
  const stretch = { from: new Date(input.from), to: new Date(input.to) }
  const lengthMs = stretch.to.getTime() - stretch.from.getTime()
  if (lengthMs <= 0) throw invalidField('/to', 'must be later than from')
  if (lengthMs > STRETCH_MAX_DAYS * DAY_MS)
    throw invalidField('/to', `must be at most ${STRETCH_MAX_DAYS} days after from`)
  return stretch
}

const count = z.int().min(0)

export const summarySchema = z.object({
  balance_transactions: count,
  matched: count.describe('Lines that have their row in the vault.'),
  payouts: count,
  balanced_payouts: count,
  exceptions: z.object({
    opened: count,
    still_open: count,
    closed: count,
    by_cause: z.partialRecord(z.enum(Object.keys(EXCEPTION_CAUSES) as [string, ...string[]]), count),
  }),
  truncated: z.boolean().describe('More differences were found than can be listed.'),
})

export type Summary = z.infer<typeof summarySchema>

export const reconciliationSchema = z
  .object({
    id: z.string(),
    object: z.literal('reconciliation'),
    from: z.iso.datetime(),
    to: z.iso.datetime(),
    status: z.enum(['queued', 'running', 'completed', 'failed']),
    summary: summarySchema.nullable(),
    error: z.string().nullable(),
    created_at: z.iso.datetime(),
    finished_at: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Reconciliation' })

export type ReconciliationView = z.infer<typeof reconciliationSchema>

export type ReconciliationRow = {
  id: string
  from: Date
  to: Date
  status: ReconciliationView['status']
  summary: Summary | null
  error_code: string | null
  created_at: Date
  finished_at: Date | null
}

export const showReconciliation = (row: ReconciliationRow): ReconciliationView => ({
  id: row.id,
  object: 'reconciliation',
  from: row.from.toISOString(),
  to: row.to.toISOString(),
  status: row.status,
  summary: row.summary,
  error: row.error_code,
  created_at: row.created_at.toISOString(),
  finished_at: row.finished_at?.toISOString() ?? null,
})
