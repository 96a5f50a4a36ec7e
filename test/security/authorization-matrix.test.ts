// Every route × every role × own, foreign and missing ids, walked from the API's own document.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { keepAudit } from '../../src/domain/audit/keep-audit.ts'
import { PERMISSIONS, ROLES, type Role, SCOPES_BY_ROLE } from '../../src/domain/permissions.ts'
import type { ApiAnswer } from '../support/api-client.ts'
import { sealAll } from '../support/audit-world.ts'
import { asSuperuser } from '../support/database-contents.ts'
import { beginErasure } from '../support/erasing.ts'
import { type DocumentedOperation, operationsOf } from '../support/openapi-operations.ts'
import { chargeOf, payerWithCard } from '../support/payer-with-card.ts'
import { startWorld, type TenantName, type World } from '../support/world.ts'

/** The contract, written a second time and by hand: a route that is not here fails. Null: no token is asked for. */
const SCOPE_OF_ROUTE: Record<string, string | null> = {
  'POST /v1/payers': 'payers:write',
  'GET /v1/payers': 'payers:read',
  'POST /v1/payers/search': 'payers:read',
  'GET /v1/payers/{id}': 'payers:read',
  'PATCH /v1/payers/{id}': 'payers:write',
  'POST /v1/payers/{id}/reveal': 'payers:reveal',
  'POST /v1/payers/{id}/consents': 'privacy:write',
  'GET /v1/payers/{id}/consents': 'privacy:read',
  'POST /v1/payers/{id}/consents/{consent}/withdraw': 'privacy:write',
  'POST /v1/checkout-sessions': 'checkout:create',
  'GET /v1/checkout-sessions/{id}': 'checkout:create',
  'POST /v1/tokens': 'tokens:create',
  'GET /v1/tokens': 'tokens:read',
  'GET /v1/tokens/{id}': 'tokens:read',
  'PATCH /v1/tokens/{id}': 'tokens:write',
  'POST /v1/tokens/{id}/freeze': 'tokens:write',
  'POST /v1/tokens/{id}/thaw': 'tokens:write',
  'DELETE /v1/tokens/{id}': 'tokens:write',
  'POST /v1/charges': 'charges:create',
  'GET /v1/charges': 'charges:read',
  'GET /v1/charges/{id}': 'charges:read',
  'POST /v1/charges/{id}/capture': 'charges:write',
  'POST /v1/charges/{id}/cancel': 'charges:write',
  'POST /v1/charges/{id}/resolve': 'reconciliation:write',
  'POST /v1/refunds': 'refunds:create',
  'GET /v1/refunds': 'charges:read',
  'GET /v1/refunds/{id}': 'charges:read',
  'POST /v1/reconciliations': 'reconciliation:write',
  'GET /v1/reconciliations': 'reconciliation:read',
  'GET /v1/reconciliations/{id}': 'reconciliation:read',
  'GET /v1/payouts': 'reconciliation:read',
  'GET /v1/payouts/{id}': 'reconciliation:read',
  'GET /v1/exceptions': 'reconciliation:read',
  'GET /v1/coverage': 'reconciliation:read',
  'GET /v1/exports/charges.csv': 'reconciliation:read',
  'GET /v1/exports/balance-lines.csv': 'reconciliation:read',
  'GET /v1/exports/payouts.csv': 'reconciliation:read',
  'GET /v1/payers/{id}/erasure-preview': 'privacy:read',
  'GET /v1/erasures': 'privacy:read',
  'GET /v1/erasures/{id}': 'privacy:read',
  'POST /v1/disclosures': 'disclosures:write',
  'GET /v1/disclosures': 'privacy:read',
  'GET /v1/disclosures/{id}': 'privacy:read',
  'GET /v1/disclosures/{id}/package': 'disclosures:write',
  'POST /v1/disclosures/{id}/approve': 'disclosures:write',
  'POST /v1/disclosures/{id}/refuse': 'disclosures:write',
  'GET /v1/payers/{id}/disclosures': 'privacy:read',
  'POST /v1/inquiries': 'privacy:write',
  'GET /v1/inquiries': 'privacy:read',
  'GET /v1/inquiries/{id}': 'privacy:read',
  'POST /v1/inquiries/{id}/reveal': 'payers:reveal',
  'POST /v1/inquiries/{id}/assign': 'privacy:write',
  'POST /v1/inquiries/{id}/answer': 'privacy:write',
  'POST /v1/inquiries/{id}/close': 'privacy:write',
  'POST /v1/inquiries/{id}/link-request': 'privacy:write',
  'POST /v1/privacy-requests': 'privacy:write',
  'GET /v1/privacy-requests': 'privacy:read',
  'GET /v1/privacy-requests/{id}': 'privacy:read',
  'POST /v1/privacy-requests/{id}/identity-checks': 'privacy:write',
  'POST /v1/privacy-requests/{id}/identity-checks/confirm': 'privacy:write',
  'POST /v1/privacy-requests/{id}/decide': 'privacy:write',
  'POST /v1/privacy-requests/{id}/extend': 'privacy:write',
  'POST /v1/privacy-requests/{id}/cancel': 'privacy:write',
  'GET /v1/privacy-requests/{id}/receipt': 'privacy:read',
  'POST /v1/privacy-requests/{id}/package': 'payers:reveal',
  // The person's own page: the mailed link is what lets in, and its own tests try it.
  'GET /rights': null,
  'POST /rights': null,
  'GET /rights/of/{tenant}': null,
  'POST /rights/of/{tenant}': null,
  'GET /rights/{link}': null,
  'POST /rights/{link}': null,
  'POST /rights/{link}/code': null,
  'POST /rights/{link}/package': null,
  'GET /rights/page.css': null,
  'GET /v1/audit-log': 'audit:read',
  'GET /v1/audit-log/verify': 'audit:read',
  'GET /v1/audit-log/checkpoints': 'audit:read',
  'GET /v1/audit-log/{id}/proof': 'audit:read',
  'GET /v1/purposes': null,
  'GET /privacy': null,
  'GET /privacy/{tenant}': null,
  'GET /privacy/style.css': null,
  'POST /webhooks/stripe': null,
  'POST /webhooks/stripe/{tenant}': null,
  'GET /checkout/v1.js': null,
  'GET /checkout/v1.json': null,
  // The payer's own page: the signed link is what lets in, and its own tests try it.
  'GET /pay/{link}': null,
  'POST /pay/{link}/begin': null,
  'POST /pay/{link}/finish': null,
  'GET /checkout/pay.js': null,
  'GET /checkout/pay.css': null,
  // For anybody; kept from floods, which its own tests try.
  'GET /contact': null,
  'POST /contact': null,
  'GET /contact/{tenant}': null,
  'POST /contact/{tenant}': null,
  'GET /checkout/contact.css': null,
  'GET /healthz': null,
  'GET /readyz': null,
  'GET /openapi.json': null,
  'GET /.well-known/jwks.json': null,
  'GET /docs': null,
  'GET /docs/style.css': null,
}

