// Erasing a payer through the door: what is shown before, what stops at once, what is waited for, and what is left.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ApiAnswer } from '../support/api-client.ts'
import { asSuperuser } from '../support/database-contents.ts'
import { beginErasure, erase, minutesPass, workOff } from '../support/erasing.ts'
import { charge, eventually, faults, refund, resolve, shownCharge, unknownCharge } from '../support/money.ts'
import { operationsOf } from '../support/openapi-operations.ts'
import { chargeOf, payerWithCard } from '../support/payer-with-card.ts'
import { startWorld, type World } from '../support/world.ts'

let world: World
beforeAll(async () => {
  world = await startWorld()
})
afterAll(() => world.close())

/** Operations that take an id or change something, and answer when a payer is erased, by the reason why. */
const OPEN_AFTERWARDS: Readonly<Record<string, readonly string[]>> = {
  'they make another payer, or find nobody': ['POST /v1/payers', 'POST /v1/payers/search'],
  'money is shown, and goes on, under the pseudonym': [
    'GET /v1/charges/{id}',
    'POST /v1/charges/{id}/capture',
    'POST /v1/charges/{id}/cancel',
    'POST /v1/charges/{id}/resolve',
    'POST /v1/refunds',
    'GET /v1/refunds/{id}',
    'POST /v1/reconciliations',
    'GET /v1/reconciliations/{id}',
    'GET /v1/payouts/{id}',
    'POST /webhooks/stripe',
    'POST /webhooks/stripe/{tenant}',
  ],
  'that it was done is shown, without a word of the person': [
    'GET /v1/erasures/{id}',
    'GET /v1/disclosures/{id}',
    'GET /v1/privacy-requests/{id}',
    'GET /v1/privacy-requests/{id}/receipt',
    'GET /v1/audit-log/{id}/proof',
  ],
  'whoever has the link reads the receipt': [
    'GET /rights/{link}',
    'POST /rights/{link}',
    'POST /rights/{link}/code',
    'POST /rights/{link}/package',
  ],
  'nobody is known there': [
    'GET /privacy/{tenant}',
    'POST /contact',
    'GET /contact/{tenant}',
    'POST /contact/{tenant}',
    'POST /rights',
    'GET /rights/of/{tenant}',
    'POST /rights/of/{tenant}',
  ],
  'they are tried with a page of their own': ['GET /pay/{link}', 'POST /pay/{link}/begin', 'POST /pay/{link}/finish'],
}

const GONE = { status: 410, json: { code: 'payer_erased' } }
const preview = (payer: string) => world.as('privacy').get(`/v1/payers/${payer}/erasure-preview`)
const erasureOf = async (id: string) => (await world.as('privacy').get(`/v1/erasures/${id}`)).json
const customerOf = (payer: string) =>
  asSuperuser(world.database, async sql => {
    const [row] = await sql<{ id: string }[]>`select stripe_customer_id as id from payers where id = ${payer}`
    return row?.id as string
  })

describe('the preview', () => {
  test('says what goes, what stays and by which law, and changes nothing', async () => {
    const { payer, token } = await payerWithCard(world)
    expect((await charge(world, token)).status).toBe(201)
    const answer = await preview(payer)
    expect(answer.status).toBe(200)
    const { goes, stays, at_stripe, waits_for } = answer.json
    expect(goes).toContainEqual({ name: 'charges', rows: 1, fields: expect.arrayContaining(['reference']) })
    expect(goes[0]).toMatchObject({ name: 'payer', fields: expect.arrayContaining(['real_name', 'email', 'data key']) })
    expect(stays).toContainEqual(expect.objectContaining({ name: 'charges', rows: 1, law: 'legal_obligation' }))
    for (const { law, why } of stays) expect([law, why]).toEqual([expect.any(String), expect.stringMatching(/\.$/)])
    expect(at_stripe).toEqual({ customer: 'deleted', cards: 1 })
    expect(waits_for).toEqual([])
    expect((await world.as('checkout').get(`/v1/payers/${payer}`)).status).toBe(200)
    expect((await preview(payer)).json).toEqual(answer.json)
  })

  test('names what must be decided first', async () => {
    const { payer, token } = await payerWithCard(world)
    const held = await charge(world, token, { capture: 'manual' })
    expect((await preview(payer)).json.waits_for).toEqual([
      { kind: 'authorization', id: held.json.id, status: 'requires_capture' },
    ])
  })

  test('of an unknown payer, or of another tenant, is not found', async () => {
    const { payer } = await payerWithCard(world, { tenant: 'other' })
    for (const id of [payer, 'payer_00000000000000000000000000', 'x']) expect((await preview(id)).status).toBe(404)
  })
})

