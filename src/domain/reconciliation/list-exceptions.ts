// Lists exceptions, newest first, by state, cause and age.
import { z } from 'zod'
import type { Ctx } from '../context.ts'
import { createdQuery, keyOfCursor, type Page, pageQuery, toPage } from '../page.ts'
import { parseInput } from '../parse-input.ts'
import { requirePermission } from '../permissions.ts'
import { read } from '../write.ts'
import { CAUSES, type ExceptionCause, type ExceptionRow, type ExceptionView, showException } from './exception.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** Ages as lists of open items show them, half-open. */
const AGES = {
  under_24h: { fromMs: 0, toMs: DAY_MS },
  '1_to_3d': { fromMs: DAY_MS, toMs: 3 * DAY_MS },
  '3_to_7d': { fromMs: 3 * DAY_MS, toMs: 7 * DAY_MS },
  over_7d: { fromMs: 7 * DAY_MS, toMs: null },
} as const

type Age = keyof typeof AGES

export const listExceptionsQuery = z.strictObject({
  ...pageQuery,
  ...createdQuery,
  status: z.enum(['open', 'closed']).optional(),
  cause: z.enum(CAUSES as [ExceptionCause, ...ExceptionCause[]]).optional(),
  age: z
    .enum(Object.keys(AGES) as [Age, ...Age[]])
    .optional()
    .describe('Time since it was first seen.'),
  charge: z.string().max(64).optional(),
  payout: z.string().max(255).optional(),
})

const CURSOR = /^excp_[0-9a-z]{26}$/

/** @throws insufficient_scope, validation_failed */
export async function listExceptions(ctx: Ctx, query: unknown): Promise<Page<ExceptionView>> {
  requirePermission(ctx, 'listExceptions')
  const { limit, cursor, status, cause, age, charge, payout, created_from, created_to } = parseInput(
    listExceptionsQuery,
    query,
  )
  const after = keyOfCursor(cursor, CURSOR)
  const now = ctx.clock.now().getTime()
  const bounds = age ? AGES[age] : null
  const rows = await read(ctx, ({ sql }) => {
    const first = bounds
      ? sql`and e.first_seen_at <= ${new Date(now - bounds.fromMs)}
            ${bounds.toMs === null ? sql`` : sql`and e.first_seen_at > ${new Date(now - bounds.toMs)}`}`
      : sql``
    return sql<ExceptionRow[]>`
      select e.* from exceptions e
       where e.tenant_id = ${ctx.tenantId} ${first}
         ${created_from ? sql`and e.first_seen_at >= ${created_from}` : sql``}
         ${created_to ? sql`and e.first_seen_at < ${created_to}` : sql``}
         ${status ? sql`and e.status = ${status}` : sql``}
         ${cause ? sql`and e.cause = ${cause}` : sql``}
         ${charge ? sql`and e.charge_id = ${charge}` : sql``}
         ${payout ? sql`and e.payout_id = ${payout}` : sql``}
         ${after === undefined ? sql`` : sql`and e.id < ${after}`}
       order by e.id desc limit ${limit + 1}`
  })
  return toPage([...rows], limit, row => row.id, showException)
}
