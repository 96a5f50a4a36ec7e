// The people of the embedded environment: one for each role at the console, and a second one where two are needed.
import type { StaffRole } from '../domain/staff-sessions/staff-session.ts'

export interface Person {
  id: string
  name: string
  roles: readonly StaffRole[]
}

export const PEOPLE: readonly Person[] = [
  { id: 'finance', name: 'Oyuna, finance', roles: ['finance'] },
  { id: 'privacy', name: 'Saran, privacy', roles: ['privacy'] },
  { id: 'privacy-2', name: 'Kenji, privacy (a second person)', roles: ['privacy'] },
  { id: 'admin', name: 'Temuulen, administration', roles: ['admin'] },
  { id: 'auditor', name: 'Aiko, audit (reads only)', roles: ['auditor'] },
]

/** Neither part holds a dot, so the two are told apart again. */
export const accountOf = (person: string, tenant: string): string => `${person}.${tenant}`

export function personOf(account: string): { person: Person; tenant: string } | null {
  const [id, tenant] = account.split('.')
  const person = PEOPLE.find(one => one.id === id)
  return person && tenant ? { person, tenant } : null
}