const SCOPES_OF_CONTRACT: Record<Role, string> = {
  checkout: 'payers:read payers:write checkout:create tokens:create tokens:read',
  billing:
    'payers:read tokens:read charges:create charges:read charges:write refunds:create billing-runs:write ' +
    'billing-runs:read invoices:read invoices:write collection:read collection:write',
  finance:
    'payers:read tokens:read charges:read invoices:read collection:read collection:write reconciliation:read ' +
    'reconciliation:write ledger:read',
  privacy: 'payers:read payers:reveal privacy:read privacy:write disclosures:write audit:read',
  admin: 'tokens:read tokens:write webhooks:write audit:read admin',
  auditor: 'audit:read reconciliation:read charges:read ledger:read privacy:read',
}

/** By the first part of a path under /v1 and, for a consent, the name of its parameter. */
type Ids = Record<string, string>

let world: World
let operations: DocumentedOperation[]
let own: Ids
let foreign: Ids

beforeAll(async () => {
  world = await startWorld({ webhooks: false })
  operations = operationsOf((await world.withToken(null).get('/openapi.json')).json)
  ;[own, foreign] = await Promise.all([objectsOf('demo'), objectsOf('other')])
})
afterAll(() => world.close())

const MISSING: Ids = {
  payers: 'payer_00000000000000000000000000',
  consent: 'cons_00000000000000000000000000',
  'checkout-sessions': 'csess_00000000000000000000000000',
  tokens: 'vtok_test_00000000000000000000000000',
  charges: 'chrg_00000000000000000000000000',
  refunds: 'rfnd_00000000000000000000000000',
  reconciliations: 'recn_00000000000000000000000000',
  payouts: 'po_000000000000000000000000',
  'audit-log': 'audt_00000000000000000000000000',
  erasures: 'eras_00000000000000000000000000',
  disclosures: 'disc_00000000000000000000000000',
  inquiries: 'inqr_00000000000000000000000000',
  'privacy-requests': 'preq_00000000000000000000000000',
}

