// The sections of the console, in the order of the navigation, and the scope that opens each.
import type { Scope } from '../domain/permissions.ts'

export const SECTIONS = [
  { name: 'home', path: '/console', scope: null },
  { name: 'payers', path: '/console/payers', scope: 'payers:read' },
  { name: 'purposes', path: '/console/purposes', scope: null },
  { name: 'requests', path: '/console/requests', scope: 'privacy:read' },
  { name: 'disclosures', path: '/console/disclosures', scope: 'privacy:read' },
  { name: 'inquiries', path: '/console/inquiries', scope: 'privacy:read' },
  { name: 'audit', path: '/console/audit', scope: 'audit:read' },
  { name: 'keys', path: '/console/keys', scope: 'admin' },
] as const satisfies readonly { name: string; path: string; scope: Scope | null }[]

export type SectionName = (typeof SECTIONS)[number]['name']
