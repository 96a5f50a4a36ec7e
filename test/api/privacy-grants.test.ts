// What granting a request does: the package, the correction that reaches Stripe, the objection, the reminder of deadlines.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { asSuperuser, databaseTexts, tablesHolding } from '../support/database-contents.ts'
import { minutesPass } from '../support/erasing.ts'
import { faults } from '../support/money.ts'
import {
  amountOf,
  approve,
  ask,
  linkTo,
  mailsTo,
  type Person,
  personWithPayment,
  post,
  verified,
} from '../support/rights.ts'
import { startWorld, type World } from '../support/world.ts'

const DAY = 86_400
const OFFICER = 'officer@panless.test'

let world: World
beforeAll(async () => {
  world = await startWorld({ webhooks: false, environment: { PRIVACY_OFFICER_EMAIL: OFFICER } })
})
afterAll(() => world?.close())

const get = (id: string, path = '') => world.as('privacy').get(`/v1/privacy-requests/${id}${path}`)
const open = (id: string, more: Record<string, string> = {}, client = world.as('privacy')) =>
  client.post(`/v1/privacy-requests/${id}/package`, { reason: 'handed over at the desk', ...more }, { key: null })
const submit = (path: string, fields: Record<string, string> = {}) =>
  world.withToken(null).send('POST', path, undefined, {
    key: null,
    raw: new URLSearchParams(fields).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  })

/** A request whose person was known by a document instead of a code: what is decided needs two people. */
async function byDocument(person: Person, kind: string, more: Record<string, unknown> = {}): Promise<string> {
  const id = await ask(world, person, kind, more)
  for (const evidence of [{ kind: 'document_seen', document: 'passport' }, amountOf(person)])
    expect((await post(world, id, 'identity-checks/confirm', { evidence })).status).toBe(200)
  return id
}

const NOT_OPEN = {
  status: 409,
  headers: { 'content-type': expect.stringContaining('text/html') },
  text: expect.not.stringContaining('Bat-Erdene'),
}

