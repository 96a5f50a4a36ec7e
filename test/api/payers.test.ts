// Payers through the door: what is shown, what is sealed, and what leaves for a purpose only.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ApiClient } from '../support/api-client.ts'
import { asSuperuser, databaseTexts, tablesHolding } from '../support/database-contents.ts'
import { startWorld, type World } from '../support/world.ts'

let world: World
let checkout: ApiClient
let privacy: ApiClient
beforeAll(async () => {
  world = await startWorld()
  checkout = world.as('checkout')
  privacy = world.as('privacy')
})
afterAll(() => world.close())

const MISSING = 'payer_00000000000000000000000000'
const word = () => randomUUID().slice(0, 8)
const reason = 'a question of the payer'

async function newPayer(more: Record<string, unknown> = {}, client = checkout) {
  const answer = await client.post('/v1/payers', { short_name: `S. ${word()}`, ...more })
  expect(answer.status).toBe(201)
  return answer.json as { id: string; short_name: string; external_ref: string | null }
}

describe('a new payer', () => {
  test('is shown by the short name, with what is known and never what it says', async () => {
    const person = { real_name: `Real ${word()}`, email: `${word()}@example.org`, phone: '+97699112233' }
    const made = await checkout.post('/v1/payers', {
      short_name: ' T. Bat ',
      ...person,
      external_ref: 'crm-1',
      locale: 'mn',
      metadata: { class: 'A1' },
    })
    expect(made.status).toBe(201)
    expect(made.json).toMatchObject({
      object: 'payer',
      short_name: 'T. Bat',
      external_ref: 'crm-1',
      locale: 'mn',
      has: ['real_name', 'email', 'phone'],
      stripe_customer: false,
      metadata: { class: 'A1' },
    })
    const read = await world.as('finance').get(`/v1/payers/${made.json.id}`)
    expect(read.text).toBe(made.text)
    const listed = await checkout.get('/v1/payers?external_ref=crm-1')
    const found = await checkout.post('/v1/payers/search', { email: person.email }, { key: null })
    for (const answer of [made, read, listed, found]) {
      for (const value of Object.values(person)) expect(answer.text).not.toContain(value)
    }
  })

  test('leaves no readable trace of the person in any table', async () => {
    const canaries = { real_name: `Name${word()}`, email: `${word()}@mail.example`, short_name: `Short${word()}` }
    const more = { external_ref: `ref${word()}`, metadata: { note: `note${word()}` } }
    await newPayer({ ...canaries, ...more })
    const texts = await databaseTexts(world.database)
    for (const value of [...Object.values(canaries), more.external_ref, more.metadata.note]) {
      expect(tablesHolding(texts, value), value.slice(0, 4)).toEqual([])
    }
  })

  test('with an external_ref that is taken is refused in its tenant and taken in another', async () => {
    const external_ref = `ref-${word()}`
    await newPayer({ external_ref })
    const again = await checkout.post('/v1/payers', { short_name: 'Twin', external_ref: ` ${external_ref} ` })
    expect(again).toMatchObject({ status: 409, json: { code: 'reference_in_use' } })
    expect(again.text).not.toContain(external_ref)
    await newPayer({ external_ref }, world.as('checkout', 'other'))
  })

  test.each([
    ['nothing', {}, '/short_name', 'required'],
    ['an empty short name', { short_name: ' ' }, '/short_name', 'too_small'],
    ['a long short name', { short_name: 'n'.repeat(81) }, '/short_name', 'too_big'],
    ['a number for a name', { short_name: 7 }, '/short_name', 'wrong_type'],
    ['an ill-formed e-mail', { short_name: 'A', email: 'canary@' }, '/email', 'wrong_format'],
    ['an ill-formed phone', { short_name: 'A', phone: '0699-canary' }, '/phone', 'wrong_format'],
    ['an unknown locale', { short_name: 'A', locale: 'Mongolian-canary' }, '/locale', 'wrong_format'],
    ['an unknown member', { short_name: 'A', status: 'erased' }, '/status', 'unknown_field'],
    ['a tenant of its own', { short_name: 'A', tenant_id: 'other' }, '/tenant_id', 'unknown_field'],
    ['metadata that is a list', { short_name: 'A', metadata: ['canary'] }, '/metadata', 'wrong_type'],
    ['a metadata value that is no text', { short_name: 'A', metadata: { a: 1 } }, '/metadata/a', 'wrong_type'],
    [
      'a long metadata key',
      { short_name: 'A', metadata: { ['k'.repeat(41)]: 'v' } },
      `/metadata/${'k'.repeat(41)}`,
      'wrong_key',
    ],
    ['a long metadata value', { short_name: 'A', metadata: { a: 'v'.repeat(501) } }, '/metadata/a', 'too_big'],
  ])('with %s is refused at its place', async (_, body, pointer, code) => {
    const answer = await checkout.post('/v1/payers', body)
    expect(answer).toMatchObject({ status: 422, json: { code: 'validation_failed' } })
    expect(answer.json.errors).toContainEqual(expect.objectContaining({ pointer, code }))
    expect(answer.text).not.toContain('canary')
  })

  test('takes 50 keys of metadata and not one more', async () => {
    const keys = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`key${i}`, 'value']))
    await newPayer({ metadata: keys(50) })
    const answer = await checkout.post('/v1/payers', { short_name: 'Many', metadata: keys(51) })
    expect(answer).toMatchObject({ status: 422, json: { errors: [{ pointer: '/metadata' }] } })
  })

  test('with a character that Postgres cannot store is refused, not failed', async () => {
    const answer = await checkout.post('/v1/payers', { short_name: 'A\u0000B' })
    expect([201, 422]).toContain(answer.status)
  })
})

