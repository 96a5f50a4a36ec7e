// Idempotency keys through the door: their form, what they name, what a resend gets, and what is kept of them.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ApiAnswer, ApiClient } from '../support/api-client.ts'
import { asSuperuser, databaseTexts, tablesHolding } from '../support/database-contents.ts'
import { chargeOf, payerWithCard } from '../support/payer-with-card.ts'
import { rawTls } from '../support/raw-client.ts'
import { startWorld, type World } from '../support/world.ts'

let world: World
let checkout: ApiClient
beforeAll(async () => {
  world = await startWorld()
  checkout = world.as('checkout')
})
afterAll(() => world.close())

const newKey = () => `key-${randomUUID()}`
const newBody = () => ({ short_name: `I. ${randomUUID().slice(0, 8)}` })

function expectReplay(again: ApiAnswer, first: ApiAnswer) {
  expect(again.text).toBe(first.text)
  expect(again.status).toBe(first.status)
  expect(again.headers['content-type']).toBe(first.headers['content-type'])
  expect(again.headers['idempotency-replayed']).toBe('true')
  expect(first.headers['idempotency-replayed']).toBeUndefined()
}

/** The newest row of the keys, so that a test can bring it into a state that only a crash or time makes. */
const changeNewestKey = (assignments: string) =>
  asSuperuser(world.database, sql =>
    sql.unsafe(`update idempotency_keys set ${assignments}
                 where (tenant_id, key_hash) in (select tenant_id, key_hash from idempotency_keys order by created_at desc limit 1)`),
  )

describe('a key', () => {
  test.each([
    ['one character', 'k'],
    ['every visible character', Array.from({ length: 94 }, (_, i) => String.fromCharCode(33 + i)).join('')],
    ['255 characters', 'k'.repeat(255)],
    ['quotes around it', '"a-quoted-key"'],
    ['quotes around 255 characters', `"${'q'.repeat(255)}"`],
    ['one quote', '"'],
    ['a quote at its end', 'key"'],
  ])('of %s is taken', async (_, key) => {
    expect((await checkout.post('/v1/payers', newBody(), { key })).status).toBe(201)
  })

  test.each([
    ['256 characters', 'k'.repeat(256)],
    ['256 characters in quotes', `"${'k'.repeat(256)}"`],
    ['a space inside', 'a b'],
    ['a tab inside', 'a\tb'],
    ['letters beyond ASCII', 'clé-d-idempotence'],
    ['nothing', ''],
    ['nothing in quotes', '""'],
    ['a space in quotes', '" "'],
  ])('of %s is refused as ill-formed', async (_, key) => {
    const answer = await checkout.post('/v1/payers', newBody(), { key })
    expect(answer).toMatchObject({ status: 400, json: { code: 'invalid_idempotency_key' } })
  })

  test('that is not there is asked for, after permission and before the body is judged', async () => {
    const missing = await checkout.post('/v1/payers', { nonsense: true }, { key: null })
    expect(missing).toMatchObject({ status: 400, json: { code: 'idempotency_key_required' } })
    expect((await world.as('finance').post('/v1/payers', newBody(), { key: null })).status).toBe(403)
  })

  test.each([
    ['the same twice', 'once', 'once'],
    ['two of them', 'one', 'two'],
  ])('in two headers is refused: %s', async (_, one, two) => {
    const body = JSON.stringify(newBody())
    const { text } = await rawTls(Number(new URL(world.url).port), [
      [
        'POST /v1/payers HTTP/1.1',
        'Host: localhost',
        `Authorization: Bearer ${world.token('checkout')}`,
        'Content-Type: application/json',
        `Idempotency-Key: ${one}`,
        `Idempotency-Key: ${two}`,
        `Content-Length: ${body.length}`,
        'Connection: close',
        '',
        body,
      ].join('\r\n'),
    ])
    expect(text).toMatch(/^HTTP\/1\.1 400 /)
    expect(text).toContain('"invalid_idempotency_key"')
  })

  test('is not cut short: the last of 255 characters tells two apart', async () => {
    const body = newBody()
    const [one, two] = [`${'k'.repeat(254)}1`, `${'k'.repeat(254)}2`]
    const first = await checkout.post('/v1/payers', body, { key: one })
    const second = await checkout.post('/v1/payers', body, { key: two })
    expect([first.status, second.status]).toEqual([201, 201])
    expect(second.json.id).not.toBe(first.json.id)
  })
})

