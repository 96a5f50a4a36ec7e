// Until when processes may still seal with a version: what they reserved of it ends by itself (encryption-count.ts).
import { POOL_WAIT_MS } from '../../db/client.ts'
import type { Ctx } from '../context.ts'

/** Milliseconds until what is sealed with versions from `first` to `last` is stored, or in a transaction that has begun; 0 when that is so. */
export async function msUntilSettled(ctx: Ctx, first: number, last: number): Promise<number> {
  const [row] = await ctx.db.sql<{ ms: number | null }[]>`
    select extract(epoch from max(leased_until) - clock_timestamp())::float8 * 1000 as ms
      from key_usage where version between ${first} and ${last}`
  const ms = row?.ms ?? null
  return ms === null ? 0 : Math.max(0, Math.ceil(ms + POOL_WAIT_MS))
}