describe('changing a payer', () => {
  test('keeps what is not named, and null clears', async () => {
    const { id } = await newPayer({
      real_name: 'Dorj',
      email: `${word()}@a.example`,
      locale: 'ja-JP',
      metadata: { a: 'b' },
    })
    const type = { headers: { 'content-type': 'application/merge-patch+json' } }
    const named = await checkout.patch(`/v1/payers/${id}`, { short_name: 'Tuya B.' }, type)
    expect(named).toMatchObject({ status: 200, json: { short_name: 'Tuya B.', locale: 'ja-JP', metadata: { a: 'b' } } })
    const cleared = await checkout.patch(`/v1/payers/${id}`, { locale: null, email: null, metadata: null })
    expect(cleared).toMatchObject({ status: 200, json: { locale: null, has: ['real_name'], metadata: {} } })
    expect((await checkout.get(`/v1/payers/${id}`)).json).toEqual(cleared.json)
  })

  test('cannot clear the short name, nor take a reference of another', async () => {
    const external_ref = `ref-${word()}`
    await newPayer({ external_ref })
    const { id } = await newPayer()
    expect(await checkout.patch(`/v1/payers/${id}`, { short_name: null })).toMatchObject({ status: 422 })
    const taken = await checkout.patch(`/v1/payers/${id}`, { external_ref })
    expect(taken).toMatchObject({ status: 409, json: { code: 'reference_in_use' } })
  })

  test('frees the old e-mail and finds the new one', async () => {
    const [before, after] = [`${word()}@old.example`, `${word()}@new.example`]
    const { id } = await newPayer({ email: before })
    await checkout.patch(`/v1/payers/${id}`, { email: after })
    const find = async (email: string) => (await checkout.post('/v1/payers/search', { email }, { key: null })).json.data
    expect(await find(before)).toEqual([])
    expect(await find(after.toUpperCase())).toMatchObject([{ id }])
  })
})

