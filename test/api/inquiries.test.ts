// Inquiries through the door: passed on by a service, assigned, answered by mail, closed, and forgotten in time.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildAccessPackage } from '../../src/domain/privacy/build-access-package.ts'
import { operatorContext } from '../../src/domain/tenants/operator-context.ts'
import { addBacklogGauges } from '../../src/observability/gauges.ts'
import { createMetrics } from '../../src/observability/metrics.ts'
import type { ApiClient } from '../support/api-client.ts'
import { asSuperuser, databaseTexts, tablesHolding } from '../support/database-contents.ts'
import { beginErasure, minutesPass, workOff } from '../support/erasing.ts'
import { startWorld, type World } from '../support/world.ts'

let world: World
let privacy: ApiClient
beforeAll(async () => {
  world = await startWorld({ webhooks: false })
  privacy = world.as('privacy')
})
afterAll(() => world.close())

const DAY_SECONDS = 86_400
const word = () => randomUUID().slice(0, 8)
const address = () => `${word()}@mail.example`
const reason = 'to call back'

const inquiry = (more: Record<string, unknown> = {}) => ({
  kind: 'question',
  message: `When does the lesson begin? ${word()}`,
  contact: { email: address() },
  ...more,
})

async function received(more: Record<string, unknown> = {}, client = privacy) {
  const answer = await client.post('/v1/inquiries', inquiry(more))
  expect(answer.status, answer.text).toBe(201)
  return answer.json as { id: string; due_at: string; created_at: string }
}

const verb = (id: string, name: string, body: Record<string, unknown> = {}, client = privacy) =>
  client.post(`/v1/inquiries/${id}/${name}`, body)

const mailsTo = (email: string) => world.mails().filter(mail => mail.to.includes(email))