describe('access', () => {
  let person: Person
  let twin: Person
  let id: string
  beforeAll(async () => {
    person = await personWithPayment(world, { metadata: { shoe: 'size-forty' } })
    twin = await personWithPayment(world, { short_name: 'Twinname', real_name: 'Twin Real' })
    await world.as('privacy').post(`/v1/payers/${person.payer}/reveal`, {
      fields: ['real_name'],
      purpose: 'collect_money',
      reason: 'to write a letter',
    })
    id = await verified(world, person, 'access')
    expect((await approve(world, id)).json.status).toBe('done')
    await world.work()
  })

  it('gives the desk everything that is held, with purposes and automated decisions, and nothing of the twin', async () => {
    const { status, json, text } = await open(id)
    expect(status).toBe(200)
    expect(json).toMatchObject({
      object: 'access_package',
      company: 'demo',
      payer: person.payer,
      region: 'test-region',
    })
    const { held } = json
    expect(held.profile.rows[0].profile).toMatchObject({ short_name: 'Bat', metadata: { shoe: 'size-forty' } })
    expect(held.profile.rows[0].identity).toMatchObject({ real_name: 'Bat-Erdene', email: person.email })
    expect(held.cards.rows[0]).toMatchObject({ brand: 'visa', last4: '4242' })
    expect(held.charges.rows[0]).toMatchObject({ amount: 4_800, currency: 'usd' })
    expect(held.looks_at_your_name.rows).toMatchObject([
      { purpose: 'collect_money', reason: 'to write a letter' },
      { purpose: 'rights_request', fields: ['access_package'], reason: 'handed over at the desk' },
    ])
    const [{ details }] = (await world.as('auditor').get(`/v1/audit-log?action=access-package.open&object=${id}`)).json
      .data
    expect(details).toEqual({ by: 'desk', purpose: 'rights_request', reveal: held.looks_at_your_name.rows[1].id })
    expect(held.requests_about_your_data.rows[0].details).toMatchObject({ contact: person.email })
    expect(held.mails.rows[0]).toMatchObject({ template: 'request_received', recipient: person.email })
    expect(json.purposes.map(({ name }: { name: string }) => name)).toContain('settle_payments')
    expect(json.automated_decisions.map(({ name }: { name: string }) => name)).toEqual([
      'card_testing_block',
      'decline_advice',
    ])
    for (const needle of [twin.email, 'Twinname', 'Twin Real', twin.payer]) expect(text).not.toContain(needle)
    expect(text).not.toMatch(/wrapped_key|_sealed|_hash"/)
  })

  it.each([
    ['en', 'Everything that demo holds about you'],
    ['ja', 'demo が保有するお客様の情報'],
    ['mn', 'demo таны талаар хадгалдаг мэдээлэл'],
  ])('is a page in %s too', async (locale, title) => {
    const page = await open(id, { format: 'html', locale })
    expect(page.headers['content-type']).toContain('text/html')
    expect(page.headers['cache-control']).toBe('no-store')
    for (const text of [title, 'Bat-Erdene', person.email, 'size-forty', 'USD 48.00']) expect(page.text).toContain(text)
    // Times are written for readers, not for programs.
    expect(page.text).not.toMatch(/\dT\d\d:\d\d:\d\d/)
  })

  it('is opened by the person through the mailed link alone, by a POST, for a week', async () => {
    const link = linkTo(world, person.email)
    expect(link).toMatch(/^\/rights\/open\./)
    const page = await world.withToken(null).get(link)
    expect(page.text).toContain('Open my data as a page')
    expect(page.text).not.toContain('Bat-Erdene')
    expect((await world.withToken(null).get(`${link}/package`)).status).toBe(405)
    const opened = await submit(`${link}/package`, { format: 'json' })
    expect(opened.headers).toMatchObject({
      'cache-control': 'no-store',
      'content-disposition': 'attachment; filename="my-data.json"',
    })
    expect(opened.json.held.profile.rows[0].identity.real_name).toBe('Bat-Erdene')
    expect((await submit(`${link}/package`)).text).toContain('Bat-Erdene')
    const audit = await world.as('auditor').get(`/v1/audit-log?action=access-package.open&object=${id}`)
    expect(audit.json.data[0]).toMatchObject({
      actor: { kind: 'person', id },
      details: { by: 'person', purpose: 'rights_request' },
    })
    // The link with which the person showed who they are was in an earlier mail, and in the hands of whoever asked.
    const check = mailsTo(world, person.email).flatMap(
      ({ text }) => /\/rights\/check\.\S+/.exec(text)?.[0] ?? [],
    )[0] as string
    expect(await submit(`${check}/package`)).toMatchObject(NOT_OPEN)
    await world.advance(8 * DAY)
    expect(await submit(`${link}/package`)).toMatchObject(NOT_OPEN)
    expect((await world.withToken(null).get(link)).text).not.toContain('Open my data as a page')
    expect((await open(id)).status).toBe(200)
    await world.advance(23 * DAY)
    expect((await open(id)).json.code).toBe('invalid_state')
  })

  it('is for the desk alone: who may only read learns no real name', async () => {
    const refused = await open(id, {}, world.as('auditor'))
    expect([refused.status, refused.json.code]).toEqual([403, 'insufficient_scope'])
  })
})

describe('a correction', () => {
  const contactsAtStripe = async (customer: string) => (await world.stripeApi('GET', `/v1/customers/${customer}`)).json

  async function customerOf(payer: string): Promise<string> {
    const [row] = await asSuperuser(
      world.database,
      sql => sql`select stripe_customer_id as id from payers where id = ${payer}`,
    )
    return row?.id as string
  }

  it('keeps the old value sealed, tells the old address, and reaches Stripe where Stripe holds it', async () => {
    const person = await personWithPayment(world)
    const customer = await customerOf(person.payer)
    await world.stripeApi('POST', `/v1/customers/${customer}`, { name: 'Wrong Name', email: person.email })
    const email = `${randomUUID()}@example.com`
    const id = await verified(world, person, 'rectify', {
      changes: { real_name: 'Right Name', email, phone: '+97611223344' },
    })
    expect((await get(id)).json.changes.toSorted()).toEqual(['email', 'phone', 'real_name'])
    expect((await get(id)).text).not.toContain('Right Name')
    expect((await approve(world, id)).json).toMatchObject({ status: 'done', propagation: 'due', receipt: true })
    const revealed = await world.as('privacy').post(`/v1/payers/${person.payer}/reveal`, {
      fields: ['real_name', 'email', 'phone'],
      purpose: 'rights_request',
      reason: 'to see it',
    })
    expect(revealed.json.fields).toEqual({ real_name: 'Right Name', email, phone: '+97611223344' })
    await world.work()
    expect(mailsTo(world, person.email).at(-1)?.subject).toContain('contact was changed')
    expect(mailsTo(world, email).at(-1)?.subject).toContain('your request is done')
    expect(await contactsAtStripe(customer)).toMatchObject({ name: 'Right Name', email, phone: null })
    expect((await get(id)).json.propagation).toBe('done')
    const again = await verified(world, await moved(person, email), 'access')
    await approve(world, again)
    const held = (await open(again)).json.held.corrections.rows[0]
    expect(held.old).toEqual({ real_name: 'Bat-Erdene', email: person.email })
  })

  /** The new address is too young to be evidence until 14 days have passed. */
  async function moved(person: Person, email: string): Promise<Person> {
    await world.advance(15 * DAY)
    return { ...person, email }
  }

  it('waits for a Stripe that is away, and goes on by itself', async () => {
    const person = await personWithPayment(world)
    const customer = await customerOf(person.payer)
    await world.stripeApi('POST', `/v1/customers/${customer}`, { name: 'Wrong Name' })
    const id = await verified(world, person, 'rectify', { changes: { real_name: 'Right Name' } })
    // The first answer is lost after Stripe has done it, and so is a read.
    await faults(world, [
      { method: 'POST', path: '/v1/customers', when: 'after', kind: 'drop', times: 1 },
      { method: 'GET', path: '/v1/customers', when: 'before', kind: 'status', status: 500, times: 1 },
    ])
    await approve(world, id)
    await world.work()
    expect((await get(id)).json.propagation).toBe('due')
    for (let round = 0; round < 4; round++) {
      await world.advance(3_600)
      await world.work()
    }
    await faults(world, [])
    expect(await contactsAtStripe(customer)).toMatchObject({ name: 'Right Name' })
    expect((await get(id)).json.propagation).toBe('done')
  })

  it('that meets what nobody expected is tried again, and holds up nothing', async () => {
    const person = await personWithPayment(world)
    const customer = await customerOf(person.payer)
    await world.stripeApi('POST', `/v1/customers/${customer}`, { name: 'Wrong Name' })
    const id = await verified(world, person, 'rectify', { changes: { real_name: 'Right Name' } })
    await approve(world, id)
    const flip = () =>
      asSuperuser(
        world.database,
        sql => sql`update payers set identity_sealed = set_byte(identity_sealed, 20, get_byte(identity_sealed, 20) # 1)
                    where id = ${person.payer}`,
      )
    await flip()
    await world.work()
    expect((await get(id)).json.propagation).toBe('due')
    await flip()
    await world.advance(60)
    await world.work()
    expect((await get(id)).json.propagation).toBe('done')
    expect(await contactsAtStripe(customer)).toMatchObject({ name: 'Right Name' })
  })

  it('without values needs them from the desk', async () => {
    const person = await personWithPayment(world)
    const id = await verified(world, person, 'rectify')
    const empty = await approve(world, id)
    expect([empty.status, empty.json.errors[0].pointer]).toEqual([422, '/changes'])
    expect((await approve(world, id, undefined, { changes: { short_name: 'Bold' } })).json.status).toBe('done')
    expect((await world.as('checkout').get(`/v1/payers/${person.payer}`)).json.short_name).toBe('Bold')
  })

  it('with values of its own takes no others from the desk', async () => {
    const person = await personWithPayment(world)
    const id = await verified(world, person, 'rectify', { changes: { short_name: 'Bold' } })
    const other = await approve(world, id, undefined, { changes: { short_name: 'Bolor' } })
    expect([other.status, other.json.errors[0].pointer]).toEqual([422, '/changes'])
    expect((await get(id)).json.status).toBe('verified')
  })

  it('that needs two people carries out what both typed, and keeps the words of both', async () => {
    const person = await personWithPayment(world)
    const id = await byDocument(person, 'rectify')
    expect((await approve(world, id)).status).toBe(422)
    const changes = { short_name: 'Firstname', phone: '+97699112233' }
    const first = await approve(world, id, undefined, { changes })
    expect(first.json).toMatchObject({ status: 'approved', changes: ['short_name', 'phone'], changes_needed: true })
    expect((await approve(world, id)).json.code).toBe('second_person_required')
    const texts = await databaseTexts(world.database)
    for (const value of ['Firstname', '+97699112233']) expect(tablesHolding(texts, value)).toEqual([])
    for (const given of [
      {},
      { changes: { short_name: 'Another' } },
      { changes: { ...changes, email: 'a@b.example' } },
    ]) {
      const other = await approve(world, id, 'second-subject', given)
      expect([other.status, other.json.errors[0].pointer]).toEqual([422, '/changes'])
      expect(other.text).not.toMatch(/Firstname|Another|99112233|a@b/)
    }
    const agreed = { decision: 'approve', reason: 'I agree.', changes }
    const second = await post(world, id, 'decide', agreed, 'second-subject')
    expect(second.json).toMatchObject({
      status: 'done',
      changes_needed: false,
      decision: { reason: 'As the law asks.' },
      second_person: { by: 'second-subject', reason: 'I agree.' },
    })
    expect((await world.as('checkout').get(`/v1/payers/${person.payer}`)).json.short_name).toBe('Firstname')
  })

  it('that needs two people is typed by nobody where the person named it through a service', async () => {
    const person = await personWithPayment(world)
    const id = await byDocument(person, 'rectify', { changes: { short_name: 'Own' } })
    expect((await approve(world, id)).json).toMatchObject({ status: 'approved', changes_needed: false })
    expect((await approve(world, id, 'second-subject')).json.status).toBe('done')
  })
})

describe('an objection', () => {
  it('is in force before the next charge: the mandate of the card ends when it is named', async () => {
    const person = await personWithPayment(world)
    const id = await verified(world, person, 'object', { purposes: ['charge_saved_card'] })
    expect((await approve(world, id)).json.status).toBe('done')
    const charge = await world
      .as('billing')
      .post('/v1/charges', { token: person.token, amount: 100, currency: 'usd', reference: randomUUID() })
    expect(charge.json.code).toBe('consent_withdrawn')
  })

  it('without purposes is to all that can be objected to, and leaves the saved card', async () => {
    const person = await personWithPayment(world)
    const id = await verified(world, person, 'object')
    expect((await approve(world, id)).json.status).toBe('done')
    const charge = await world
      .as('billing')
      .post('/v1/charges', { token: person.token, amount: 100, currency: 'usd', reference: randomUUID() })
    expect(charge.status).toBe(201)
    const access = await verified(world, { ...person, amount: 100 }, 'access')
    await approve(world, access)
    const rows = (await open(access)).json.held.objections.rows as { purpose: string; source: string }[]
    expect(rows.map(({ purpose }) => purpose)).toContain('marketing')
    expect(rows.every(({ source }) => source === 'request')).toBe(true)
  })

  it('to what a contract or a law carries is refused', async () => {
    const person = await personWithPayment(world)
    const id = await verified(world, person, 'object', { purposes: ['settle_payments'] })
    expect((await approve(world, id)).status).toBe(422)
    expect((await get(id)).json.status).toBe('verified')
  })

  it('that needs two people is to what the first approved', async () => {
    const person = await personWithPayment(world)
    const id = await byDocument(person, 'object')
    const purposes = ['marketing']
    expect((await approve(world, id, undefined, { purposes: ['settle_payments'] })).json.errors[0].pointer).toBe(
      '/purposes',
    )
    expect((await approve(world, id, undefined, { purposes })).json).toMatchObject({ status: 'approved', purposes })
    expect((await approve(world, id, 'second-subject', { purposes: ['gifts'] })).status).toBe(422)
    expect((await approve(world, id, 'second-subject', { purposes })).json.status).toBe('done')
    const objected = await asSuperuser(
      world.database,
      sql => sql`select purpose from objections where payer_id = ${person.payer}`,
    )
    expect(objected.map(({ purpose }) => purpose)).toEqual(purposes)
  })
})

describe('an erasure', () => {
  it('ends the request with the erasure’s own receipt, which the person can still read', async () => {
    const person = await personWithPayment(world)
    const [unproved, other] = [await ask(world, person, 'access'), await verified(world, person, 'access')]
    const id = await verified(world, person, 'erase')
    await approve(world, id)
    expect((await approve(world, id, 'second-subject')).json.status).toBe('executing')
    for (let round = 0; round < 8 && (await get(id)).json.status === 'executing'; round++) {
      await world.work()
      await minutesPass(world)
      await world.advance(900)
    }
    expect((await get(id)).json).toMatchObject({ status: 'done', message: null, decision: { reason: null } })
    expect((await get(other)).json).toMatchObject({ status: 'cancelled', payer: person.payer })
    expect((await get(unproved)).json).toMatchObject({ status: 'received', payer: null })
    const { statement } = (await get(id, '/receipt')).json
    expect(world.dependencies.statements.read('receipt', statement)).toMatchObject({
      object: 'erasure_receipt',
      request: id,
    })
    expect((await world.withToken(null).get(linkTo(world, person.email))).text).toContain(statement)
    expect((await approve(world, id)).status).toBe(410)
    const asked = { kind: 'access', payer: person.payer, contact: person.email }
    expect((await world.as('privacy').post('/v1/privacy-requests', asked)).json.code).toBe('payer_erased')
  })

  it('that was granted twice at once ends both requests with the one receipt', async () => {
    const person = await personWithPayment(world)
    const ids = [await verified(world, person, 'erase'), await verified(world, person, 'erase')]
    for (const id of ids) expect((await approve(world, id)).json.status).toBe('approved')
    // Both have found the payer alive before either begins: the test holds the payer until both wait for it.
    const granted = await asSuperuser(world.database, sql =>
      sql.begin(async tx => {
        await tx`select 1 from payers where id = ${person.payer} for update`
        const granting = Promise.all(ids.map(id => approve(world, id, 'second-subject')))
        const waiting = () => tx`
          select distinct w.pid from pg_locks w join pg_locks o on o.pid = w.pid
           where not w.granted and o.database = (select oid from pg_database where datname = current_database())`
        await vi.waitUntil(async () => (await waiting()).length >= 2, { timeout: 10_000 })
        return { granting }
      }),
    ).then(({ granting }) => granting)
    expect(granted.map(({ status }) => status)).toEqual([200, 200])
    for (let rounds = 0; rounds < 4; rounds++) {
      await minutesPass(world)
      await world.work()
      await world.advance(900)
    }
    for (const id of ids) expect((await get(id)).json).toMatchObject({ status: 'done', receipt: true })
    const receipts = await Promise.all(ids.map(id => get(id, '/receipt')))
    expect(new Set(receipts.map(({ json }) => json.statement)).size).toBe(1)
  })
})

describe('deadlines', () => {
  it('are watched: the officer is reminded, the late are counted, and what nobody proved expires', async () => {
    const person = await personWithPayment(world)
    const proved = await verified(world, person, 'access')
    const unproved = await ask(world, person, 'access')
    await world.advance(26 * DAY)
    await world.work()
    await world.work()
    const before = mailsTo(world, OFFICER).at(-1)
    expect(before?.subject).toMatch(/^Privacy requests: \d+ overdue, \d+ due soon$/)
    expect(before?.text).not.toContain('Bat')
    await world.advance(7 * DAY)
    await world.work()
    await world.work()
    expect((await get(unproved)).json.status).toBe('expired')
    expect((await get(proved)).json).toMatchObject({ status: 'verified', overdue: true })
    const late = await world.as('privacy').get('/v1/privacy-requests?overdue=true&limit=100')
    expect(late.json.data.map(({ id }: { id: string }) => id)).toContain(proved)
    expect((await post(world, proved, 'extend', { reason: 'Too late.' })).json.code).toBe('invalid_state')
    expect(mailsTo(world, OFFICER).at(-1)?.subject).toMatch(/: [1-9]\d* overdue/)
  })
})
