// Once a day: ends requests whose time is over and in which nobody showed who they are, and reminds the desk of the others.
import type { Ctx, Tx } from '../context.ts'
import { queueMail } from '../mail/queue-mail.ts'
import { write } from '../write.ts'
import { SOON_MS } from './deadlines.ts'

/** Ended in one run; what is left waits for the next day. */
const EXPIRE_MAX = 5_000

export type Watched = { expired: number; overdue: number; soon: number }

export async function watchRequests(ctx: Ctx): Promise<Watched> {
  return write(ctx, async tx => {
    const expired = await expire(tx, ctx)
    const { overdue, soon } = await openRequests(tx, ctx)
    const address = ctx.settings.privacyOfficerEmail
    const mail =
      address !== null && overdue + soon > 0
        ? await queueMail(tx, ctx, {
            template: 'desk_reminder',
            locale: null,
            to: { address },
            data: { overdue: String(overdue), soon: String(soon) },
          })
        : null
    if (overdue > 0) ctx.meter.count('alerts', { name: 'privacy_request_overdue' })
    return {
      value: { expired, overdue, soon },
      audit: {
        action: 'privacy-request.watch',
        object: { type: 'privacy_request', id: null },
        details: { expired, overdue, soon, mail },
      },
    }
  })
}

async function expire(tx: Tx, ctx: Ctx): Promise<number> {
  const now = ctx.clock.now()
  const { count } = await tx.sql`
    update privacy_requests set status = 'expired', finished_at = ${now}, updated_at = ${now}
     where tenant_id = ${ctx.tenantId} and id in (
       select id from privacy_requests
        where tenant_id = ${ctx.tenantId} and status in ('received', 'verifying') and deadline_at < ${now}
        limit ${EXPIRE_MAX})`
  return count
}

async function openRequests(tx: Tx, ctx: Ctx): Promise<{ overdue: number; soon: number }> {
  const now = ctx.clock.now()
  const [row] = await tx.sql<{ overdue: number; soon: number }[]>`
    select count(*) filter (where deadline_at < ${now})::int as overdue,
           count(*) filter (where deadline_at >= ${now})::int as soon
      from privacy_requests
     where tenant_id = ${ctx.tenantId} and deadline_at < ${new Date(now.getTime() + SOON_MS)}
       and status in ('received', 'verifying', 'verified', 'approved', 'executing')`
  return row ?? { overdue: 0, soon: 0 }
}