describe('a new inquiry', () => {
  test('is shown without what was written and by whom, and its term depends on its kind', async () => {
    const email = address()
    const message = `Canary ${word()}`
    for (const [kind, days] of [
      ['question', 7],
      ['complaint', 14],
      ['wish', 30],
    ] as const) {
      const made = await privacy.post(
        '/v1/inquiries',
        inquiry({ kind, message, contact: { email, name: 'Real Name' } }),
      )
      expect(made.json).toMatchObject({
        object: 'inquiry',
        kind,
        status: 'received',
        source: 'service',
        language: 'en',
        payer: null,
        short_name: null,
        has_contact: ['email', 'name'],
        overdue: false,
      })
      const term = Date.parse(made.json.due_at) - Date.parse(made.json.created_at)
      expect(term).toBe(days * DAY_SECONDS * 1000)
      const listed = await privacy.get('/v1/inquiries?limit=100')
      for (const needle of [email, message, 'Real Name']) {
        expect(made.text).not.toContain(needle)
        expect(listed.text).not.toContain(needle)
      }
    }
  })

  test('is acknowledged by mail in the language of the person', async () => {
    for (const [locale, words] of [
      ['en', 'we have your message'],
      ['ja-JP', 'お問い合わせを受け付けました'],
      ['mn', 'мессежийг хүлээн авлаа'],
    ] as const) {
      const email = address()
      const { id } = await received({ contact: { email }, locale })
      await world.work()
      const [mail, ...more] = mailsTo(email)
      expect(more).toEqual([])
      expect(mail?.subject).toContain(words)
      expect(mail?.text).toContain(id)
    }
  })

  test('leaves no readable trace in any table, nor in the log', async () => {
    const email = address()
    const message = `Canary${word()}`
    const name = `Name${word()}`
    const { id } = await received({ message, contact: { email, phone: '+97699112233', name } })
    await verb(id, 'answer', { message: `Answer${message}` })
    await world.work()
    const texts = await databaseTexts(world.database)
    for (const needle of [email, message, name, '97699112233']) {
      expect(tablesHolding(texts, needle)).toEqual([])
      expect(world.logs.join('')).not.toContain(needle)
    }
  })

  test('under one key is one inquiry and one mail', async () => {
    const email = address()
    const body = inquiry({ contact: { email } })
    const key = `key-${word()}`
    const answers = await Promise.all([1, 2, 3].map(() => privacy.post('/v1/inquiries', body, { key })))
    const again = await privacy.post('/v1/inquiries', body, { key })
    for (const { status } of answers) expect([201, 409]).toContain(status)
    expect(new Set([...answers, again].filter(({ status }) => status === 201).map(({ text }) => text)).size).toBe(1)
    await world.work()
    expect(mailsTo(email)).toHaveLength(1)
  })

  test('needs a message and a way to answer, and takes no card number', async () => {
    for (const [body, pointer] of [
      [inquiry({ message: '  ' }), '/message'],
      [inquiry({ message: 'x'.repeat(5_001) }), '/message'],
      [inquiry({ contact: {} }), '/contact'],
      [inquiry({ contact: { name: 'Bat' } }), '/contact'],
      [inquiry({ contact: { email: 'nowhere' } }), '/contact/email'],
      [inquiry({ kind: 'praise' }), '/kind'],
      [inquiry({ locale: '?' }), '/locale'],
      [inquiry({ more: 1 }), '/more'],
    ] as const) {
      const answer = await privacy.post('/v1/inquiries', body)
      expect(answer, JSON.stringify(body).slice(0, 100)).toMatchObject({ status: 422, json: { errors: [{ pointer }] } })
    }
    const card = await privacy.post('/v1/inquiries', inquiry({ message: 'my card is 4242 4242 4242 4242' }))
    expect(card).toMatchObject({ status: 422, json: { code: 'card_number_refused' } })
    const nobody = await privacy.post('/v1/inquiries', inquiry({ payer: 'payer_00000000000000000000000000' }))
    expect(nobody).toMatchObject({ status: 404, json: { code: 'not_found' } })
  })

  test('of a known payer carries the short name, and is found by the payer', async () => {
    const payer = await world.as('checkout').post('/v1/payers', { short_name: 'T. Bat', real_name: 'Batbayar Tsend' })
    const { id } = await received({ payer: payer.json.id })
    const listed = await privacy.get(`/v1/inquiries?payer=${payer.json.id}`)
    expect(listed.json.data).toMatchObject([{ id, payer: payer.json.id, short_name: 'T. Bat' }])
    expect(listed.text).not.toContain('Batbayar')
    expect((await privacy.get(`/v1/inquiries/${id}`)).json.messages).toHaveLength(1)
    // Its mails go with the payer too.
    const mails = await asSuperuser(
      world.database,
      sql => sql`select wrapped_key from mail_outbox where payer_id = ${payer.json.id}`,
    )
    expect([...mails]).toEqual([{ wrapped_key: null }])
  })
})

