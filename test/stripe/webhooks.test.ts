import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MAX_WEBHOOK_BODY_BYTES, parseStripeEvent, verifyStripeSignature } from '../../src/stripe/webhooks.ts'
import { stripeEvent } from './stripe-objects.ts'

const SECRET = 'whsec_one'
const SECONDS = 1_790_000_000
const BODY = Buffer.from(JSON.stringify(stripeEvent()))

const sign = (body: Buffer, secret = SECRET, time: number | string = SECONDS) =>
  createHmac('sha256', secret).update(`${time}.`).update(body).digest('hex')
const headerOf = (body = BODY, secret = SECRET, time: number | string = SECONDS) =>
  `t=${time},v1=${sign(body, secret, time)}`

function verify(
  header: string | undefined,
  changes: { rawBody?: Buffer; secrets?: string[]; nowSeconds?: number } = {},
) {
  const { rawBody = BODY, secrets = [SECRET], nowSeconds = SECONDS } = changes
  return verifyStripeSignature({ rawBody, header, secrets, wallNow: new Date(nowSeconds * 1000) })
}

const refused = (fault: string) => ({ ok: false, fault })

describe('a webhook signature', () => {
  test('over the raw bytes is taken, beside a v0 and in any order', () => {
    expect(verify(headerOf())).toEqual({ ok: true, timestamp: SECONDS })
    expect(verify(`v0=${'0'.repeat(64)},v1=${sign(BODY)},t=${SECONDS}`)).toMatchObject({ ok: true })
  })

  test('fails for a change of any byte of the body', () => {
    const header = headerOf()
    for (let at = 0; at < BODY.length; at += 1) {
      const rawBody = Buffer.from(BODY)
      rawBody[at] = rawBody[at]! ^ 1
      expect(verify(header, { rawBody }).ok, `byte ${at}`).toBe(false)
    }
  })

  test('fails for a change of any character of the header', () => {
    const header = headerOf()
    for (let at = 0; at < header.length; at += 1) {
      const changed = header.slice(0, at) + String.fromCharCode(header.charCodeAt(at) ^ 1) + header.slice(at + 1)
      expect(verify(changed).ok, `character ${at}`).toBe(false)
    }
  })

  test('fails for bytes that merely decode to the same text', () => {
    const signed = Buffer.from('{"a":"\ufffd"}')
    const header = headerOf(signed)
    expect(verify(header, { rawBody: signed }).ok).toBe(true)
    expect(verify(header, { rawBody: Buffer.from('{"a":"\xff"}', 'latin1') })).toEqual(refused('no_match'))
  })

  test.each([
    [-301, false],
    [-300, true],
    [-299, true],
    [0, true],
    [299, true],
    [300, true],
    [301, false],
    [1_000_000, false],
  ])('made %i s from now is taken: %s', (offset, taken) => {
    const verdict = verify(headerOf(BODY, SECRET, SECONDS + offset))
    expect(verdict).toEqual(taken ? { ok: true, timestamp: SECONDS + offset } : refused('time_out_of_bounds'))
  })

  test.each(['NaN', '', '1e9', '-1790000000', '+1790000000', ' 1790000000', '0x6ab', '1790000000.0', '9'.repeat(13)])(
    'with the time %j is malformed, though it is signed',
    time => {
      expect(verify(headerOf(BODY, SECRET, time))).toEqual(refused('header_malformed'))
    },
  )

  test('with two times is malformed', () => {
    expect(verify(`t=${SECONDS},${headerOf()}`)).toEqual(refused('header_malformed'))
    expect(verify(`${headerOf()},t=1`)).toEqual(refused('header_malformed'))
  })

  test('may match any of several v1 and any of several secrets while one is rolled', () => {
    const both = `t=${SECONDS},v1=${sign(BODY, 'whsec_old')},v1=${sign(BODY, 'whsec_new')}`
    expect(verify(both, { secrets: ['whsec_new'] }).ok).toBe(true)
    expect(verify(both, { secrets: ['whsec_old'] }).ok).toBe(true)
    expect(verify(headerOf(BODY, 'whsec_old'), { secrets: ['whsec_new', 'whsec_old'] }).ok).toBe(true)
    expect(verify(headerOf(BODY, 'whsec_older'), { secrets: ['whsec_new', 'whsec_old'] })).toEqual(refused('no_match'))
  })

  test('is refused without a header, a v1, or a secret', () => {
    expect(verify(undefined)).toEqual(refused('header_missing'))
    expect(verify('')).toEqual(refused('header_missing'))
    expect(verify(`t=${SECONDS}`)).toEqual(refused('header_malformed'))
    expect(verify(`t=${SECONDS},v0=${sign(BODY)}`)).toEqual(refused('header_malformed'))
    expect(verify(`t=${SECONDS},v1=${sign(BODY).toUpperCase()}`)).toEqual(refused('header_malformed'))
    expect(verify(headerOf(), { secrets: [] })).toEqual(refused('no_secret'))
    expect(verify(headerOf(BODY, ''), { secrets: [''] })).toEqual(refused('no_secret'))
  })

  test('is refused beyond the limits of header and body', () => {
    expect(verify(`${headerOf()}${`,v1=${'0'.repeat(64)}`.repeat(16)}`)).toEqual(refused('header_malformed'))
    expect(verify(`${headerOf()},x=${'0'.repeat(3_000)}`)).toEqual(refused('header_malformed'))
    const rawBody = Buffer.alloc(MAX_WEBHOOK_BODY_BYTES + 1, 0x20)
    expect(verify(headerOf(rawBody), { rawBody })).toEqual(refused('body_too_large'))
  })

  test('never throws, whatever the header', () => {
    const sample = { numRuns: 60 }
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), header => verify(header).ok === false),
      sample,
    )
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...'tv01=,9af'), maxLength: 80 }),
        header => verify(header).ok === false,
      ),
    )
  })
})