/** One object of each kind that a path can name. */
async function objectsOf(tenant: TenantName): Promise<Ids> {
  const [checkout, billing, finance] = [
    world.as('checkout', tenant),
    world.as('billing', tenant),
    world.as('finance', tenant),
  ]
  const { payer, token, consent } = await payerWithCard(world, { tenant })
  const charge = await billing.post('/v1/charges', chargeOf(token))
  const refund = await billing.post('/v1/refunds', {
    charge: charge.json.id,
    amount: 100,
    reason: 'requested_by_customer',
  })
  const session = await checkout.post('/v1/checkout-sessions', {
    payer,
    usage: 'off_session',
    consent: { text_version: 'v1', locale: 'mn' },
  })
  const reconciliation = await finance.post('/v1/reconciliations', {
    from: '2026-11-01T00:00:00Z',
    to: '2026-11-02T00:00:00Z',
  })
  const ids = {
    payers: payer,
    consent,
    tokens: token,
    charges: charge.json.id,
    refunds: refund.json.id,
    'checkout-sessions': session.json.id,
    reconciliations: reconciliation.json.id,
    payouts: await plantPayout(tenant),
    'audit-log': await sealedEntry(tenant),
    erasures: await beginErasure(world, (await payerWithCard(world, { tenant })).payer, { tenant }),
    disclosures: await discloseWithConsent(tenant, payer),
    inquiries: await inquire(tenant, payer),
    'privacy-requests': await askFor(tenant, payer),
  }
  for (const [kind, id] of Object.entries(ids)) expect(id, kind).toMatch(/^[a-z]+_/)
  return ids
}

/** A disclosure with a package that its maker may fetch. */
async function discloseWithConsent(tenant: TenantName, payer: string): Promise<string> {
  const privacy = world.as('privacy', tenant)
  const other = world.as('privacy', tenant, { sub: 'another-person' })
  const consent = await other.post(`/v1/payers/${payer}/consents`, { purpose: 'interviews', text_version: 'v1' })
  const disclosure = await privacy.post('/v1/disclosures', {
    payer,
    recipient: 'Panel',
    basis: 'consent',
    basis_ref: consent.json.id,
    fields: ['email'],
  })
  return disclosure.json.id
}

async function inquire(tenant: TenantName, payer: string): Promise<string> {
  const inquiry = await world.as('privacy', tenant).post('/v1/inquiries', {
    kind: 'question',
    message: 'When?',
    contact: { email: 'person@mail.example' },
    payer,
  })
  return inquiry.json.id
}

/** An entry that can be proved. */
async function sealedEntry(tenant: TenantName): Promise<string> {
  await sealAll(world, tenant)
  await keepAudit(world.dependencies, tenant)
  const page = await world.as('auditor', tenant).get('/v1/audit-log?limit=1&action=payer.create')
  return page.json.data[0].id
}

/** A request for access as it is once it was granted. */
async function askFor(tenant: TenantName, payer: string): Promise<string> {
  const body = { kind: 'access', payer, contact: 'somebody@example.com' }
  const asked = await world.as('privacy', tenant).post('/v1/privacy-requests', body)
  expect(asked.status, asked.text).toBe(201)
  const { id } = asked.json
  await asSuperuser(world.database, async sql => {
    await sql`update privacy_requests set status = 'verifying' where id = ${id}`
    await sql`update privacy_requests set status = 'verified', verified_at = now() where id = ${id}`
    await sql`update privacy_requests set status = 'done', finished_at = now(), receipt = 'x' where id = ${id}`
  })
  return id
}

/** A payout as the mirror of Stripe's would have it. */
async function plantPayout(tenant: TenantName): Promise<string> {
  const id = `po_matrix${tenant}`
  await asSuperuser(
    world.database,
    sql => sql`
      insert into payouts (tenant_id, id, amount, currency, status, automatic, reconciliation_status, arrival_date,
                           created_at, raw, mirrored_at)
      values (${tenant}, ${id}, 100, 'usd', 'paid', true, 'completed', now(), now(), '{}', now())`,
  )
  return id
}

const kindOf = (path: string) => path.split('/')[2] as string

const withIds = (path: string, ids: Ids) =>
  path.replace('{id}', ids[kindOf(path)] as string).replace('{consent}', ids.consent as string)