describe('an inquiry', () => {
  test('is assigned, answered by mail in the words of the answer, and closed', async () => {
    const email = address()
    const { id } = await received({ message: 'When?', contact: { email } })
    const assigned = await verb(id, 'assign')
    expect(assigned.json).toMatchObject({ status: 'assigned', assigned_to: 'privacy/privacy-subject' })
    expect((await verb(id, 'assign', { to: 'oyuna@panless.example' })).json.assigned_to).toBe('oyuna@panless.example')
    const answered = await verb(id, 'answer', { message: 'Tomorrow.\n\nAt nine & not later.' })
    expect(answered.json).toMatchObject({ status: 'answered', overdue: false })
    await world.work()
    const mail = mailsTo(email).find(({ subject }) => subject.includes('the answer to your message'))
    expect(mail?.text).toContain('Tomorrow.\n\nAt nine & not later.')
    expect(mail?.html).toContain('<p>At nine &amp; not later.</p>')
    const read = await privacy.get(`/v1/inquiries/${id}`)
    expect(read.json.messages.map(({ direction, text }: Record<string, string>) => [direction, text])).toEqual([
      ['in', 'When?'],
      ['out', 'Tomorrow.\n\nAt nine & not later.'],
    ])
    const closed = await verb(id, 'close', { outcome: 'settled' })
    expect(closed.json.status).toBe('closed')
    for (const [name, body] of [
      ['assign', {}],
      ['answer', { message: 'more' }],
      ['close', { outcome: 'settled' }],
    ] as const) {
      expect(await verb(id, name, body)).toMatchObject({ status: 409, json: { code: 'invalid_state' } })
    }
  })

  test('that two people answer at once gets both answers and two mails; that two close at once closes once', async () => {
    const email = address()
    const { id } = await received({ contact: { email } })
    const other = world.as('privacy', 'demo', { sub: 'another-person' })
    const answers = await Promise.all([
      verb(id, 'answer', { message: 'one' }),
      verb(id, 'answer', { message: 'two' }, other),
    ])
    expect(answers.map(({ status }) => status)).toEqual([200, 200])
    const closed = await Promise.all([1, 2, 3].map(() => verb(id, 'close', { outcome: 'settled' })))
    expect(closed.map(({ status }) => status).sort()).toEqual([200, 409, 409])
    await world.work()
    expect(mailsTo(email).filter(({ subject }) => subject.includes('answer'))).toHaveLength(2)
    const authors = (await privacy.get(`/v1/inquiries/${id}`)).json.messages.map(
      ({ author }: { author: string }) => author,
    )
    expect(authors.toSorted()).toEqual(['person', 'privacy/another-person', 'privacy/privacy-subject'])
  })

  test('from somebody without an e-mail address is answered all the same, without a mail', async () => {
    const { id } = await received({ contact: { phone: '+97699112233' } })
    expect((await verb(id, 'answer', { message: 'We called.' })).json).toMatchObject({
      status: 'answered',
      acknowledged_at: null,
    })
  })

  test('shows its contact by reveal alone, for one purpose, and each look is recorded', async () => {
    const email = address()
    const { id } = await received({ contact: { email, name: 'Real Name' } })
    const read = await privacy.get(`/v1/inquiries/${id}`)
    for (const needle of [email, 'Real Name']) expect(read.text).not.toContain(needle)
    const shown = await privacy.post(
      `/v1/inquiries/${id}/reveal`,
      { purpose: 'answer_messages', reason },
      { key: null },
    )
    expect(shown.json).toEqual({
      inquiry: id,
      purpose: 'answer_messages',
      contact: { email, name: 'Real Name' },
      expires_at: expect.any(String),
    })
    const looks = await asSuperuser(
      world.database,
      sql => sql`select payer_id, purpose, fields, expires_at from reveals where inquiry_id = ${id}`,
    )
    expect([...looks]).toEqual([
      {
        payer_id: null,
        purpose: 'answer_messages',
        fields: ['email', 'name'],
        expires_at: new Date(shown.json.expires_at),
      },
    ])
    expect(tablesHolding(await databaseTexts(world.database), reason)).toEqual([])
    const other = await privacy.post(`/v1/inquiries/${id}/reveal`, { purpose: 'marketing', reason }, { key: null })
    expect(other).toMatchObject({ status: 403, json: { code: 'purpose_not_allowed' } })
    const log = await privacy.get(`/v1/audit-log?object=${id}`)
    expect(log.json.data.map((entry: { action: string }) => entry.action)).toEqual([
      'inquiry.reveal',
      'inquiry.read',
      'inquiry.create',
    ])
    expect(log.text).not.toContain(email)
    for (const role of ['checkout', 'billing', 'finance', 'admin', 'auditor'] as const) {
      const refused = await world
        .as(role)
        .post(`/v1/inquiries/${id}/reveal`, { purpose: 'answer_messages', reason }, { key: null })
      expect(refused.status).toBe(403)
    }
  })
})