describe('lists', () => {
  test('go newest first, page by page, without a gap or a repetition', async () => {
    const short_name = `Many ${word()}`
    const made: string[] = []
    for (let i = 0; i < 7; i++) made.push((await newPayer({ short_name })).id)
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const page = await checkout.get(
        `/v1/payers?short_name=${encodeURIComponent(short_name.toUpperCase())}&limit=3${cursor ? `&cursor=${cursor}` : ''}`,
      )
      expect(page.status).toBe(200)
      seen.push(...page.json.data.map((payer: { id: string }) => payer.id))
      cursor = page.json.next_cursor
    } while (cursor !== null)
    expect(seen).toEqual(made.reverse())
  })

  test('combine their filters', async () => {
    const [short_name, external_ref] = [`Both ${word()}`, `ref-${word()}`]
    const { id } = await newPayer({ short_name, external_ref })
    await newPayer({ short_name })
    const both = new URLSearchParams({ short_name, external_ref })
    expect((await checkout.get(`/v1/payers?${both}`)).json.data).toMatchObject([{ id }])
    both.set('short_name', 'somebody else')
    expect((await checkout.get(`/v1/payers?${both}`)).json).toEqual({ data: [], next_cursor: null })
  })

  test.each([
    ['limit=0'],
    ['limit=101'],
    ['limit=ten'],
    ['limit=1&limit=2'],
    ['cursor=bm90LW91cnM'],
    ['cursor=%00'],
    ['email=canary%40example.org'],
    ['unknown=1'],
    ['external_ref='],
  ])('refuse ?%s', async query => {
    const answer = await checkout.get(`/v1/payers?${query}`)
    expect(answer).toMatchObject({ status: 422, json: { code: 'validation_failed' } })
    expect(answer.json.errors.length).toBeGreaterThan(0)
    expect(answer.text).not.toContain('canary')
  })

  test('refuse a cursor without end', async () => {
    expect((await checkout.get(`/v1/payers?cursor=${'a'.repeat(300)}`)).status).toBe(422)
  })

  test('show a tenant nothing of another', async () => {
    const email = `${word()}@shared.example`
    await newPayer({ email, short_name: 'Ours' })
    const other = world.as('checkout', 'other')
    expect((await other.post('/v1/payers/search', { email }, { key: null })).json.data).toEqual([])
    expect((await other.get('/v1/payers?short_name=Ours')).json.data).toEqual([])
  })
})

describe('an id that is not ours to see', () => {
  test("gets one answer, whether it is unknown, ill-formed or another tenant's", async () => {
    const { id } = await newPayer({}, world.as('checkout', 'other'))
    const answers = await Promise.all(
      [id, MISSING, 'payer_x', 'chrg_00000000000000000000000000', `${id}x`, '%20'].map(at =>
        checkout.get(`/v1/payers/${at}`),
      ),
    )
    for (const { status, json } of answers) {
      expect(status).toBe(404)
      expect({ ...json, request_id: '' }).toEqual({ ...answers[0]?.json, request_id: '' })
    }
  })
})