describe('the same key and request', () => {
  test('get the first answer byte for byte', async () => {
    const [key, body] = [newKey(), { ...newBody(), metadata: { z: '1', a: '2' } }]
    const first = await checkout.post('/v1/payers', body, { key })
    expect(first.status).toBe(201)
    expectReplay(await checkout.post('/v1/payers', body, { key }), first)
    await checkout.patch(`/v1/payers/${first.json.id}`, { short_name: 'changed since' })
    expectReplay(await checkout.post('/v1/payers', body, { key: `"${key}"` }), first)
  })

  test('are the same whatever the order of members and the white space', async () => {
    const key = newKey()
    const first = await checkout.post('/v1/payers', undefined, {
      key,
      raw: '{"short_name":"Same","metadata":{"a":"1","b":"2"},"locale":"mn"}',
    })
    const again = await checkout.post('/v1/payers', undefined, {
      key,
      raw: ' {\n"locale" : "mn",\t"metadata":{"b":"\\u0032","a":"1"}, "short_name":"S\\u0061me"}\r\n',
    })
    expectReplay(again, first)
  })

  test('make one object of 60 that come at once', async () => {
    const [key, body] = [newKey(), { ...newBody(), external_ref: `once-${randomUUID()}` }]
    const answers = await Promise.all(Array.from({ length: 60 }, () => checkout.post('/v1/payers', body, { key })))
    for (const { status, json } of answers) expect([201, 409], json.code).toContain(status)
    for (const { status, json, headers } of answers) {
      if (status !== 409) continue
      expect(json.code).toBe('idempotency_in_progress')
      expect(Number(headers['retry-after'])).toBeGreaterThan(0)
    }
    expect(new Set(answers.filter(({ status }) => status === 201).map(({ text }) => text)).size).toBe(1)
    expect((await checkout.get(`/v1/payers?external_ref=${body.external_ref}`)).json.data).toHaveLength(1)
  })

  test("need today's permission", async () => {
    const [key, body] = [newKey(), newBody()]
    expect((await checkout.post('/v1/payers', body, { key })).status).toBe(201)
    const reduced = world.as('checkout', 'demo', { scope: 'payers:read' })
    const answer = await reduced.post('/v1/payers', body, { key })
    expect(answer).toMatchObject({ status: 403, json: { code: 'insufficient_scope' } })
    expect((await world.withToken(null).post('/v1/payers', body, { key })).status).toBe(401)
  })
})

describe('the same key for another request', () => {
  test.each([
    ['another value', { short_name: 'B' }],
    ['one member more', { short_name: 'A', locale: 'mn' }],
    ['another order of a list of metadata values', { short_name: 'A', metadata: { a: 'A' } }],
  ])('is refused: %s', async (_, other) => {
    const key = newKey()
    expect((await checkout.post('/v1/payers', { short_name: 'A' }, { key })).status).toBe(201)
    const answer = await checkout.post('/v1/payers', other, { key })
    expect(answer).toMatchObject({ status: 422, json: { code: 'idempotency_mismatch' } })
  })

  test('is refused when only the object of the path differs', async () => {
    const privacy = world.as('privacy')
    const [one, two] = [await checkout.post('/v1/payers', newBody()), await checkout.post('/v1/payers', newBody())]
    const [key, body] = [newKey(), { purpose: 'marketing', text_version: 'v1' }]
    expect((await privacy.post(`/v1/payers/${one.json.id}/consents`, body, { key })).status).toBe(201)
    const answer = await privacy.post(`/v1/payers/${two.json.id}/consents`, body, { key })
    expect(answer).toMatchObject({ status: 422, json: { code: 'idempotency_mismatch' } })
  })

  test('means another request for another tenant, caller or route', async () => {
    const [key, body] = [newKey(), newBody()]
    const callers = [
      checkout,
      world.as('checkout', 'other'),
      world.as('checkout', 'demo', { client_id: 'another-client' }),
      world.as('checkout', 'demo', { sub: 'another-subject' }),
      // Parts that would read the same when joined.
      world.as('checkout', 'demo', { client_id: 'check', sub: 'out/x' }),
      world.as('checkout', 'demo', { client_id: 'check/out', sub: 'x' }),
    ]
    const ids = new Set<string>()
    for (const caller of callers) {
      const answer = await caller.post('/v1/payers', body, { key })
      expect(answer.status).toBe(201)
      expect(answer.headers['idempotency-replayed']).toBeUndefined()
      ids.add(answer.json.id)
    }
    expect(ids.size).toBe(callers.length)
    const elsewhere = await checkout.post('/v1/checkout-sessions', {}, { key })
    expect(elsewhere).toMatchObject({ status: 422, json: { code: 'validation_failed' } })
  })
})