describe('an inquiry that is a request about data', () => {
  test('becomes one, once, with its own identity check, whoever presses twice', async () => {
    const email = address()
    const payer = (await world.as('checkout').post('/v1/payers', { short_name: 'P', email })).json.id
    const { id } = await received({ message: 'What do you hold on me?', contact: { email } })
    const key = `key-${word()}`
    const link = (more = {}) => privacy.post(`/v1/inquiries/${id}/link-request`, { kind: 'access' }, more)
    const linked = await link({ key })
    expect(linked.status, linked.text).toBe(200)
    const request = linked.json.privacy_request
    expect(request).toMatch(/^preq_/)
    expect((await link({ key })).text).toBe(linked.text)
    expect(await link()).toMatchObject({ status: 409, json: { code: 'invalid_state' } })
    const desk = await privacy.get(`/v1/privacy-requests/${request}`)
    expect(desk.json).toMatchObject({ kind: 'access', status: 'received', payer })
    expect((await privacy.get(`/v1/inquiries/${id}`)).json.privacy_request).toBe(request)
  })

  test('is gone with whoever proved to be its person, and its words with whomever it named', async () => {
    const email = address()
    const payer = (await world.as('checkout').post('/v1/payers', { short_name: 'P', email })).json.id
    const [proved, claimed] = [await received({ contact: { email } }), await received({ contact: { email } })]
    const linked = async ({ id }: { id: string }) =>
      (await verb(id, 'link-request', { kind: 'access' })).json.privacy_request
    const request = await linked(proved)
    await linked(claimed)
    for (const evidence of [{ kind: 'document_seen', document: 'passport' }, { kind: 'signed_in_session' }])
      await privacy.post(`/v1/privacy-requests/${request}/identity-checks/confirm`, { evidence })
    await privacy.post(`/v1/inquiries/${proved.id}/reveal`, { purpose: 'answer_messages', reason }, { key: null })
    await asSuperuser(world.database, sql => sql`update inquiries set wrapped_key = null where id = ${proved.id}`)
    const ctx = operatorContext(world.dependencies, 'demo', 'test')
    const { held } = await ctx.db.transaction('demo', tx => buildAccessPackage(tx, ctx, payer))
    // Nobody has the key of these words any more: they are missing, and nothing else is.
    expect(held.looks_at_your_name?.rows).toMatchObject([{ inquiry_id: proved.id, reason: null }])
    expect(held.messages?.rows).toContainEqual(expect.objectContaining({ inquiry_id: proved.id, body: null }))
    const shown = async ({ id }: { id: string }) => (await privacy.get(`/v1/inquiries/${id}`)).status
    expect([await shown(proved), await shown(claimed)]).toEqual([200, 200])
    await world.work()
    await beginErasure(world, payer)
    expect([await shown(proved), await shown(claimed)]).toEqual([410, 200])
    expect((await verb(proved.id, 'answer', { message: 'Soon.' })).status).toBe(410)
    await workOff(world)
    await minutesPass(world)
    await workOff(world)
    expect([await shown(proved), await shown(claimed)]).toEqual([410, 200])
    const left = await asSuperuser(
      world.database,
      sql => sql`
        select i.contact_sealed, i.wrapped_key, m.body_sealed, o.data_sealed, o.recipient_sealed
          from inquiries i join inquiry_messages m on m.inquiry_id = i.id left join mail_outbox o on o.id = m.mail_id
         where i.id in ${sql([proved.id, claimed.id])}`,
    )
    expect(left.length).toBeGreaterThanOrEqual(2)
    expect(new Set(left.flatMap(row => Object.values(row)))).toEqual(new Set([null]))
  })

  test('that a crash cut off between the two steps goes on with the request that was made', async () => {
    const { id } = await received({ message: 'Delete me' })
    const first = await verb(id, 'link-request', { kind: 'erase' })
    const request = first.json.privacy_request
    await asSuperuser(world.database, sql => sql`update inquiries set privacy_request_id = null where id = ${id}`)
    expect((await verb(id, 'link-request', { kind: 'erase' })).json.privacy_request).toBe(request)
  })
})

