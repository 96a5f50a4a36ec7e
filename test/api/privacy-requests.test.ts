// Requests about personal data: nothing is told or changed before the person has shown who they are.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { ApiAnswer } from '../support/api-client.ts'
import { asSuperuser, databaseTexts, tablesHolding } from '../support/database-contents.ts'
import { beginErasure, minutesPass, workOff } from '../support/erasing.ts'
import {
  amountOf,
  approve,
  ask,
  askAs,
  codeTo,
  linkTo,
  mailsTo,
  type Person,
  personWithPayment,
  post,
  verified,
  verify,
} from '../support/rights.ts'
import { startWorld, type World } from '../support/world.ts'

const DAY = 86_400

let world: World
let bat: Person
beforeAll(async () => {
  world = await startWorld({ webhooks: false, environment: { PRIVACY_OFFICER_EMAIL: 'officer@panless.test' } })
  bat = await personWithPayment(world)
})
afterAll(() => world?.close())

const submit = (path: string, fields: Record<string, string>) =>
  world.withToken(null).send('POST', path, undefined, {
    key: null,
    raw: new URLSearchParams(fields).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  })

const get = (id: string, path = '') => world.as('privacy').get(`/v1/privacy-requests/${id}${path}`)

describe('a request', () => {
  it('is taken in with a deadline of one month, and the person is told where to show who they are', async () => {
    const person = await personWithPayment(world, { locale: 'mn' })
    const asked = await askAs(world, {
      kind: 'access',
      payer: person.payer,
      contact: person.email,
      message: 'Юу байна?',
    })
    expect(asked.status).toBe(201)
    expect(asked.json).toMatchObject({ object: 'privacy_request', kind: 'access', status: 'received' })
    const created = new Date(asked.json.created_at)
    const days = (Date.parse(asked.json.deadline_at) - created.getTime()) / 86_400_000
    expect(days).toBeGreaterThanOrEqual(28)
    expect(days).toBeLessThanOrEqual(31)
    await world.work()
    const [mail] = mailsTo(world, person.email)
    expect(mail?.headers['content-language']).toBe('mn')
    expect(mail?.text).toContain(asked.json.verification_url)
    expect((await get(asked.json.id)).json).toMatchObject({
      payer: person.payer,
      message: 'Юу байна?',
      code_channel: 'usable',
      evidence: [],
      evidence_needed: ['contact_code'],
      overdue: false,
      decision: null,
      created_by: 'privacy/privacy-subject',
    })
    const listed = await world.as('auditor').get(`/v1/privacy-requests?payer=${person.payer}`)
    expect(listed.json.data[0]).not.toHaveProperty('message')
    expect((await post(world, asked.json.id, 'identity-checks')).text).not.toContain('Юу байна?')
    const log = await world.as('admin').get(`/v1/audit-log?object=${asked.json.id}&action=privacy-request.read`)
    expect(log.json.data).toMatchObject([{ payer: person.payer, details: { purpose: 'rights_request' } }])
    const texts = await databaseTexts(world.database)
    for (const needle of [person.email, 'Юу байна?']) expect(tablesHolding(texts, needle)).toEqual([])
  })

  it('finds its payer by external_ref, or by the address alone when only one payer has it', async () => {
    const reference = `ref-${randomUUID()}`
    const person = await personWithPayment(world, { external_ref: reference })
    const [byReference, byAddress] = await Promise.all([
      askAs(world, { kind: 'access', payer: reference, contact: person.email }),
      askAs(world, { kind: 'access', contact: person.email.toUpperCase() }),
    ])
    for (const { json } of [byReference, byAddress]) expect((await get(json.id)).json.payer).toBe(person.payer)
    await personWithPayment(world, { email: person.email })
    const shared = await askAs(world, { kind: 'access', contact: person.email })
    expect((await get(shared.json.id)).json.payer).toBeNull()
  })

  it('sent again is the same request, and with another body under the same key is refused', async () => {
    const body = { kind: 'object', payer: bat.payer, contact: bat.email }
    const key = `key-${randomUUID()}`
    const first = await askAs(world, body, key)
    const second = await askAs(world, body, key)
    expect(second.text).toBe(first.text)
    expect(second.headers['idempotency-replayed']).toBe('true')
    expect((await askAs(world, { ...body, kind: 'erase' }, key)).json.code).toBe('idempotency_mismatch')
  })

  it.each([
    [{ kind: 'forget', payer: 'x', contact: 'a@example.com' }, '/kind'],
    [{ kind: 'access', contact: 'not a contact' }, '/contact'],
    [{ kind: 'access', contact: 'a@example.com', changes: { real_name: 'B' } }, '/changes'],
    [{ kind: 'rectify', contact: 'a@example.com', changes: {} }, '/changes'],
    [{ kind: 'access', contact: 'a@example.com', purposes: ['marketing'] }, '/purposes'],
    [{ kind: 'access' }, '/contact'],
  ])('of an ill form is refused: %j', async (body, pointer) => {
    const answer = await askAs(world, body)
    expect(answer.status).toBe(422)
    expect(answer.json.errors[0].pointer).toBe(pointer)
  })

  it('with a card number in it is refused before anything is kept', async () => {
    const answer = await askAs(world, { kind: 'access', contact: bat.email, message: 'my card 4242 4242 4242 4242' })
    expect(answer.json.code).toBe('card_number_refused')
  })

  it('is listed by kind, state, payer and lateness, page by page', async () => {
    const person = await personWithPayment(world)
    const ids: string[] = []
    for (const kind of ['access', 'rectify', 'erase']) ids.unshift(await ask(world, person, kind))
    const list = async (query: string) =>
      (await world.as('auditor').get(`/v1/privacy-requests?payer=${person.payer}${query}`)).json
    expect((await list('')).data.map(({ id }: { id: string }) => id)).toEqual(ids)
    expect((await list('&kind=rectify')).data).toHaveLength(1)
    expect((await list('&status=verified')).data).toHaveLength(0)
    expect((await list('&overdue=true')).data).toHaveLength(0)
    const page = await list('&limit=2')
    expect(page.data).toHaveLength(2)
    expect((await list(`&limit=2&cursor=${page.next_cursor}`)).data.map(({ id }: { id: string }) => id)).toEqual([
      ids[2],
    ])
    expect((await world.as('privacy').get('/v1/privacy-requests?overdue=maybe')).status).toBe(422)
  })
})