describe('from the moment an erasure begins', () => {
  test('every route of the payer is gone, and so are the answers of before', async () => {
    const [checkout, billing, privacy, admin] = [
      world.as('checkout'),
      world.as('billing'),
      world.as('privacy'),
      world.as('admin'),
    ]
    const body = { short_name: 'Gone', external_ref: `ref ${randomUUID()}` }
    const key = randomUUID()
    const payer = (await checkout.post('/v1/payers', body, { key })).json.id
    const tokenBody = { payer, payment_method: 'pm_card_visa', consent: { text_version: 'v1' } }
    const tokenKey = randomUUID()
    const token = (await checkout.post('/v1/tokens', tokenBody, { key: tokenKey })).json.id
    const sessionBody = { payer, usage: 'off_session', consent: { text_version: 'v1', locale: 'mn' } }
    const sessionKey = randomUUID()
    const session = await checkout.post('/v1/checkout-sessions', sessionBody, { key: sessionKey })
    const consentBody = { purpose: 'marketing', text_version: 'v1' }
    const consentKey = randomUUID()
    const consent = await privacy.post(`/v1/payers/${payer}/consents`, consentBody, { key: consentKey })
    const chargeBody = chargeOf(token)
    const chargeKey = randomUUID()
    const charged = await billing.post('/v1/charges', chargeBody, { key: chargeKey })
    const refundBody = { charge: charged.json.id, amount: 100, reason: 'asked for' }
    const refundKey = randomUUID()
    await billing.post('/v1/refunds', refundBody, { key: refundKey })
    const inquiryBody = { kind: 'question', message: 'When?', contact: { email: 'gone@mail.example' }, payer }
    const inquiry = (await privacy.post('/v1/inquiries', inquiryBody, { key })).json.id
    const law = { authority: 'Court', reference: '1/2026', document_sha256: 'a'.repeat(64) }
    const disclosureBody = { payer, recipient: 'Court', basis: 'law', basis_ref: law, fields: ['short_name'] }
    const disclosure = (await privacy.post('/v1/disclosures', disclosureBody, { key })).json.id
    const requestBody = { kind: 'access', payer, contact: 'gone@mail.example' }
    const request = (await privacy.post('/v1/privacy-requests', requestBody, { key })).json.id
    for (const evidence of [{ kind: 'document_seen', document: 'passport' }, { kind: 'signed_in_session' }])
      await privacy.post(`/v1/privacy-requests/${request}/identity-checks/confirm`, { evidence })
    // An erasure waits for mails that are on their way.
    await world.work()
    const id = await beginErasure(world, payer)

    const why = { reason: 'just because' }
    const look = { ...why, purpose: 'collect_money' }
    const own = world.withToken(session.json.session_token)
    const second = world.as('privacy', 'demo', { sub: 'second' })
    const calls: Record<string, () => Promise<ApiAnswer>> = {
      'GET /v1/payers/{id}': () => checkout.get(`/v1/payers/${payer}`),
      'PATCH /v1/payers/{id}': () => checkout.patch(`/v1/payers/${payer}`, { short_name: 'Back' }),
      'POST /v1/payers/{id}/reveal': () => privacy.post(`/v1/payers/${payer}/reveal`, { ...look, fields: ['email'] }),
      'GET /v1/payers/{id}/erasure-preview': () => preview(payer),
      'GET /v1/payers/{id}/disclosures': () => privacy.get(`/v1/payers/${payer}/disclosures`),
      'GET /v1/payers/{id}/consents': () => privacy.get(`/v1/payers/${payer}/consents`),
      'POST /v1/payers/{id}/consents': () => privacy.post(`/v1/payers/${payer}/consents`, consentBody),
      'POST /v1/payers/{id}/consents/{consent}/withdraw': () =>
        privacy.post(`/v1/payers/${payer}/consents/${consent.json.id}/withdraw`),
      'POST /v1/tokens': () => checkout.post('/v1/tokens', tokenBody),
      'GET /v1/tokens/{id}': () => checkout.get(`/v1/tokens/${token}`),
      'PATCH /v1/tokens/{id}': () => admin.patch(`/v1/tokens/${token}`, { metadata: { a: 'b' } }),
      'DELETE /v1/tokens/{id}': () => admin.del(`/v1/tokens/${token}`),
      'POST /v1/tokens/{id}/freeze': () => admin.post(`/v1/tokens/${token}/freeze`, why),
      'POST /v1/tokens/{id}/thaw': () => admin.post(`/v1/tokens/${token}/thaw`),
      'POST /v1/checkout-sessions': () => checkout.post('/v1/checkout-sessions', sessionBody),
      'GET /v1/checkout-sessions/{id}': () => checkout.get(`/v1/checkout-sessions/${session.json.id}`),
      'POST /v1/charges': () => billing.post('/v1/charges', chargeOf(token)),
      'POST /v1/disclosures': () => privacy.post('/v1/disclosures', disclosureBody),
      'POST /v1/disclosures/{id}/approve': () => second.post(`/v1/disclosures/${disclosure}/approve`),
      'POST /v1/disclosures/{id}/refuse': () => second.post(`/v1/disclosures/${disclosure}/refuse`, why),
      'GET /v1/disclosures/{id}/package': () => privacy.get(`/v1/disclosures/${disclosure}/package`),
      'POST /v1/inquiries': () => privacy.post('/v1/inquiries', inquiryBody),
      'GET /v1/inquiries/{id}': () => privacy.get(`/v1/inquiries/${inquiry}`),
      'POST /v1/inquiries/{id}/reveal': () =>
        privacy.post(`/v1/inquiries/${inquiry}/reveal`, { ...why, purpose: 'answer_messages' }),
      'POST /v1/inquiries/{id}/assign': () => privacy.post(`/v1/inquiries/${inquiry}/assign`, { to: 'me' }),
      'POST /v1/inquiries/{id}/answer': () => privacy.post(`/v1/inquiries/${inquiry}/answer`, { message: 'Soon.' }),
      'POST /v1/inquiries/{id}/close': () => privacy.post(`/v1/inquiries/${inquiry}/close`, { resolution: 'other' }),
      'POST /v1/inquiries/{id}/link-request': () =>
        privacy.post(`/v1/inquiries/${inquiry}/link-request`, { kind: 'access' }),
      'POST /v1/privacy-requests': () => privacy.post('/v1/privacy-requests', requestBody),
      'POST /v1/privacy-requests/{id}/identity-checks': () =>
        privacy.post(`/v1/privacy-requests/${request}/identity-checks`),
      'POST /v1/privacy-requests/{id}/identity-checks/confirm': () =>
        privacy.post(`/v1/privacy-requests/${request}/identity-checks/confirm`, { code: 'AAAA-AAAA' }),
      'POST /v1/privacy-requests/{id}/decide': () =>
        privacy.post(`/v1/privacy-requests/${request}/decide`, { ...why, decision: 'approve' }),
      'POST /v1/privacy-requests/{id}/extend': () => privacy.post(`/v1/privacy-requests/${request}/extend`, why),
      'POST /v1/privacy-requests/{id}/cancel': () => privacy.post(`/v1/privacy-requests/${request}/cancel`, why),
      'POST /v1/privacy-requests/{id}/package': () =>
        privacy.post(`/v1/privacy-requests/${request}/package`, why, { key: null }),
    }
    const again: Record<string, () => Promise<ApiAnswer>> = {
      'by the own session': () => own.get(`/v1/checkout-sessions/${session.json.id}`),
      'a payer': () => checkout.post('/v1/payers', body, { key }),
      'a token': () => checkout.post('/v1/tokens', tokenBody, { key: tokenKey }),
      'a session': () => checkout.post('/v1/checkout-sessions', sessionBody, { key: sessionKey }),
      'a consent': () => privacy.post(`/v1/payers/${payer}/consents`, consentBody, { key: consentKey }),
      'a charge': () => billing.post('/v1/charges', chargeBody, { key: chargeKey }),
      'an inquiry': () => privacy.post('/v1/inquiries', inquiryBody, { key }),
      'a disclosure': () => privacy.post('/v1/disclosures', disclosureBody, { key }),
      'a request': () => privacy.post('/v1/privacy-requests', requestBody, { key }),
      'a refund': () => billing.post('/v1/refunds', refundBody, { key: refundKey }),
    }
    const document = (await world.withToken(null).get('/openapi.json')).json
    const aboutOne = operationsOf(document).filter(({ method, path }) => method !== 'GET' || path.includes('{'))
    expect(aboutOne.map(({ name }) => name).toSorted()).toEqual(
      [...Object.keys(calls), ...Object.values(OPEN_AFTERWARDS).flat()].toSorted(),
    )
    const allGone = async () => {
      const wrong: unknown[] = []
      for (const [name, call] of Object.entries({ ...calls, ...again })) {
        const { status, json } = await call()
        if (status !== 410 || json.code !== 'payer_erased') wrong.push([name, status, json])
      }
      expect(wrong).toEqual([])
    }
    await allGone()
    expect((await checkout.get(`/v1/payers?external_ref=${encodeURIComponent(body.external_ref)}`)).json.data).toEqual(
      [],
    )
    expect((await shownCharge(world, charged.json.id)).reference).toBeNull()
    await workOff(world)
    await minutesPass(world)
    await workOff(world)
    expect(await erasureOf(id)).toMatchObject({ status: 'done' })
    await allGone()
  })

  test('the page where the payer would authenticate is gone, and waits for nobody', async () => {
    const { payer, token } = await payerWithCard(world, { paymentMethod: 'pm_card_authenticationRequired' })
    const asked = await charge(world, token)
    expect(asked.json.charge.status, asked.text).toBe('requires_action')
    const page = new URL(asked.json.charge.next_action.url).pathname
    await beginErasure(world, payer)
    const anybody = world.withToken(null)
    expect((await anybody.get(page)).status).toBe(410)
    for (const step of ['begin', 'finish'])
      expect(await anybody.post(`${page}/${step}`, {}, { key: null })).toMatchObject(GONE)
    expect((await preview(payer)).json.code).toBe('payer_erased')
  })
})