describe('a refusal before anything was done', () => {
  test('leaves the key free for the corrected request', async () => {
    const key = newKey()
    const refused = async (answer: Promise<ApiAnswer>, status: number) => expect((await answer).status).toBe(status)
    await refused(checkout.post('/v1/payers', { short_name: '' }, { key }), 422)
    await refused(checkout.post('/v1/payers', undefined, { key, raw: '{' }), 400)
    await refused(
      checkout.post('/v1/payers', undefined, { key, raw: '{}', headers: { 'content-type': 'text/plain' } }),
      415,
    )
    await refused(checkout.post('/v1/payers', { short_name: '4242 4242 4242 4242' }, { key }), 422)
    await refused(world.as('checkout', 'demo', { scope: 'tokens:read' }).post('/v1/payers', newBody(), { key }), 403)
    await refused(checkout.post('/v1/payers', newBody(), { key }), 201)
  })

  test('by a 404 or 409 of an object leaves it free too', async () => {
    const [key, external_ref] = [newKey(), `taken-${randomUUID()}`]
    await checkout.post('/v1/payers', { ...newBody(), external_ref })
    expect((await checkout.post('/v1/payers', { short_name: 'Twin', external_ref }, { key })).status).toBe(409)
    expect((await checkout.post('/v1/payers', { short_name: 'Twin' }, { key })).status).toBe(201)
  })
})

describe('a key whose owner has not answered', () => {
  test('is in progress while the lease lasts, and is taken over after it, with the answer made from the object', async () => {
    const [key, body] = [newKey(), newBody()]
    const first = await checkout.post('/v1/payers', body, { key })
    await changeNewestKey(
      "status = 'running', reply_status = null, reply_sealed = null, lease_until = now() + interval '50 s'",
    )
    const running = await checkout.post('/v1/payers', body, { key })
    expect(running).toMatchObject({ status: 409, json: { code: 'idempotency_in_progress' } })
    expect(running.headers['retry-after']).toBe('1')
    expect((await checkout.post('/v1/payers', { short_name: 'other' }, { key })).json.code).toBe('idempotency_mismatch')
    await changeNewestKey("lease_until = now() - interval '1 s'")
    await checkout.patch(`/v1/payers/${first.json.id}`, { short_name: 'As it is now' })
    const taken = await checkout.post('/v1/payers', body, { key })
    expect(taken).toMatchObject({ status: 201, json: { id: first.json.id, short_name: 'As it is now' } })
    expectReplay(await checkout.post('/v1/payers', body, { key }), taken)
  })

  test('and who had made nothing is carried out by the next', async () => {
    const [key, body] = [newKey(), newBody()]
    const first = await checkout.post('/v1/payers', body, { key })
    await changeNewestKey(
      "status = 'running', reply_status = null, reply_sealed = null, object_id = null, payer_id = null, lease_until = now() - interval '1 s'",
    )
    const second = await checkout.post('/v1/payers', body, { key })
    expect(second.status).toBe(201)
    expect(second.json.id).not.toBe(first.json.id)
  })

  test('is taken over by one of many, and one object comes of it', async () => {
    const [key, body] = [newKey(), { ...newBody(), external_ref: `take-${randomUUID()}` }]
    await checkout.post('/v1/payers', { ...body, external_ref: undefined }, { key: newKey() })
    await changeNewestKey(
      "status = 'running', reply_status = null, reply_sealed = null, object_id = null, payer_id = null, lease_until = now() - interval '1 s'",
    )
    const answers = await Promise.all(Array.from({ length: 20 }, () => checkout.post('/v1/payers', body, { key })))
    for (const { status } of answers) expect([201, 409]).toContain(status)
    expect((await checkout.get(`/v1/payers?external_ref=${body.external_ref}`)).json.data).toHaveLength(1)
  })
})

