// Whether the clocks agree: tokens, webhooks and leases are judged by them.
import type { Sql } from 'postgres'
import { type Finding, failed, ok, warning } from './finding.ts'

/** Beyond this something is wrong with time keeping; nothing is refused yet. */
const SKEW_NOTED_MS = 2_000
/** Access tokens are refused at a skew of 60 s, webhooks at 300 s. */
const SKEW_REFUSED_MS = 30_000
/** The `Date` header counts whole seconds. */
const DATE_HEADER_STEP_MS = 1_000

/** Milliseconds by which the database is ahead of us, half of the round trip taken off. */
export async function databaseSkewMs(sql: Sql, wallNow: () => Date): Promise<number> {
  await sql`select 1`
  const asked = wallNow().getTime()
  const [row] = await sql<[{ now: Date }]>`select clock_timestamp() as now`
  const answered = wallNow().getTime()
  return row.now.getTime() - (asked + answered) / 2
}

/** Milliseconds by which an answer's `Date` header is ahead of us; null without one. */
export function headerSkewMs(header: string | null, wallNow: Date): number | null {
  const at = header === null ? Number.NaN : Date.parse(header)
  if (Number.isNaN(at)) return null
  const ahead = at - wallNow.getTime()
  return ahead > 0 ? ahead : Math.min(0, ahead + DATE_HEADER_STEP_MS)
}

/** `skewMs` of null: it could not be read. */
export function examineSkew(whose: string, skewMs: number | null): Finding {
  const check = `clock against ${whose}`
  if (skewMs === null) return warning(check, 'cannot be read', `See whether this machine reaches ${whose}.`)
  const says = `${(Math.abs(skewMs) / 1000).toFixed(1)} s ${skewMs < 0 ? 'ahead of' : 'behind'} it`
  const remedy = 'Run a time service (chrony, systemd-timesyncd) on this machine and on the other.'
  if (Math.abs(skewMs) >= SKEW_REFUSED_MS) return failed(check, says, remedy)
  if (Math.abs(skewMs) >= SKEW_NOTED_MS) return warning(check, says, remedy)
  return ok(check, `within ${SKEW_NOTED_MS / 1000} s`)
}