/** A body that no verb takes, so that what is allowed changes nothing. */
const send = (operation: DocumentedOperation, path: string, token: string | null, key?: null) =>
  world
    .withToken(token)
    .send(operation.method, path, operation.method === 'GET' || operation.method === 'DELETE' ? undefined : { no: 1 }, {
      ...(key === null ? { key } : {}),
    })

const known = (answer: ApiAnswer) => ({ ...answer.json, request_id: '' })
const protectedOperations = () => operations.filter(({ scope }) => scope !== null)
const holds = (role: Role, scope: string | null) =>
  scope !== null && (SCOPES_BY_ROLE[role] as readonly string[]).includes(scope)

describe('the tables', () => {
  test('of routes are the same in the contract, in the document and in the verbs', () => {
    const permissions: Record<string, string> = PERMISSIONS
    const documented = Object.fromEntries(operations.map(({ name, scope }) => [name, scope]))
    expect(documented).toEqual(SCOPE_OF_ROUTE)
    for (const { id, scope } of operations) expect(permissions[id] ?? null).toBe(scope)
  })

  test('of roles are those of the contract', () => {
    for (const role of ROLES) expect(SCOPES_BY_ROLE[role].join(' ')).toBe(SCOPES_OF_CONTRACT[role])
  })
})

describe('without a good token', () => {
  test('every route under /v1 answers 401 and says how to sign in', async () => {
    const bad = [
      null,
      world.token('admin', 'demo', { tenant: 'no-such-tenant' }),
      world.token('admin', 'demo', { tenant: undefined }),
      world.token('admin', 'demo', { exp: 1 }),
      world.token('admin', 'demo', { aud: 'https://elsewhere.example' }),
    ]
    for (const operation of protectedOperations()) {
      const path = withIds(operation.path, own)
      for (const answer of await Promise.all(bad.map(token => send(operation, path, token)))) {
        expect(answer.status, operation.name).toBe(401)
        expect(answer.json.code, operation.name).toBe('invalid_token')
        expect(answer.headers['www-authenticate'], operation.name).toMatch(/^Bearer /)
      }
    }
  })

  test('a token anywhere but in the Authorization header opens nothing', async () => {
    const token = world.token('checkout')
    const nobody = world.withToken(null)
    for (const answer of [
      await nobody.get(`/v1/payers?access_token=${token}`),
      await nobody.get(`/v1/payers?token=${token}`),
      await nobody.get('/v1/payers', { headers: { cookie: `access_token=${token}` } }),
      await nobody.get('/v1/payers', {
        headers: { 'x-access-token': token, 'proxy-authorization': `Bearer ${token}` },
      }),
    ]) {
      expect(answer.status).toBe(401)
      expect(answer.text).not.toContain(token)
    }
    expect(world.logs.join('')).not.toContain(token)
  })

  test('unknown routes under /v1 answer no better than known ones', async () => {
    for (const path of ['/v1/nothing', '/v1/', '/v1/payers/x/y/z']) {
      expect([401, 404]).toContain((await world.withToken(null).get(path)).status)
    }
  })
})

describe.each(ROLES)('the role %s', role => {
  test('is refused where it lacks the scope, the same for own, foreign and missing ids', async () => {
    const token = world.token(role)
    for (const operation of protectedOperations().filter(({ scope }) => !holds(role, scope))) {
      const answers = await Promise.all(
        [own, foreign, MISSING].map(ids => send(operation, withIds(operation.path, ids), token)),
      )
      for (const answer of answers) {
        expect(answer.status, operation.name).toBe(403)
        expect(answer.json.code, operation.name).toBe('insufficient_scope')
        expect(known(answer)).toEqual(known(answers[0] as ApiAnswer))
      }
    }
  })

  test("is let in where it holds the scope, and sees another tenant's ids as missing ones", async () => {
    const token = world.token(role)
    for (const operation of protectedOperations().filter(({ scope }) => holds(role, scope))) {
      const allowed = await send(operation, withIds(operation.path, own), token)
      const changes = operation.method === 'POST' || operation.method === 'PATCH'
      expect([200, 422], `${operation.name} ${allowed.text}`).toContain(allowed.status)
      if (changes) expect(allowed.json.code, operation.name).toBe('validation_failed')
      if (operation.spec.parameters?.some(({ name }) => name === 'Idempotency-Key')) {
        const keyless = await send(operation, withIds(operation.path, own), token, null)
        expect(keyless, operation.name).toMatchObject({ status: 400, json: { code: 'idempotency_key_required' } })
      }
      if (!operation.path.includes('{')) continue
      // Without a key and with a body that nobody takes: the path's id comes first.
      const [missing, foreigner] = (await Promise.all(
        [MISSING, foreign].map(ids => send(operation, withIds(operation.path, ids), token, null)),
      )) as [ApiAnswer, ApiAnswer]
      expect([missing.status, foreigner.status], operation.name).toEqual([404, 404])
      expect(known(foreigner), operation.name).toEqual(known(missing))
      expect(Object.keys(foreigner.headers).sort()).toEqual(Object.keys(missing.headers).sort())
      const ill = ['x', '%00', 'a%2Fb', 'payer_', "' or 1=1 --", '..%2f..'].map(id =>
        operation.path.replace('{id}', encodeURI(id)).replace('{consent}', own.consent as string),
      )
      for (const answer of await Promise.all(ill.map(path => send(operation, path, token, null)))) {
        expect(answer.status, operation.name).toBe(404)
      }
    }
  })
})

