// The pages of the console: which roles see each, and objects of a tenant to ask for them with.
import { expect } from 'vitest'
import type { StaffRole } from '../../src/domain/staff-sessions/staff-session.ts'
import { payerWithCard } from './payer-with-card.ts'
import type { TenantName, World } from './world.ts'

/** Which roles see each page; a page that is not here fails. A POST is allowed where its GET is. */
export const ROLES_OF_PAGE: Record<string, readonly StaffRole[]> = {
  '/console': ['finance', 'privacy', 'admin', 'auditor'],
  '/console/account': ['finance', 'privacy', 'admin', 'auditor'],
  '/console/payers': ['finance', 'privacy'],
  '/console/payers/search': ['finance', 'privacy'],
  '/console/payers/:id': ['finance', 'privacy'],
  '/console/payers/:id/reveal': ['privacy'],
  '/console/payers/:id/consents/:consent/withdraw': ['privacy'],
  '/console/purposes': ['finance', 'privacy', 'admin', 'auditor'],
  '/console/requests': ['privacy', 'auditor'],
  '/console/requests/new': ['privacy'],
  '/console/requests/:id': ['privacy', 'auditor'],
  '/console/requests/:id/receipt.json': ['privacy', 'auditor'],
  '/console/requests/:id/package': ['privacy'],
  '/console/requests/:id/send-code': ['privacy'],
  '/console/requests/:id/confirm': ['privacy'],
  '/console/requests/:id/approve': ['privacy'],
  '/console/requests/:id/refuse': ['privacy'],
  '/console/requests/:id/extend': ['privacy'],
  '/console/requests/:id/cancel': ['privacy'],
  '/console/disclosures': ['privacy', 'auditor'],
  '/console/disclosures/new': ['privacy'],
  '/console/disclosures/new/consent': ['privacy'],
  '/console/disclosures/new/law': ['privacy'],
  '/console/disclosures/new/deidentified': ['privacy'],
  '/console/disclosures/:id': ['privacy', 'auditor'],
  '/console/disclosures/:id/package': ['privacy'],
  '/console/disclosures/:id/approve': ['privacy'],
  '/console/disclosures/:id/refuse': ['privacy'],
  '/console/inquiries': ['privacy', 'auditor'],
  '/console/inquiries/:id': ['privacy', 'auditor'],
  '/console/inquiries/:id/take': ['privacy'],
  '/console/inquiries/:id/answer': ['privacy'],
  '/console/inquiries/:id/link-request': ['privacy'],
  '/console/inquiries/:id/close': ['privacy'],
  '/console/inquiries/:id/reveal': ['privacy'],
  '/console/audit': ['privacy', 'admin', 'auditor'],
  '/console/audit/verify': ['privacy', 'admin', 'auditor'],
  '/console/audit/checkpoints': ['privacy', 'admin', 'auditor'],
  '/console/audit/:id': ['privacy', 'admin', 'auditor'],
  '/console/audit/:id/proof.json': ['privacy', 'admin', 'auditor'],
  '/console/keys': ['admin'],
}

/** What no page shows unless it was revealed. */
export const SEALED = { real_name: 'Batbayar Tsend', email: 'batbayar@sealed.example', phone: '+97699112233' }

/** Ids by the part of a path that they belong to. */
export type Ids = Record<string, string>

/** One object for each kind of page. */
export async function objectsOf(world: World, tenant: TenantName): Promise<Ids> {
  const { payer, consent } = await payerWithCard(world, { tenant })
  const named = await world.as('checkout', tenant).patch(`/v1/payers/${payer}`, SEALED)
  expect(named.status, named.text).toBe(200)
  const privacy = world.as('privacy', tenant)
  const law = { authority: 'Court', reference: '1/2026', document_sha256: 'a'.repeat(64) }
  const disclosure = await privacy.post('/v1/disclosures', {
    payer,
    recipient: 'Court',
    basis: 'law',
    basis_ref: law,
    fields: ['short_name'],
  })
  expect(disclosure.status, disclosure.text).toBe(201)
  const inquiry = await privacy.post('/v1/inquiries', {
    kind: 'question',
    message: 'When?',
    contact: { email: SEALED.email, name: SEALED.real_name },
    payer,
  })
  const request = await privacy.post('/v1/privacy-requests', { kind: 'access', payer, contact: SEALED.email })
  expect(request.status, request.text).toBeLessThan(300)
  const log = await privacy.get('/v1/audit-log?limit=1')
  return {
    payers: payer,
    consent,
    disclosures: disclosure.json.id,
    inquiries: inquiry.json.id,
    requests: request.json.id,
    audit: log.json.data[0].id,
  }
}

export const withIds = (path: string, ids: Ids) =>
  path.replace(':id', ids[path.split('/')[2] as string] ?? '').replace(':consent', ids.consent as string)