describe('the list', () => {
  test('finds by kind, state, who has it, and what is overdue', async () => {
    const mine = `desk-${word()}`
    const [question, wish] = [await received({ kind: 'question' }), await received({ kind: 'wish' })]
    for (const { id } of [question, wish]) await verb(id, 'assign', { to: mine })
    const ids = async (query: string) =>
      (await privacy.get(`/v1/inquiries?assigned_to=${mine}${query}`)).json.data.map((row: { id: string }) => row.id)
    expect(await ids('')).toEqual([wish.id, question.id])
    expect(await ids('&kind=wish')).toEqual([wish.id])
    expect(await ids('&status=received')).toEqual([])
    expect(await ids('&overdue=true')).toEqual([])
    await world.advance(8 * DAY_SECONDS)
    expect(await ids('&overdue=true')).toEqual([question.id])
    expect(await ids('&overdue=false')).toEqual([wish.id])
    const [row] = (await privacy.get(`/v1/inquiries?assigned_to=${mine}&overdue=true`)).json.data
    expect(row.overdue).toBe(true)
    await verb(question.id, 'answer', { message: 'Sorry for the wait.' })
    expect(await ids('&overdue=true')).toEqual([])
    expect((await privacy.get('/v1/inquiries?overdue=maybe')).status).toBe(422)
    expect((await world.as('privacy', 'other').get('/v1/inquiries')).json.data).toEqual([])
  })

  test('counts what is overdue for those who watch', async () => {
    await received()
    await world.advance(8 * DAY_SECONDS)
    const metrics = createMetrics()
    addBacklogGauges(metrics, world.dependencies)
    const [, count] = /panless_inquiries_overdue\{tenant="demo"\} (\d+)/.exec((await metrics.text()).body) ?? []
    expect(Number(count)).toBeGreaterThan(0)
  })
})

test('what was written is forgotten two years after the end, and that there was an inquiry stays', async () => {
  const { id } = await received({ message: 'Forget me' })
  const payer = await world.as('checkout').post('/v1/payers', { short_name: 'P' })
  const linked = await received({ payer: payer.json.id })
  const look = { purpose: 'answer_messages', reason }
  for (const one of [id, linked.id]) {
    expect((await privacy.post(`/v1/inquiries/${one}/reveal`, look, { key: null })).status).toBe(200)
    await verb(one, 'close', { outcome: 'settled' })
  }
  await world.advance(730 * DAY_SECONDS)
  await world.work()
  expect((await privacy.get(`/v1/inquiries/${id}`)).json.messages[0].text).toBe('Forget me')
  await world.advance(2 * DAY_SECONDS)
  await world.work()
  const rows = await asSuperuser(
    world.database,
    sql => sql`
      select i.contact_sealed, i.wrapped_key, i.address_hash, m.body_sealed from inquiries i
        join inquiry_messages m on m.tenant_id = i.tenant_id and m.inquiry_id = i.id where i.id in ${sql([id, linked.id])}`,
  )
  const looks = await asSuperuser(
    world.database,
    sql => sql<{ inquiry: string; why: boolean }[]>`
      select inquiry_id as inquiry, reason_sealed <> '' as why from reveals where inquiry_id in ${sql([id, linked.id])}`,
  )
  expect(Object.fromEntries(looks.map(({ inquiry, why }) => [inquiry, why]))).toEqual({
    [id]: false,
    [linked.id]: true,
  })
  const nothing = { contact_sealed: null, wrapped_key: null, address_hash: null, body_sealed: null }
  expect([...rows]).toEqual([nothing, nothing])
  const read = await privacy.get(`/v1/inquiries/${id}`)
  expect(read.json).toMatchObject({ status: 'closed', has_contact: [], messages: [{ direction: 'in', text: null }] })
  const revealed = await privacy.post(
    `/v1/inquiries/${id}/reveal`,
    { purpose: 'answer_messages', reason },
    { key: null },
  )
  expect(revealed.json).toMatchObject({ contact: null, expires_at: null })
})