describe('reveal', () => {
  test('gives the fields that the purpose covers, null for what is not known', async () => {
    const { id } = await newPayer({ real_name: 'Bat-Erdene', email: 'bat@example.org' })
    const answer = await privacy.post(
      `/v1/payers/${id}/reveal`,
      { fields: ['real_name', 'email', 'phone'], purpose: 'legal_request', reason },
      { key: null },
    )
    expect(answer).toMatchObject({ status: 200, headers: { 'cache-control': 'no-store' } })
    expect(answer.json.fields).toEqual({ real_name: 'Bat-Erdene', email: 'bat@example.org', phone: null })
  })

  test('for an unknown purpose, or fields beyond it, is refused and recorded', async () => {
    const { id } = await newPayer({ real_name: 'Secret canary', phone: '+97699112244' })
    for (const wish of [
      { fields: ['real_name'], purpose: 'curiosity' },
      { fields: ['real_name'], purpose: 'toString' },
      { fields: ['phone'], purpose: 'settle_payments' },
      { fields: ['real_name'], purpose: 'marketing' },
    ]) {
      const answer = await privacy.post(`/v1/payers/${id}/reveal`, { ...wish, reason }, { key: null })
      expect(answer).toMatchObject({ status: 403, json: { code: 'purpose_not_allowed' } })
      expect(answer.text).not.toContain('canary')
    }
    const denied = (await privacy.get('/v1/audit-log?outcome=denied&limit=10')).json.data
    expect(
      denied.filter((row: { details: { code: string } }) => row.details.code === 'purpose_not_allowed').length,
    ).toBe(4)
  })

  test('on a consent lives as long as the consent', async () => {
    const { id } = await newPayer({ real_name: 'Oyun' })
    const wish = { fields: ['real_name'], purpose: 'marketing', reason }
    const ask = () => privacy.post(`/v1/payers/${id}/reveal`, wish, { key: null })
    expect((await ask()).status).toBe(403)
    const consent = await privacy.post(`/v1/payers/${id}/consents`, { purpose: 'marketing', text_version: 'v1' })
    expect((await ask()).json.fields).toEqual({ real_name: 'Oyun' })
    await privacy.post(`/v1/payers/${id}/consents/${consent.json.id}/withdraw`)
    expect((await ask()).status).toBe(403)
  })

  test('is recorded by fields, purpose and basis, and its reply is stored nowhere', async () => {
    const real_name = `Canary ${word()}`
    const { id } = await newPayer({ real_name })
    const why = `because ${word()}`
    const [before] = await asSuperuser(world.database, sql => sql`select count(*)::int as keys from idempotency_keys`)
    const answer = await privacy.post(
      `/v1/payers/${id}/reveal`,
      { fields: ['real_name'], purpose: 'rights_request', reason: why },
      { key: 'a-key-that-is-not-used' },
    )
    expect(answer.json.fields.real_name).toBe(real_name)
    const [row] = (await privacy.get(`/v1/audit-log?action=payer.reveal&payer=${id}`)).json.data
    expect(row).toMatchObject({
      actor: { kind: 'service', id: 'privacy/privacy-subject' },
      outcome: 'ok',
      subject: { type: 'payer', id },
      request_id: answer.headers['x-request-id'],
      details: { fields: ['real_name'], purpose: 'rights_request', basis: 'law' },
    })
    const texts = await databaseTexts(world.database)
    for (const value of [real_name, why]) expect(tablesHolding(texts, value)).toEqual([])
    const [after] = await asSuperuser(world.database, sql => sql`select count(*)::int as keys from idempotency_keys`)
    expect(after).toEqual(before)
  })
})

describe('what is sealed', () => {
  test('opens in its own row only', async () => {
    const [one, two] = [await newPayer({ real_name: 'One' }), await newPayer({ real_name: 'Two' })]
    await asSuperuser(world.database, async sql => {
      await sql`update payers set profile_sealed = (select profile_sealed from payers where id = ${one.id}) where id = ${two.id}`
    })
    const answer = await checkout.get(`/v1/payers/${two.id}`)
    expect(answer).toMatchObject({ status: 500, json: { code: 'internal_error' } })
    expect(answer.text).not.toContain(one.short_name)
  })

  test('of an erased payer is gone for everybody', async () => {
    const { id } = await newPayer({ real_name: 'Gone' })
    await asSuperuser(world.database, sql => sql`update payers set status = 'erased' where id = ${id}`)
    for (const answer of [
      await checkout.get(`/v1/payers/${id}`),
      await checkout.patch(`/v1/payers/${id}`, { short_name: 'x' }),
      await privacy.post(`/v1/payers/${id}/reveal`, { fields: ['real_name'], purpose: 'legal_request', reason }),
      await privacy.get(`/v1/payers/${id}/consents`),
    ]) {
      expect(answer).toMatchObject({ status: 410, json: { code: 'payer_erased' } })
    }
  })
})
