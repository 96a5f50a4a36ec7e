// A person of the company at the console: who the issuer says it is, which roles it has, and for how long.
import { createHash } from 'node:crypto'
import { type Role, SCOPES_BY_ROLE, type Scope } from '../permissions.ts'

/** The roles that a person may have; those of programs alone are not among them. */
export const STAFF_ROLES = ['finance', 'privacy', 'admin', 'auditor'] as const satisfies readonly Role[]
export type StaffRole = (typeof STAFF_ROLES)[number]

/** OWASP ASVS 5 chapter 7 and NIST SP 800-63B ask for both limits; a working day is shorter than the second. */
export const IDLE_LIMIT_MS = 30 * 60_000
export const ABSOLUTE_LIMIT_MS = 12 * 60 * 60_000
/** A desk, a laptop, a phone; the oldest session ends when one more begins. */
export const SESSIONS_PER_SUBJECT_MAX = 10
/** The issuer's name for a person (OpenID Connect Core, section 2: at most 255 characters). */
export const SUBJECT_LENGTH_MAX = 255

export type StaffSession = {
  id: string
  tenantId: string
  subject: string
  roles: readonly StaffRole[]
  scopes: ReadonlySet<Scope>
  expiresAt: Date
}

/** The secret has 256 random bits, so a plain hash of it cannot be searched. */
export const secretHash = (secret: string): Buffer => createHash('sha256').update(secret).digest()

export const isStaffRole = (text: string): text is StaffRole => (STAFF_ROLES as readonly string[]).includes(text)

export const scopesOfRoles = (roles: readonly StaffRole[]): ReadonlySet<Scope> =>
  new Set(roles.flatMap(role => [...SCOPES_BY_ROLE[role]]))
