// Without its audit entry nothing changes: while the audit log cannot be written, every write is refused and leaves no trace.
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ApiAnswer } from '../support/api-client.ts'
import { asSuperuser } from '../support/database-contents.ts'
import { chargeOf, payerWithCard, type SavedCard } from '../support/payer-with-card.ts'
import { approve, ask, personWithPayment, verified } from '../support/rights.ts'
import { startWorld, type World } from '../support/world.ts'

let world: World
let card: SavedCard
let charge: string
/** What the privacy desk is in the middle of. */
let desk: Record<'payer' | 'consent' | 'inquiry' | 'disclosure' | 'asked' | 'access' | 'rectify' | 'erase', string>

beforeAll(async () => {
  world = await startWorld({ webhooks: false })
  card = await payerWithCard(world)
  charge = (await world.as('billing').post('/v1/charges', chargeOf(card.token))).json.id
  const [person, leaving] = [await personWithPayment(world), await personWithPayment(world)]
  const made = async (path: string, body: Record<string, unknown>) => {
    const answer = await world.as('privacy').post(path, body)
    expect(answer.status, answer.text).toBeLessThan(300)
    return answer.json.id as string
  }
  desk = {
    payer: person.payer,
    consent: await made(`/v1/payers/${person.payer}/consents`, { purpose: 'interviews', text_version: 'v1' }),
    inquiry: await made('/v1/inquiries', inquiryOf('audit')),
    disclosure: await made('/v1/disclosures', byLaw(person.payer)),
    asked: await ask(world, person, 'access'),
    access: await verified(world, person, 'access'),
    rectify: await verified(world, person, 'rectify', { changes: { short_name: 'Batu' } }),
    erase: await verified(world, leaving, 'erase'),
  }
  expect((await approve(world, desk.erase, 'first-person')).json).toMatchObject({ status: 'approved' })
}, 60_000)
afterAll(() => world?.close())

const inquiryOf = (name: string) => ({
  kind: 'question',
  message: 'May I ask something?',
  contact: { email: `${name}@mail.example` },
})

const byLaw = (payer: string) => ({
  payer,
  recipient: 'District court',
  basis: 'law',
  basis_ref: { authority: 'District court', reference: 'Case 1/26', document_sha256: 'ab'.repeat(32) },
  fields: ['real_name'],
})

/** Each would succeed if it could be written down. */
function deskWrites(): [string, () => Promise<ApiAnswer>][] {
  const first = world.as('privacy')
  const second = world.as('privacy', 'demo', { sub: 'second-person' })
  const request = (id: string, path: string, body: Record<string, unknown> = {}, client = first) =>
    client.post(`/v1/privacy-requests/${id}/${path}`, body)
  const decision = { decision: 'approve', reason: 'As the law asks.' }
  const { payer, consent, inquiry, disclosure, asked, access, rectify, erase } = desk
  return [
    [
      'a name is revealed',
      () =>
        first.post(
          `/v1/payers/${payer}/reveal`,
          { fields: ['real_name'], purpose: 'legal_request', reason: 'A court asks.' },
          { key: null },
        ),
    ],
    [
      'a disclosure is made',
      () =>
        first.post('/v1/disclosures', {
          payer,
          recipient: 'Panel Ltd',
          basis: 'consent',
          basis_ref: consent,
          fields: ['email'],
        }),
    ],
    ['a consent is withdrawn', () => first.post(`/v1/payers/${payer}/consents/${consent}/withdraw`)],
    ['a disclosure is proposed', () => first.post('/v1/disclosures', byLaw(payer))],
    ['a disclosure is approved', () => second.post(`/v1/disclosures/${disclosure}/approve`)],
    ['a disclosure is refused', () => second.post(`/v1/disclosures/${disclosure}/refuse`, { reason: 'No such case.' })],
    ['an inquiry is taken in', () => first.post('/v1/inquiries', inquiryOf('unaudited'))],
    ['an inquiry is assigned', () => first.post(`/v1/inquiries/${inquiry}/assign`, {})],
    ['an inquiry is answered', () => first.post(`/v1/inquiries/${inquiry}/answer`, { message: 'You may.' })],
    ['an inquiry is closed', () => first.post(`/v1/inquiries/${inquiry}/close`, { outcome: 'settled' })],
    ['an inquiry becomes a request', () => first.post(`/v1/inquiries/${inquiry}/link-request`, { kind: 'access' })],
    [
      'a request is taken in',
      () => first.post('/v1/privacy-requests', { kind: 'access', contact: 'new@mail.example' }),
    ],
    ['a code is sent', () => request(asked, 'identity-checks')],
    ['a request is extended', () => request(asked, 'extend', { reason: 'Much has to be looked at.' })],
    ['a request is cancelled', () => request(asked, 'cancel', { reason: 'It was a mistake.' })],
    ['access is granted', () => request(access, 'decide', decision)],
    ['access is refused', () => request(access, 'decide', { ...decision, decision: 'refuse' })],
    ['a name is corrected', () => request(rectify, 'decide', decision)],
    ['an erasure begins', () => request(erase, 'decide', decision, second)],
  ]
}