describe('a webhook body', () => {
  test('gives the event cut to ids, amounts and codes', () => {
    const parsed = parseStripeEvent(BODY.toString())
    expect(parsed).toMatchObject({
      kind: 'event',
      event: {
        id: 'evt_1Test',
        type: 'payment_intent.succeeded',
        account: null,
        request: { idempotencyKey: 'atmp_1' },
        object: {
          id: 'pi_1Test',
          object: 'payment_intent',
          amount: 1000,
          customer: 'cus_1Test',
          paymentIntent: 'pi_1Test',
          charge: 'ch_1Test',
        },
      },
    })
    expect(JSON.stringify(parsed)).not.toMatch(/hush|example\.com/)
  })

  test('may be about an object without an id', () => {
    const text = JSON.stringify(
      stripeEvent({ type: 'balance.available', data: { object: { object: 'balance', livemode: false } } }),
    )
    expect(parseStripeEvent(text)).toMatchObject({ kind: 'event', event: { object: { id: null, object: 'balance' } } })
  })

  test('of a thin event is ignored', () => {
    expect(parseStripeEvent('{"id":"evt_1","object":"v2.core.event","type":"v1.charge.captured"}')).toEqual({
      kind: 'ignored',
    })
  })

  test.each([
    ['no JSON', '{'],
    ['null', 'null'],
    ['a list', '[]'],
    ['another object', JSON.stringify(stripeEvent({ object: 'charge' }))],
    ['an id of another kind', JSON.stringify(stripeEvent({ id: 'ch_1' }))],
    ['no data', JSON.stringify(stripeEvent({ data: null }))],
    ['an object without a kind', JSON.stringify(stripeEvent({ data: { object: {} } }))],
    ['livemode as text', JSON.stringify(stripeEvent({ livemode: 'false' }))],
    ['a type with spaces', JSON.stringify(stripeEvent({ type: 'a b' }))],
  ])('that is %s is malformed', (_name, text) => {
    expect(parseStripeEvent(text)).toEqual({ kind: 'malformed' })
  })
})