describe('an erasure waits', () => {
  test('for a charge whose outcome nobody knows, and settles it', async () => {
    const { payer, token } = await payerWithCard(world)
    const open = await unknownCharge(world, token, 'before')
    const id = await beginErasure(world, payer)
    await workOff(world)
    expect(await erasureOf(id)).toMatchObject({
      step: 'wait_for_money',
      waits_for: [{ kind: 'charge', id: open, status: 'unknown' }],
    })
    // It is looked for, not found, not sent again, and looked for once more.
    for (const seconds of [600, 900, 4_000]) {
      await world.advance(seconds)
      await resolve(world)
    }
    await minutesPass(world)
    await workOff(world)
    await minutesPass(world)
    await workOff(world)
    expect(await erasureOf(id)).toMatchObject({ status: 'done' })
    expect(await shownCharge(world, open)).toMatchObject({ status: 'errored', reference: null })
  })

  test('for an authorization until it is captured, which still works', async () => {
    const { payer, token } = await payerWithCard(world)
    const held = (await charge(world, token, { capture: 'manual' })).json.id
    const id = await beginErasure(world, payer)
    await workOff(world)
    expect(await erasureOf(id)).toMatchObject({
      status: 'running',
      step: 'wait_for_money',
      waits_for: [{ kind: 'authorization', id: held, status: 'requires_capture' }],
      receipt: null,
      key: null,
    })
    const key = randomUUID()
    const captured = await world.as('billing').post(`/v1/charges/${held}/capture`, {}, { key })
    expect(captured).toMatchObject({ status: 200, json: { status: 'succeeded', reference: null } })
    expect((await world.as('billing').post(`/v1/charges/${held}/capture`, {}, { key })).text).toBe(captured.text)
    await minutesPass(world)
    await workOff(world)
    expect(await erasureOf(id)).toMatchObject({
      step: 'wait_for_caches',
      key: { version: 1, gone_from_backups: false },
    })
  })

  const waits = async (id: string) => {
    await workOff(world)
    const { step, waits_for } = await erasureOf(id)
    return { step, waits_for }
  }
  const goesOn = async (id: string) => {
    await minutesPass(world)
    expect(await waits(id)).toEqual({ step: 'wait_for_caches', waits_for: [] })
  }

  test('for a refund whose outcome nobody knows', async () => {
    const { payer, token } = await payerWithCard(world)
    const paid = (await charge(world, token)).json.id
    await faults(world, [{ method: 'POST', path: '/v1/refunds', when: 'after', kind: 'drop', times: 1 }])
    const { id: refunded } = (await refund(world, paid, { amount: 300 })).json
    await faults(world, [])
    const id = await beginErasure(world, payer)
    const open = { kind: 'refund', id: refunded, status: 'unknown' }
    expect(await waits(id)).toEqual({ step: 'wait_for_money', waits_for: [open] })
    await resolve(world, true)
    await goesOn(id)
  })

  test('for a capture whose outcome nobody knows', async () => {
    const { payer, token } = await payerWithCard(world)
    const held = (await charge(world, token, { capture: 'manual' })).json.id
    await faults(world, [{ method: 'POST', path: '/capture$/', when: 'after', kind: 'drop', times: 1 }])
    const captured = await world.as('billing').post(`/v1/charges/${held}/capture`, {})
    await faults(world, [])
    const attempt = captured.json.attempts.at(-1)
    expect(attempt).toMatchObject({ kind: 'capture', status: 'unknown' })
    const id = await beginErasure(world, payer)
    expect(await waits(id)).toMatchObject({
      step: 'wait_for_money',
      waits_for: expect.arrayContaining([{ kind: 'attempt', id: attempt.id, status: 'unknown' }]),
    })
    await resolve(world, true)
    expect(await shownCharge(world, held)).toMatchObject({ status: 'succeeded' })
    await goesOn(id)
  })

  test('for a dispute until it is decided', async () => {
    const { payer, token } = await payerWithCard(world, { paymentMethod: 'pm_card_createDispute' })
    const paid = (await charge(world, token)).json.id
    await eventually(world, async () => expect((await shownCharge(world, paid)).disputed).toBe(true))
    const id = await beginErasure(world, payer)
    const open = { kind: 'dispute', id: paid, status: 'open' }
    expect(await waits(id)).toEqual({ step: 'wait_for_money', waits_for: [open] })
    const { stripe } = await shownCharge(world, paid)
    const { json } = await world.stripeApi('GET', '/v1/disputes', { payment_intent: stripe.payment_intent })
    await world.control('POST', `/disputes/${json.data[0].id}/close`, { outcome: 'lost' })
    await eventually(world, async () => expect((await shownCharge(world, paid)).disputed).toBe(false))
    await goesOn(id)
  })

  test('for Stripe when it cannot be reached, and says so', async () => {
    const { payer } = await payerWithCard(world)
    const account_key = world.stripe.secretKeys.demo
    const rules = [{ method: 'DELETE', path: '/^\\/v1\\/customers/', when: 'before', kind: 'status', status: 500 }]
    await world.control('POST', '/faults', { account_key, rules })
    const id = await beginErasure(world, payer)
    await workOff(world)
    expect(await erasureOf(id)).toMatchObject({ step: 'delete_at_stripe', attempts: 1, error_code: 'stripe_unknown' })
    await world.control('POST', '/faults', { account_key, rules: [] })
    await world.advance(60)
    await workOff(world)
    expect(await erasureOf(id)).toMatchObject({ step: 'wait_for_caches', attempts: 0, error_code: null })
  })
})