describe('a stranger and somebody who is not there', () => {
  it('get the same answers as the person: by status, shape and what is stored', async () => {
    const stranger = `${randomUUID()}@example.com`
    const cases = {
      person: { payer: bat.payer, contact: bat.email },
      stranger: { payer: bat.payer, contact: stranger },
      missing: { payer: 'payer_00000000000000000000000000', contact: stranger },
      nobody: { contact: `${randomUUID()}@example.com` },
    }
    const shapes: Record<string, unknown> = {}
    for (const [name, body] of Object.entries(cases)) {
      const asked = await askAs(world, { kind: 'access', ...body })
      const { id } = asked.json
      const sent = await post(world, id, 'identity-checks')
      const wrong = await post(world, id, 'identity-checks/confirm', {
        code: 'AAAA-AAAA',
        evidence: { ...amountOf(bat), amount: 1 },
      })
      const decided = await post(world, id, 'decide', { decision: 'approve', reason: 'because' })
      const shape = (answer: typeof asked) => [
        answer.status,
        Object.keys(answer.json),
        answer.json.code,
        answer.json.detail,
      ]
      shapes[name] = [asked, sent, wrong, decided].map(shape)
      const rows = await asSuperuser(
        world.database,
        sql => sql`select (select count(*) from identity_checks where request_id = ${id}) as checks, failures
                     from privacy_requests where id = ${id}`,
      )
      expect(rows[0]).toEqual({ checks: 1n, failures: 1 })
    }
    for (const name of ['stranger', 'missing', 'nobody']) expect(shapes[name], name).toEqual(shapes.person)
    await world.work()
    expect(mailsTo(world, stranger)).toEqual([])
    expect(world.mails().filter(mail => mail.to.includes('nobody@invalid'))).toEqual([])
  })

  it('cost the database as much as the person, at each step', async () => {
    const person = await personWithPayment(world)
    const { db } = world.dependencies
    const { transaction } = db
    let statements = 0
    const counted = vi.spyOn(db, 'transaction').mockImplementation((tenant, work) =>
      transaction(tenant, tx => {
        const sql = new Proxy(tx.sql, {
          apply(target, self, args) {
            if (Array.isArray(args[0]) && 'raw' in args[0]) statements++
            return Reflect.apply(target as never, self, args)
          },
        })
        return work({ ...tx, sql })
      }),
    )
    const costs: Record<string, number[]> = {}
    for (const [name, body] of [
      ['missing', { payer: 'payer_00000000000000000000000000', contact: `${randomUUID()}@example.com` }],
      ['person', { payer: person.payer, contact: person.email }],
      ['nobody', { contact: `${randomUUID()}@example.com` }],
    ] as const) {
      const cost: number[] = []
      const step = async (work: () => Promise<ApiAnswer>) => {
        statements = 0
        const answer = await work()
        cost.push(statements)
        return answer
      }
      const { id } = (await step(() => askAs(world, { kind: 'access', ...body }))).json
      await step(() => post(world, id, 'identity-checks'))
      const wrong = { code: 'AAAA-AAAA', evidence: amountOf(person) }
      expect((await step(() => post(world, id, 'identity-checks/confirm', wrong))).status).toBe(409)
      costs[name] = cost
    }
    counted.mockRestore()
    expect(costs.person?.every(cost => cost > 5)).toBe(true)
    expect(costs.missing).toEqual(costs.person)
    expect(costs.nobody).toEqual(costs.person)
  })

  it('take about as long as the person', async () => {
    const person = await personWithPayment(world)
    const quickest = { person: Number.POSITIVE_INFINITY, missing: Number.POSITIVE_INFINITY }
    const apart = () => Math.abs(quickest.person - quickest.missing)
    // The quickest of each, of as many rounds as it takes: what slows a busy machine down slows both, but not at once.
    for (let round = 0; round < 12 || (round < 60 && apart() >= 15); round++) {
      for (const [name, body] of [
        ['person', { payer: person.payer, contact: `${randomUUID()}@example.com` }],
        ['missing', { payer: 'payer_00000000000000000000000000', contact: `${randomUUID()}@example.com` }],
      ] as const) {
        const { json } = await askAs(world, { kind: 'access', ...body })
        const began = performance.now()
        await post(world, json.id, 'identity-checks')
        quickest[name] = Math.min(quickest[name], performance.now() - began)
      }
    }
    expect(apart()).toBeLessThan(15)
  }, 90_000)

  it('learn nothing of a payment at the public form, whether they guess it right, wrong, or of nobody', async () => {
    const person = await personWithPayment(world)
    const tried: Record<string, unknown> = {}
    for (const [name, payer, amount] of [
      ['right', person.payer, '48.00'],
      ['wrong', person.payer, '48.01'],
      ['missing', 'payer_00000000000000000000000000', '48.00'],
    ] as const) {
      const asked = await submit('/rights', { kind: 'access', contact: `${randomUUID()}@example.com`, payer })
      expect(asked.status).toBe(303)
      const link = new URL(asked.headers.location as string, world.url).pathname
      const answers = [await submit(link, { last_payment_amount: amount })]
      expect((await submit(`${link}/code`, {})).status).toBe(303)
      answers.push(await submit(link, { last_payment_amount: amount }))
      answers.push(await submit(link, { code: 'AAAA-AAAA', last_payment_amount: amount }))
      const id = link.split('.')[3] as string
      tried[name] = answers.map(({ status, text }) => [
        status,
        text.replaceAll(link, '').replaceAll(id, '').replaceAll(`value="${amount}"`, ''),
      ])
      expect((await get(id)).json).toMatchObject({ status: 'verifying', evidence: [] })
    }
    expect(tried.wrong).toEqual(tried.right)
    expect(tried.missing).toEqual(tried.right)
    expect(JSON.stringify(tried.right)).toContain('is not right')
  })

  it('learn nothing of an erasure: a request that names whoever was erased goes on as one that names nobody', async () => {
    const erased = (await world.as('checkout').post('/v1/payers', { short_name: 'Gone', email: 'gone@example.com' }))
      .json.id
    const links: string[] = []
    for (const payer of [erased, 'payer_00000000000000000000000000']) {
      const asked = await submit('/rights', { kind: 'access', contact: `${randomUUID()}@example.com`, payer })
      links.push(new URL(asked.headers.location as string, world.url).pathname)
    }
    const told = (link: string) => async () => {
      const answers = [await world.withToken(null).get(link), await submit(`${link}/code`, {})]
      answers.push(await submit(link, { code: 'AAAA-AAAA' }), await world.withToken(null).get(link))
      return answers.map(({ status, text }) => [
        status,
        text.replaceAll(link, '').replaceAll(/preq_\w+|\d\d:\d\d/g, ''),
      ])
    }
    const [ofErased, ofMissing] = links.map(told) as [() => Promise<unknown>, () => Promise<unknown>]
    await world.work()
    await beginErasure(world, erased)
    expect(await ofErased()).toEqual(await ofMissing())
    await workOff(world)
    expect(await ofErased()).toEqual(await ofMissing())
    await minutesPass(world)
    await workOff(world)
    expect(await ofErased()).toEqual(await ofMissing())
    const stored = await asSuperuser(
      world.database,
      sql => sql`select status, payer_id, language, failures, length(contact_hash) as contact from privacy_requests
                  where id in ${sql(links.map(link => link.split('.')[3] as string))}`,
    )
    expect(stored[0]).toEqual(stored[1])
    expect(stored[0]).toMatchObject({ status: 'verifying', payer_id: null, contact: 32 })
  })

  it('wait once five hundred have asked one tenant within an hour, and nobody makes a key for them', async () => {
    await asSuperuser(
      world.database,
      sql => sql`
        insert into privacy_requests (tenant_id, id, kind, source, language, contact_kind, deadline_at, created_by, created_at, updated_at)
        select 'other', 'preq_flood' || n, 'access', 'person', 'en', 'email', now(), 'rights-form', ${world.dependencies.clock.now()}, ${world.dependencies.clock.now()}
          from generate_series(1, 500) n`,
    )
    const wraps = vi.spyOn(world.dependencies.keyring, 'wrap')
    const ask = () => submit('/rights/of/other', { kind: 'access', contact: `${randomUUID()}@example.com` })
    expect((await ask()).status).toBe(429)
    expect(wraps).not.toHaveBeenCalled()
    wraps.mockRestore()
    await world.advance(3_601)
    expect((await ask()).status).toBe(303)
  })

  it('verify nothing with a code that was made for somebody else', async () => {
    const other = await personWithPayment(world)
    const mine = await ask(world, bat, 'access')
    const theirs = await ask(world, other, 'access')
    await post(world, mine, 'identity-checks')
    await post(world, theirs, 'identity-checks')
    const code = await codeTo(world, other.email)
    const answer = await post(world, mine, 'identity-checks/confirm', { code, evidence: amountOf(bat) })
    expect(answer.json.code).toBe('identity_not_verified')
  })
})

