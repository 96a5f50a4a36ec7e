// Finds the living session behind the secret that a browser sent, and notes that it was used.
import type { Dependencies } from '../context.ts'
import { IDLE_LIMIT_MS, isStaffRole, type StaffSession, scopesOfRoles, secretHash } from './staff-session.ts'

/** Use is noted no finer than this, so that a page costs no write. */
const NOTED_EVERY_MS = 60_000

type Row = { id: string; subject: string; roles: string[]; last_seen_at: Date; expires_at: Date }

/** Null when there is none, or it has ended, lain idle too long or reached its end. */
export async function findStaffSession(
  { db, clock }: Pick<Dependencies, 'db' | 'clock'>,
  tenantId: string,
  secret: string,
): Promise<StaffSession | null> {
  const now = clock.wall()
  const hash = secretHash(secret)
  return db.transaction(tenantId, async tx => {
    const [row] = await tx.sql<Row[]>`
      select id, subject, roles, last_seen_at, expires_at from staff_sessions
       where tenant_id = ${tenantId} and secret_hash = ${hash} and ended_at is null`
    if (!row || row.expires_at <= now) return null
    const idleMs = now.getTime() - row.last_seen_at.getTime()
    if (idleMs >= IDLE_LIMIT_MS) return null
    if (idleMs >= NOTED_EVERY_MS) {
      await tx.sql`update staff_sessions set last_seen_at = ${now}
                    where tenant_id = ${tenantId} and id = ${row.id} and ended_at is null`
    }
    const roles = row.roles.filter(isStaffRole)
    return {
      id: row.id,
      tenantId,
      subject: row.subject,
      roles,
      scopes: scopesOfRoles(roles),
      expiresAt: row.expires_at,
    }
  })
}
