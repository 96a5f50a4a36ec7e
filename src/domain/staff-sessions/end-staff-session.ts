// Ends the session of the person who asks, or all of that person's sessions: on every device, at once.
import type { Ctx } from '../context.ts'
import { DomainError } from '../errors.ts'
import { write } from '../write.ts'

/** @throws insufficient_scope when nobody of the staff asks */
export async function endStaffSession(ctx: Ctx, reach: 'this_one' | 'everywhere'): Promise<{ ended: number }> {
  const { actor } = ctx
  if (actor.kind !== 'staff') throw new DomainError('insufficient_scope', 'Only a person at the console has a session.')
  const now = ctx.clock.wall()
  return write(ctx, async tx => {
    const { count } = await tx.sql`
      update staff_sessions set ended_at = ${now}
       where tenant_id = ${ctx.tenantId} and subject = ${actor.subject} and ended_at is null
         and (${reach === 'everywhere'} or id = ${actor.sessionId})`
    return {
      value: { ended: count },
      audit: {
        action: 'staff-session.end',
        object: { type: 'staff_session', id: actor.sessionId },
        details: { reach, ended: count },
      },
    }
  })
}