describe('an identity check', () => {
  it('needs the code and a second piece of evidence, in one go or one after the other', async () => {
    const person = await personWithPayment(world)
    const id = await ask(world, person, 'access')
    await post(world, id, 'identity-checks')
    const code = await codeTo(world, person.email)
    const first = await post(world, id, 'identity-checks/confirm', {
      code: ` ${code?.toLowerCase().replace('-', ' ')}`,
    })
    expect(first.json).toMatchObject({
      status: 'verifying',
      evidence: [{ kind: 'contact_code' }],
      evidence_needed: ['last_payment_amount', 'signed_in_session', 'document_seen'],
    })
    const wrong = await post(world, id, 'identity-checks/confirm', {
      evidence: { ...amountOf(person), currency: 'jpy' },
    })
    expect([wrong.status, wrong.json.code]).toEqual([409, 'identity_not_verified'])
    const second = await post(world, id, 'identity-checks/confirm', {
      evidence: { kind: 'last_invoice_amount', amount: person.amount, currency: 'usd' },
    })
    expect(second.json).toMatchObject({ status: 'verified', evidence_needed: [] })
    expect((await post(world, id, 'identity-checks')).json.code).toBe('invalid_state')
    const audit = await world.as('admin').get(`/v1/audit-log?object=${id}`)
    expect(audit.json.data.map(({ action }: { action: string }) => action)).toEqual([
      'identity.verify',
      'identity.fail',
      'identity.record-evidence',
      'identity.send-code',
      'privacy-request.create',
    ])
    expect(audit.text).not.toContain(code)
  })

  it('takes a signed-in session on the word of a service, and a document on the word of who saw it', async () => {
    const person = await personWithPayment(world)
    const session = await ask(world, person, 'access')
    await post(world, session, 'identity-checks')
    const code = await codeTo(world, person.email)
    const confirmed = await post(world, session, 'identity-checks/confirm', {
      code,
      evidence: { kind: 'signed_in_session' },
    })
    expect(confirmed.json.status).toBe('verified')
    const document = await ask(world, person, 'access')
    const seen = await post(world, document, 'identity-checks/confirm', {
      evidence: { kind: 'document_seen', document: 'passport' },
    })
    expect(seen.json).toMatchObject({
      status: 'verifying',
      evidence: [{ kind: 'document_seen', document: 'passport', recorded_by: 'privacy/privacy-subject' }],
    })
    const withAmount = await post(world, document, 'identity-checks/confirm', { evidence: amountOf(person) })
    expect(withAmount.json.status).toBe('verified')
    // Verified without a code, it takes a second person whatever it asks for.
    expect((await approve(world, document)).json.status).toBe('approved')
    expect((await approve(world, document)).json.code).toBe('second_person_required')
    expect((await approve(world, document, 'second-subject')).json.status).toBe('done')
  })

  it('sends no code to a phone number, and says so', async () => {
    const id = await ask(world, { payer: bat.payer, email: '+97699112233' }, 'access')
    expect((await get(id)).json.code_channel).toBe('no_channel')
    const sent = await post(world, id, 'identity-checks')
    expect(sent.json).toMatchObject({ code: 'invalid_state', detail: expect.stringContaining('phone number') })
  })

  it('takes an address that was changed less than 14 days ago for no evidence, and answers as to a stranger', async () => {
    const person = await personWithPayment(world)
    await world.advance(DAY)
    const email = `${randomUUID()}@example.com`
    const changed = await world.as('checkout').patch(`/v1/payers/${person.payer}`, { email })
    expect(changed.status).toBe(200)
    const id = await ask(world, { ...person, email }, 'access')
    expect((await get(id)).json.code_channel).toBe('changed_recently')
    expect((await post(world, id, 'identity-checks')).status).toBe(201)
    expect(await codeTo(world, email)).toBeNull()
    await world.advance(14 * DAY)
    const later = await ask(world, { ...person, email }, 'access')
    await verify(world, { ...person, email }, later)
  })

  it('gives five tries for a code, and a code is good for 15 minutes', async () => {
    const person = await personWithPayment(world)
    const id = await ask(world, person, 'access')
    await post(world, id, 'identity-checks')
    const code = await codeTo(world, person.email)
    const tries = await Promise.all(
      Array.from({ length: 5 }, () => post(world, id, 'identity-checks/confirm', { code: 'AAAA-BBBB' })),
    )
    expect(tries.map(({ json }) => json.code)).toEqual(Array(5).fill('identity_not_verified'))
    const right = await post(world, id, 'identity-checks/confirm', { code, evidence: amountOf(person) })
    expect(right.json.code).toBe('identity_not_verified')
    await post(world, id, 'identity-checks')
    const next = await codeTo(world, person.email)
    expect(next).not.toBe(code)
    await world.advance(16 * 60)
    expect((await post(world, id, 'identity-checks/confirm', { code: next })).json.code).toBe('identity_not_verified')
  })

  it('sends three codes a day for a request and for a contact; a new code ends the one before', async () => {
    const person = await personWithPayment(world)
    const id = await ask(world, person, 'access')
    await post(world, id, 'identity-checks')
    const old = await codeTo(world, person.email)
    await post(world, id, 'identity-checks')
    const answer = await post(world, id, 'identity-checks/confirm', { code: old, evidence: amountOf(person) })
    expect(answer.json.code).toBe('identity_not_verified')
    const another = await ask(world, person, 'access')
    expect((await post(world, another, 'identity-checks')).status).toBe(201)
    for (const request of [id, another]) {
      const refused = await post(world, request, 'identity-checks')
      expect([refused.status, refused.json.code]).toEqual([429, 'rate_limited'])
      expect(refused.headers['retry-after']).toBe('3600')
    }
    await world.advance(DAY + 1)
    expect((await post(world, id, 'identity-checks')).status).toBe(201)
  })

  it('is over for a request after fifteen failures', async () => {
    const person = await personWithPayment(world)
    const id = await ask(world, person, 'access')
    for (let tries = 0; tries < 15; tries++) {
      const wrong = await post(world, id, 'identity-checks/confirm', {
        evidence: { ...amountOf(person), amount: 100 + tries },
      })
      expect(wrong.status).toBe(409)
    }
    expect((await post(world, id, 'identity-checks/confirm', { evidence: amountOf(person) })).status).toBe(429)
  })

  it('judges no more than fifteen of many guesses sent at once, and counts no right one', async () => {
    const person = await personWithPayment(world)
    const id = await ask(world, person, 'access')
    await post(world, id, 'identity-checks')
    const code = (await codeTo(world, person.email)) as string
    const link = linkTo(world, person.email)
    expect((await submit(link, { code })).status).toBe(303)
    const guesses = await Promise.all(
      Array.from({ length: 40 }, (_, at) => submit(link, { last_payment_amount: String(100 + at) })),
    )
    // The contact has fifteen tries a day, and the code was one.
    const judged = guesses.filter(({ status }) => status === 422)
    expect(judged).toHaveLength(14)
    expect(guesses.filter(({ status }) => status === 429)).toHaveLength(26)
    const audit = await world.as('admin').get(`/v1/audit-log?object=${id}&action=identity.fail`)
    expect(audit.json.data).toHaveLength(14)
    expect((await submit(link, { last_payment_amount: '48.00' })).status).toBe(429)
    const another = await ask(world, person, 'access')
    const wrong = await post(world, another, 'identity-checks/confirm', { code: 'AAAA-AAAA' })
    expect(wrong.status).toBe(429)
    // Of those who say themselves that they have seen the person, a request has fifteen.
    await world.advance(DAY + 1)
    const seen = await ask(world, person, 'access')
    const amounts = Array.from({ length: 40 }, (_, at) => ({ ...amountOf(person), amount: 100 + at }))
    const told = await Promise.all(amounts.map(evidence => post(world, seen, 'identity-checks/confirm', { evidence })))
    expect(told.filter(({ status }) => status === 409)).toHaveLength(15)
    expect(told.filter(({ status }) => status === 429)).toHaveLength(25)
  })

  it('counts a try for the day when it is made, however old the code is', async () => {
    const person = await personWithPayment(world)
    const ids = [await ask(world, person, 'access'), await ask(world, person, 'access')] as const
    for (const id of ids) expect((await post(world, id, 'identity-checks')).status).toBe(201)
    await world.advance(DAY + 60)
    // As if it were so old that its hashes are no longer kept.
    await asSuperuser(
      world.database,
      sql => sql`update identity_checks set contact_hash = null, address_hash = null where request_id = ${ids[0]}`,
    )
    const tries = []
    for (let at = 0; at < 16; at++)
      tries.push((await post(world, ids[at % 2] as string, 'identity-checks/confirm', { code: 'AAAA-BBBB' })).status)
    expect(tries).toEqual([...Array(15).fill(409), 429])
    await world.advance(DAY + 60)
    expect((await post(world, ids[0], 'identity-checks/confirm', { code: 'AAAA-BBBB' })).status).toBe(409)
  })

  it('sent again under its key after it succeeded is the same answer, and no second try', async () => {
    const person = await personWithPayment(world)
    const id = await ask(world, person, 'access')
    await post(world, id, 'identity-checks')
    const code = await codeTo(world, person.email)
    const path = `/v1/privacy-requests/${id}/identity-checks/confirm`
    const key = `key-${randomUUID()}`
    for (let times = 0; times < 2; times++)
      expect((await world.as('privacy').post(path, { evidence: amountOf(person) }, { key })).status).toBe(200)
    const [row] = await asSuperuser(
      world.database,
      sql => sql`select failures, (select attempts from identity_checks where request_id = ${id})
                   from privacy_requests where id = ${id}`,
    )
    expect(row).toEqual({ failures: 0, attempts: 1 })
    const last = `key-${randomUUID()}`
    const first = await world.as('privacy').post(path, { code }, { key: last })
    const second = await world.as('privacy').post(path, { code }, { key: last })
    expect(first.status).toBe(200)
    expect(second.text).toBe(first.text)
    expect(second.headers['idempotency-replayed']).toBe('true')
  })
})