describe('a scope', () => {
  test('of another spelling, or none at all, opens nothing', async () => {
    const scopes = ['', 'charges:*', '*', 'CHARGES:READ', 'charges:read,payers:read', 'payers', 'admin:all', undefined]
    for (const scope of scopes) {
      const token = world.token('billing', 'demo', { scope })
      for (const path of ['/v1/charges', '/v1/payers', `/v1/tokens/${own.tokens}`]) {
        const answer = await world.withToken(token).get(path)
        expect([401, 403], `${scope} ${path}`).toContain(answer.status)
      }
    }
  })

  test('is taken from the token alone: no header, query or member names another tenant', async () => {
    const billing = world.as('billing')
    const headers = { 'x-tenant': 'other', 'x-tenant-id': 'other', tenant: 'other', 'stripe-account': 'other' }
    expect((await billing.get(`/v1/charges/${foreign.charges}`, { headers })).status).toBe(404)
    const listed = await billing.get('/v1/charges?limit=100', { headers })
    expect(listed.text).not.toContain(foreign.charges)
    expect((await billing.get('/v1/charges?tenant=other')).status).toBe(422)
    expect((await billing.get('/v1/charges?tenant_id=other')).status).toBe(422)
    const named = await billing.post('/v1/charges', { ...chargeOf(foreign.tokens as string), tenant_id: 'other' })
    expect(named.status).toBe(422)
    const borrowed = await billing.post('/v1/charges', chargeOf(foreign.tokens as string))
    expect(borrowed).toMatchObject({ status: 404, json: { code: 'not_found' } })
    const unknown = await billing.post('/v1/charges', chargeOf(MISSING.tokens as string))
    expect(known(unknown)).toEqual(known(borrowed))
  })

  test('in lists shows nothing of another tenant, whatever the filter', async () => {
    for (const [path, role] of [
      [`/v1/charges?token=${foreign.tokens}`, 'billing'],
      [`/v1/charges?payer=${foreign.payers}`, 'billing'],
      [`/v1/tokens?payer=${foreign.payers}`, 'billing'],
      [`/v1/refunds?charge=${foreign.charges}`, 'billing'],
      [`/v1/audit-log?object=${foreign.charges}`, 'privacy'],
    ] as const) {
      const answer = await world.as(role).get(path)
      expect([200, 404, 422], path).toContain(answer.status)
      if (answer.status === 200) expect(answer.json.data, path).toEqual([])
    }
  })
})

describe("a checkout session's token", () => {
  test('opens its own two routes and no other', async () => {
    const checkout = world.as('checkout')
    const session = await checkout.post('/v1/checkout-sessions', {
      payer: own.payers,
      usage: 'off_session',
      consent: { text_version: 'v1', locale: 'mn' },
    })
    const token = session.json.session_token
    for (const operation of protectedOperations()) {
      const answer = await send(operation, withIds(operation.path, own), token)
      if (operation.session) expect([404, 403, 422, 400], operation.name).toContain(answer.status)
      else expect(answer, operation.name).toMatchObject({ status: 401, json: { code: 'invalid_token' } })
    }
    const mine = await world.withToken(token).get(`/v1/checkout-sessions/${session.json.id}`)
    expect(mine.status, mine.text).toBe(200)
    expect(
      protectedOperations()
        .filter(operation => operation.session)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['GET /v1/checkout-sessions/{id}', 'POST /v1/tokens'])
  })
})
