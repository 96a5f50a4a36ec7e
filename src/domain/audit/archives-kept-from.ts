// How long archives of the audit log are kept: the days of the register in force, which the privacy page says too.
import type { Ctx } from '../context.ts'
import { daysKept, registerInForce } from '../privacy/register-in-force.ts'
import { read } from '../write.ts'

const DAY_MS = 86_400_000

/** Archives whose newest entry is older are dropped. */
export async function archivesKeptFrom(ctx: Ctx): Promise<Date> {
  const days = daysKept(await read(ctx, registerInForce), 'audit_records') as number
  return new Date(ctx.clock.now().getTime() - days * DAY_MS)
}