/** How many rows each table has, and the sum of what they say. */
async function contents(): Promise<Record<string, string>> {
  return asSuperuser(world.database, async sql => {
    const tables = await sql<{ name: string }[]>`
      select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' order by 1`
    const found: Record<string, string> = {}
    for (const { name } of tables) {
      const [row] = await sql.unsafe<{ sum: string }[]>(
        `select count(*) || ' ' || coalesce(md5(string_agg(t::text, '' order by t::text)), '') as sum from "${name}" t`,
      )
      found[name] = row?.sum as string
    }
    return found
  })
}

const breakAudit = (how: string) => asSuperuser(world.database, sql => sql.unsafe(how))

const BREAKS: [string, string, string][] = [
  [
    'a trigger refuses its rows',
    `create function broken() returns trigger language plpgsql as 'begin raise exception ''the audit log is broken''; end';
     create trigger broken before insert on audit_log for each row execute function broken()`,
    'drop trigger broken on audit_log; drop function broken()',
  ],
  [
    'the service may not insert',
    'revoke insert on audit_log from panless_app',
    'grant insert on audit_log to panless_app',
  ],
  [
    'the table is gone',
    'alter table audit_log rename to audit_log_away',
    'alter table audit_log_away rename to audit_log',
  ],
]

test.each(BREAKS)('while %s, every write answers that it failed, and nothing is stored', async (_, how, undo) => {
  const [checkout, billing, privacy, admin] = [
    world.as('checkout'),
    world.as('billing'),
    world.as('privacy'),
    world.as('admin'),
  ]
  const { payer, token } = card
  await breakAudit(how)
  try {
    const before = await contents()
    const writes: [string, () => Promise<ApiAnswer>][] = [
      ['a payer is made', () => checkout.post('/v1/payers', { short_name: 'Unaudited' })],
      ['a payer is changed', () => checkout.patch(`/v1/payers/${payer}`, { locale: 'mn' })],
      [
        'a card is saved',
        () =>
          checkout.post('/v1/tokens', {
            payer,
            payment_method: 'pm_card_mastercard',
            consent: { text_version: 'v1' },
          }),
      ],
      ['a charge is made', () => billing.post('/v1/charges', chargeOf(token))],
      ['a refund is made', () => billing.post('/v1/refunds', { charge, amount: 100, reason: 'requested_by_customer' })],
      ['a token is frozen', () => admin.post(`/v1/tokens/${token}/freeze`, { reason: 'a look' })],
      [
        'a consent is recorded',
        () => privacy.post(`/v1/payers/${payer}/consents`, { purpose: 'marketing', text_version: 'v1' }),
      ],
      ['the log is read', () => privacy.get('/v1/audit-log')],
      ...deskWrites(),
    ]
    for (const [what, write] of writes) {
      const answer = await write()
      expect([500, 503], what).toContain(answer.status)
      expect(answer.text, what).not.toMatch(/broken|audit/)
    }
    // Stripe may know of a payer's customer already; what panless holds is what it held.
    expect(await contents()).toEqual(before)
  } finally {
    await breakAudit(undo)
  }
  expect((await checkout.post('/v1/payers', { short_name: 'Audited again' })).status).toBe(201)
})

test('once the audit log is back, all of it is done that does not exclude each other', async () => {
  const statuses: [string, number][] = []
  for (const [what, write] of deskWrites()) statuses.push([what, (await write()).status])
  expect(statuses.filter(([, status]) => status >= 300)).toEqual([
    ['a disclosure is refused', 409],
    ['an inquiry becomes a request', 409],
    ['access is refused', 409],
  ])
})