describe('afterwards', () => {
  test('the customer is deleted at Stripe, and the receipt is signed and names nobody', async () => {
    const short_name = `Nobody ${randomUUID()}`
    const payer = (await world.as('checkout').post('/v1/payers', { short_name, email: 'no@body.example' })).json.id
    const saved = await world
      .as('checkout')
      .post('/v1/tokens', { payer, payment_method: 'pm_card_visa', consent: { text_version: 'v1' } })
    expect(saved.status).toBe(201)
    const customer = await customerOf(payer)
    const erasure = await erase(world, payer)
    const { json } = await world.stripeApi('GET', `/v1/customers/${customer}`)
    expect(json.deleted).toBe(true)
    const receipt = world.dependencies.statements.read('receipt', erasure.receipt)
    expect(receipt).toMatchObject({
      erasure: erasure.id,
      payer,
      region: 'test-region',
      emptied: { payer: 1, tokens: 1 },
    })
    expect(JSON.stringify([receipt, erasure])).not.toMatch(/Nobody|body\.example/)
  })

  test('a refund is still made, and a dispute still counted, under the pseudonym', async () => {
    const { payer, token } = await payerWithCard(world)
    const id = (await charge(world, token)).json.id
    await eventually(world, async () => expect((await shownCharge(world, id)).settled_at).not.toBeNull())
    await erase(world, payer)
    const key = randomUUID()
    const refunded = await refund(world, id, { amount: 500, reason: 'said by somebody' }, key)
    expect(refunded).toMatchObject({ status: 201, json: { reason: null } })
    expect((await refund(world, id, { amount: 500, reason: 'said by somebody' }, key)).text).toBe(refunded.text)
    await eventually(world, async () => expect((await shownCharge(world, id)).amount_refunded).toBe(500))
    expect(await shownCharge(world, id)).toMatchObject({ payer, reference: null, description: null, metadata: {} })
  })

  test('what Stripe tells later still settles: a dispute, and a refund that fails', async () => {
    const [disputed, failing] = await Promise.all([
      payerWithCard(world, { paymentMethod: 'pm_card_createDispute' }),
      payerWithCard(world, { paymentMethod: 'pm_card_refundFail' }),
    ])
    const first = (await charge(world, disputed.token)).json.id
    const second = (await charge(world, failing.token)).json.id
    const sent = await refund(world, second)
    expect([201, 202]).toContain(sent.status)
    // The webhooks wait: both payers are erased before anybody hears of the dispute or the failure.
    await Promise.all([beginErasure(world, disputed.payer), beginErasure(world, failing.payer)])
    await eventually(world, async () => {
      expect((await shownCharge(world, first)).disputed).toBe(true)
      expect((await world.as('billing').get(`/v1/refunds/${sent.json.id}`)).json.status).toBe('failed')
    })
  })

  test('nobody is told more of an erasure than of one that never was', async () => {
    const { payer } = await payerWithCard(world, { tenant: 'other' })
    const foreign = await beginErasure(world, payer, { tenant: 'other' })
    const missing = await world.as('privacy').get('/v1/erasures/eras_00000000000000000000000000')
    const answer = await world.as('privacy').get(`/v1/erasures/${foreign}`)
    expect({ ...answer.json, request_id: '' }).toEqual({ ...missing.json, request_id: '' })
    const list = (await world.as('privacy').get('/v1/erasures?limit=100')).json.data
    expect(list.map(({ id }: { id: string }) => id)).not.toContain(foreign)
  })
})