describe('what is kept of a key', () => {
  test('holds nothing readable: neither the key, nor the request, nor the reply', async () => {
    const canary = `canary${randomUUID().replaceAll('-', '')}`
    const key = `key-${canary}`
    const answer = await checkout.post('/v1/payers', { short_name: canary, metadata: { canary } }, { key })
    expect(answer.status).toBe(201)
    const texts = await databaseTexts(world.database)
    expect(tablesHolding(texts, canary)).toEqual([])
    expect(tablesHolding(texts, '"object":"payer"')).toEqual([])
  })

  test('opens in its own row only', async () => {
    const [one, two] = [newKey(), newKey()]
    const body = newBody()
    const first = await checkout.post('/v1/payers', body, { key: one })
    await checkout.post('/v1/payers', body, { key: two })
    await asSuperuser(world.database, async sql => {
      await sql`update idempotency_keys k set reply_sealed = o.reply_sealed, payer_id = o.payer_id from idempotency_keys o
                 where o.object_id = ${first.json.id} and k.object_id <> o.object_id
                   and k.created_at = (select max(created_at) from idempotency_keys)`
    })
    const answer = await checkout.post('/v1/payers', body, { key: two })
    expect(answer).toMatchObject({ status: 500, json: { code: 'internal_error' } })
    expect(answer.text).not.toContain(first.json.id)
  })

  test('is closed with the payer whom it is about', async () => {
    const [key, body] = [newKey(), newBody()]
    const { id } = (await checkout.post('/v1/payers', body, { key })).json
    await asSuperuser(world.database, sql => sql`update payers set status = 'erased' where id = ${id}`)
    expect(await checkout.post('/v1/payers', body, { key })).toMatchObject({
      status: 410,
      json: { code: 'payer_erased' },
    })
  })

  test('for money outlives its reply, and then a resend gets the charge as it is', async () => {
    const billing = world.as('billing')
    const { token } = await payerWithCard(world)
    const [key, body] = [newKey(), chargeOf(token)]
    const first = await billing.post('/v1/charges', body, { key })
    expect(first.status).toBe(201)
    await billing.post('/v1/refunds', { charge: first.json.id, amount: 200, reason: 'requested_by_customer' })
    await asSuperuser(
      world.database,
      sql => sql`update idempotency_keys set created_at = created_at - interval '31 days'`,
    )
    await world.work()
    await world.advance(2 * 86_400)
    await world.work()
    const kept = await asSuperuser(
      world.database,
      sql =>
        sql`select moves_money, reply_sealed is null as forgotten, object_id from idempotency_keys where moves_money`,
    )
    expect(kept.length).toBeGreaterThanOrEqual(2)
    for (const row of kept) expect(row).toMatchObject({ forgotten: true, object_id: expect.any(String) })
    const again = await billing.post('/v1/charges', body, { key })
    expect(again).toMatchObject({ status: 201, json: { id: first.json.id, amount_refunded: 200 } })
    const other = await billing.post('/v1/charges', { ...body, amount: 1 }, { key })
    expect(other).toMatchObject({ status: 422, json: { code: 'idempotency_mismatch' } })
    const list = await billing.get(`/v1/charges?token=${token}`)
    expect(list.json.data).toHaveLength(1)
  })
})