describe('a decision', () => {
  it('is made only about somebody who showed who they are', async () => {
    const id = await ask(world, bat, 'access')
    const early = await approve(world, id)
    expect([early.status, early.json.code]).toEqual([409, 'identity_not_verified'])
    const opened = await world
      .as('privacy')
      .post(`/v1/privacy-requests/${id}/package`, { reason: 'too early' }, { key: null })
    expect(opened.json.code).toBe('identity_not_verified')
    expect((await get(id, '/receipt')).json.code).toBe('invalid_state')
  })

  it('to refuse is told to the person with its reason, and leaves a receipt', async () => {
    const person = await personWithPayment(world)
    const id = await verified(world, person, 'access')
    const refused = await post(world, id, 'decide', { decision: 'refuse', reason: 'Manifestly <unfounded>.' })
    expect(refused.json).toMatchObject({
      status: 'refused',
      decision: { decision: 'refuse', reason: 'Manifestly <unfounded>.', by: 'privacy-subject' },
      receipt: true,
    })
    await world.work()
    expect(mailsTo(world, person.email).at(-1)?.text).toContain('Manifestly <unfounded>.')
    expect((await approve(world, id)).json.code).toBe('invalid_state')
    const { statement } = (await get(id, '/receipt')).json
    expect(world.dependencies.statements.read('receipt', statement)).toMatchObject({
      object: 'privacy_receipt',
      request: id,
      outcome: 'refused',
      evidence: ['contact_code', 'last_payment_amount'],
    })
    expect(statement).not.toContain(person.email)
  })

  it('made twice at once is one decision', async () => {
    const person = await personWithPayment(world)
    const id = await verified(world, person, 'access')
    const answers = await Promise.all([
      approve(world, id),
      post(world, id, 'decide', { decision: 'refuse', reason: 'No.' + ' Never.' }),
    ])
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409])
  })

  it('to erase takes a second person, also through another client, and ends in a receipt that survives', async () => {
    const person = await personWithPayment(world)
    const id = await verified(world, person, 'erase', { message: 'Forget me.' })
    expect((await approve(world, id)).json).toMatchObject({ status: 'approved', second_person: null })
    const same = await world
      .as('privacy', 'demo', { client_id: 'another-client' })
      .post(`/v1/privacy-requests/${id}/decide`, { decision: 'approve', reason: 'Again me.' })
    expect([same.status, same.json.code]).toEqual([403, 'second_person_required'])
    const second = await approve(world, id, 'second-subject')
    expect(second.json).toMatchObject({ status: 'executing', second_person: { by: 'second-subject' } })
    for (let rounds = 0; rounds < 4; rounds++) {
      await world.work()
      await world.advance(600)
    }
    expect(mailsTo(world, person.email).at(-1)?.subject).toContain('being deleted')
  })

  it('may be left to nobody: a request is cancelled with a reason', async () => {
    const id = await ask(world, bat, 'erase')
    const cancelled = await post(world, id, 'cancel', { reason: 'Made twice.' })
    expect(cancelled.json.status).toBe('cancelled')
    expect((await post(world, id, 'cancel', { reason: 'Made twice.' })).json.code).toBe('invalid_state')
  })
})

describe('a deadline', () => {
  it('is extended once, by two months, with a notice to the person', async () => {
    const person = await personWithPayment(world)
    const id = await ask(world, person, 'access')
    const before = (await get(id)).json
    const extended = await post(world, id, 'extend', { reason: 'Many requests came at once.' })
    expect(extended.json.extension).toMatchObject({ reason: 'Many requests came at once.' })
    const days = (Date.parse(extended.json.deadline_at) - Date.parse(before.created_at)) / 86_400_000
    expect(days).toBeGreaterThanOrEqual(89)
    expect(days).toBeLessThanOrEqual(92)
    await world.work()
    expect(mailsTo(world, person.email).at(-1)?.text).toContain('Many requests came at once.')
    expect((await post(world, id, 'extend', { reason: 'Once more.' })).json.code).toBe('invalid_state')
  })
})
