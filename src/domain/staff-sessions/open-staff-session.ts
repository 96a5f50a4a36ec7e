// Begins a session for a person whom the issuer has vouched for, under a secret that is new each time.
import { randomBytes } from 'node:crypto'
import type { Ctx } from '../context.ts'
import { newId } from '../ids.ts'
import { write } from '../write.ts'
import {
  ABSOLUTE_LIMIT_MS,
  SESSIONS_PER_SUBJECT_MAX,
  type StaffRole,
  type StaffSession,
  scopesOfRoles,
  secretHash,
} from './staff-session.ts'

const SECRET_BYTES = 32

/**
 * Answers the session and its secret, which is shown only here. `replaces` is the secret that the browser held before,
 * if any: its session ends, so that nobody can have planted it.
 */
export async function openStaffSession(
  ctx: Ctx,
  person: { subject: string; roles: readonly StaffRole[]; replaces: string | null },
): Promise<{ session: StaffSession; secret: string }> {
  const { subject, roles, replaces } = person
  const secret = randomBytes(SECRET_BYTES).toString('base64url')
  const now = ctx.clock.wall()
  const id = newId('staffSession', ctx.clock.now())
  const scopes = scopesOfRoles(roles)
  const expiresAt = new Date(now.getTime() + ABSOLUTE_LIMIT_MS)
  const staff: Ctx = { ...ctx, actor: { kind: 'staff', subject, sessionId: id, scopes } }
  await write(staff, async tx => {
    if (replaces !== null) {
      await tx.sql`update staff_sessions set ended_at = ${now}
                    where tenant_id = ${ctx.tenantId} and secret_hash = ${secretHash(replaces)} and ended_at is null`
    }
    await tx.sql`
      insert into staff_sessions (tenant_id, id, secret_hash, subject, roles, created_at, last_seen_at, expires_at)
      values (${ctx.tenantId}, ${id}, ${secretHash(secret)}, ${subject}, ${[...roles]}, ${now}, ${now}, ${expiresAt})`
    await tx.sql`
      update staff_sessions set ended_at = ${now}
       where tenant_id = ${ctx.tenantId} and ended_at is null and id in (
         select id from staff_sessions
          where tenant_id = ${ctx.tenantId} and subject = ${subject} and ended_at is null and id <> ${id}
          order by created_at desc, id desc offset ${SESSIONS_PER_SUBJECT_MAX - 1})`
    return {
      value: null,
      audit: { action: 'staff-session.open', object: { type: 'staff_session', id }, details: { roles: [...roles] } },
    }
  })
  return { session: { id, tenantId: ctx.tenantId, subject, roles, scopes, expiresAt }, secret }
}
