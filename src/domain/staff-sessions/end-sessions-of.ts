// Puts a person out of the console at once: an operator ends every session of a subject.
import type { Ctx } from '../context.ts'
import { requireScope } from '../permissions.ts'
import { write } from '../write.ts'

/** @throws insufficient_scope */
export async function endSessionsOf(ctx: Ctx, subject: string): Promise<{ subject: string; ended: number }> {
  requireScope(ctx, 'admin')
  return write(ctx, async tx => {
    const { count } = await tx.sql`
      update staff_sessions set ended_at = ${ctx.clock.wall()}
       where tenant_id = ${ctx.tenantId} and subject = ${subject} and ended_at is null`
    return {
      value: { subject, ended: count },
      audit: {
        action: 'staff-session.end',
        object: { type: 'staff', id: subject },
        details: { reach: 'everywhere', ended: count },
      },
    }
  })
}
