// Stripe's events: whose signature counts, what is stored of them, and that no order, repetition or lie changes the end.
import fc from 'fast-check'
import postgres from 'postgres'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { operatorContext } from '../../src/domain/tenants/operator-context.ts'
import { setTenantStripe } from '../../src/domain/tenants/set-tenant-stripe.ts'
import { chargeOf, payerWithCard } from '../support/payer-with-card.ts'
import {
  deliver,
  digest,
  eventId,
  eventsAbout,
  eventsAtStripe,
  madeEvent,
  post,
  type StripeEventBody,
  seconds,
  signature,
} from '../support/stripe-deliveries.ts'
import { startWorld, WEBHOOK_SECRETS, type World } from '../support/world.ts'

let world: World
let owner: postgres.Sql

beforeAll(async () => {
  world = await startWorld({ webhooks: false })
  owner = postgres(world.database.superuserUrl, { max: 1, onnotice: () => {} })
})
afterAll(async () => {
  await owner?.end()
  await world?.close()
})
afterEach(() => world.control('DELETE', '/faults'))

type Stored = {
  type: string
  status: string
  error_code: string | null
  attempts: number
  facts: Record<string, unknown>
  source: string
}

const rowsOf = (id: string) => owner<Stored[]>`select * from stripe_events where stripe_event_id = ${id}`
const rowCount = async () => Number((await owner`select count(*) from stripe_events`)[0]?.count)

async function charged(more: Record<string, unknown> = {}) {
  const { token, payer } = await payerWithCard(world)
  const answer = await world.as('billing').post('/v1/charges', chargeOf(token, more))
  expect(answer.status, answer.text).toBe(201)
  const intent: string = answer.json.stripe.payment_intent
  await world.advance(5)
  return { id: answer.json.id as string, intent, token, payer }
}

const read = async (id: string) => (await world.as('billing').get(`/v1/charges/${id}`)).json

describe('the signature', () => {
  it('is judged over the raw bytes: any changed byte is refused and leaves no row', async () => {
    const event = madeEvent()
    const body = Buffer.from(JSON.stringify(event))
    const header = signature(body)
    const before = await rowCount()
    const answers = await Promise.all(
      Array.from(body, (byte, at) => {
        const changed = Buffer.from(body)
        changed[at] = byte ^ 1
        return post(world, changed, header)
      }),
    )
    const resent = [Buffer.concat([body, Buffer.from(' ')]), JSON.stringify(event, null, 1), body.subarray(0, -1)]
    for (const bytes of resent) answers.push(await post(world, bytes, header))
    expect(new Set(answers.map(answer => `${answer.status} ${answer.json.code}`))).toEqual(
      new Set(['400 invalid_signature']),
    )
    expect(await rowCount()).toBe(before)
    expect((await post(world, body, header)).json).toEqual({ received: true })
  })

  it('must be there, well-formed, of version 1, and by a secret of this tenant', async () => {
    const body = JSON.stringify(madeEvent())
    const at = seconds()
    const good = digest(body, WEBHOOK_SECRETS.demo, at)
    const headers = [
      null,
      '',
      'x',
      `v1=${good}`,
      `t=${at}`,
      `t=${at},v0=${good}`,
      `t=${at},v1=${good.slice(0, 40)}`,
      `t=${at},v1=${good.toUpperCase()}`,
      `t=${at + 1},v1=${good}`,
      `t=NaN,v1=${digest(body, WEBHOOK_SECRETS.demo, 'NaN')}`,
      `t=${at},t=${at},v1=${good}`,
      `t=${at},v1=${digest(body, 'whsec_wrong', at)}`,
      `t=${at},v1=${digest(body, WEBHOOK_SECRETS.other, at)}`,
    ]
    const before = await rowCount()
    for (const header of headers) {
      const answer = await post(world, body, header)
      expect(answer.json, String(header)).toMatchObject({ status: 400, code: 'invalid_signature' })
    }
    expect(await rowCount()).toBe(before)
  })

  it('may be 300 seconds off, before or after, and no more', async () => {
    for (const [off, status] of [
      [-290, 200],
      [290, 200],
      [-305, 400],
      [305, 400],
      [1e9, 400],
    ] as const) {
      const body = JSON.stringify(madeEvent())
      expect((await post(world, body, signature(body, WEBHOOK_SECRETS.demo, seconds() + off))).status, `${off}`).toBe(
        status,
      )
    }
  })

  it('may be by either secret while one is rolled, and by the new one alone afterwards', async () => {
    const { secretKeys, publishableKeys } = world.stripe
    const set = (webhookSecrets: string[]) =>
      setTenantStripe(operatorContext(world.dependencies, 'other', 'test'), {
        secretKey: secretKeys.other,
        publishableKey: publishableKeys.other,
        webhookSecrets,
      })
    const tryWith = async (secret: string) => {
      const body = JSON.stringify(madeEvent())
      return (await post(world, body, signature(body, secret), 'other')).status
    }
    await set([WEBHOOK_SECRETS.other, 'whsec_the_next_secret'])
    expect([await tryWith(WEBHOOK_SECRETS.other), await tryWith('whsec_the_next_secret')]).toEqual([200, 200])
    const body = JSON.stringify(madeEvent())
    const both = `t=${seconds()},v1=${'0'.repeat(64)},v1=${digest(body, 'whsec_the_next_secret')}`
    expect((await post(world, body, both, 'other')).status).toBe(200)
    await set(['whsec_the_next_secret'])
    expect([await tryWith(WEBHOOK_SECRETS.other), await tryWith('whsec_the_next_secret')]).toEqual([400, 200])
    await set([WEBHOOK_SECRETS.other])
  })

  it('is refused alike at an unknown tenant’s address and at another’s', async () => {
    const body = JSON.stringify(madeEvent())
    const header = signature(body)
    const before = await rowCount()
    const bad = await post(world, body, signature(body, 'whsec_wrong'))
    for (const tenant of ['nobody', 'other', 'DEMO', 'x'.repeat(300), 'x%27']) {
      const answer = await post(world, body, header, tenant)
      expect({ ...answer.json, request_id: '' }).toEqual({ ...bad.json, request_id: '' })
    }
    expect(await rowCount()).toBe(before)
    expect((await post(world, body, header, null)).status).toBe(200)
  })
})

describe('an event', () => {
  it('is stored once, though fifty deliveries of it come at the same time', async () => {
    const event = madeEvent()
    const body = JSON.stringify(event)
    const header = signature(body)
    const answers = await Promise.all(Array.from({ length: 50 }, () => post(world, body, header)))
    expect(answers.every(answer => answer.status === 200)).toBe(true)
    expect(await rowsOf(event.id)).toHaveLength(1)
  })

  it('of a type that nothing is done with is kept and ignored, and so is a thin one', async () => {
    const unknown = madeEvent()
    const thin = {
      id: eventId(),
      object: 'v2.core.event',
      type: 'v2.core.account.created',
      livemode: false,
      created: '2026-11-01T00:00:00Z',
    }
    expect((await deliver(world, unknown)).status).toBe(200)
    expect((await deliver(world, thin as unknown as StripeEventBody)).status).toBe(200)
    const odd = { id: eventId(), object: 'event', type: 'some.NEW.form', livemode: false }
    expect((await deliver(world, odd as unknown as StripeEventBody)).status).toBe(200)
    expect(await rowsOf(unknown.id)).toMatchObject([{ status: 'ignored', error_code: null }])
    expect(await rowsOf(thin.id)).toMatchObject([{ status: 'ignored', error_code: 'thin_event' }])
    expect(await rowsOf(odd.id)).toMatchObject([{ status: 'ignored', error_code: 'unreadable_event' }])
    const body = 'not an event'
    expect((await post(world, body, signature(body))).json).toMatchObject({ status: 400, code: 'malformed_request' })
  })

  it('is kept without anything about a person, and with card numbers masked and alarmed', async () => {
    const event = madeEvent({
      data: {
        object: {
          id: 'zz_person',
          object: 'zz',
          amount: 5,
          currency: 'usd',
          customer: 'cus_person',
          status: '4242 4242 4242 4242',
          billing_details: { email: 'canary@example.com', name: 'Canary Person' },
          receipt_email: 'canary@example.com',
          description: 'canary',
          metadata: { note: 'canary' },
        },
      },
    })
    expect((await deliver(world, event)).status).toBe(200)
    const [row] = await rowsOf(event.id)
    expect(row?.facts).toEqual({ amount: 5, currency: 'usd', customer: 'cus_person', status: '[card number removed]' })
    expect(JSON.stringify(row)).not.toMatch(/canary|Canary|4242/)
    expect(world.logs.filter(line => line.includes('Stripe sent a card number'))).toHaveLength(1)
    expect(world.logs.join('')).not.toContain('4242 4242')
  })

  it('is stored once even if its very id could be a card number', async () => {
    const event = madeEvent({ id: 'evt_4242424242424242' })
    for (let times = 0; times < 2; times++) expect((await deliver(world, event)).status).toBe(200)
    const rows = await owner`select stripe_event_id from stripe_events where stripe_event_id like 'evt_masked_%'`
    expect(rows).toHaveLength(1)
    expect(await rowsOf(event.id)).toHaveLength(0)
  })

  it('of another mode or another account is quarantined and never acted upon', async () => {
    const live = madeEvent({
      type: 'payment_intent.succeeded',
      livemode: true,
      data: { object: { id: 'pi_x', object: 'payment_intent', livemode: true } },
    })
    const foreign = madeEvent({
      type: 'payment_intent.succeeded',
      account: 'acct_other1234',
      data: { object: { id: 'pi_x', object: 'payment_intent' } },
    })
    for (const event of [live, foreign]) expect((await deliver(world, event)).status).toBe(200)
    await world.work()
    expect(await rowsOf(live.id)).toMatchObject([{ status: 'quarantined', error_code: 'wrong_mode', attempts: 0 }])
    expect(await rowsOf(foreign.id)).toMatchObject([
      { status: 'quarantined', error_code: 'wrong_account', attempts: 0 },
    ])
  })
})

describe('what an event leads to', () => {
  it('is the state that Stripe shows, whatever the order, with repetitions and twins', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.infiniteStream(fc.nat()),
        fc.array(fc.nat(), { minLength: 3, maxLength: 3 }),
        async (order, twins) => {
          const { id, intent } = await charged({ amount: 3_000 })
          const refund = await world.stripeApi('POST', '/v1/refunds', { payment_intent: intent, amount: '1000' })
          const told = await eventsAbout(world, intent)
          told.push(
            ...(await eventsAbout(world, refund.json.id)).filter(event => !told.some(({ id }) => id === event.id)),
          )
          expect(told.length).toBeGreaterThanOrEqual(5)
          const sent = [...told]
          for (const at of twins) {
            const event = told[at % told.length] as StripeEventBody
            sent.push(event, { ...event, id: eventId() })
          }
          const keyed = sent.map(event => ({ event, key: order.next().value as number })).sort((a, b) => a.key - b.key)
          for (const { event, key } of keyed) {
            expect((await deliver(world, event)).status).toBe(200)
            if (key % 3 === 0) await world.work()
          }
          await world.work()
          expect(await read(id)).toMatchObject({
            status: 'succeeded',
            amount_captured: 3_000,
            amount_refunded: 1_000,
            settled_at: expect.any(String),
          })
          const refunds = await world.as('billing').get(`/v1/refunds?charge=${id}`)
          expect(refunds.json.data).toHaveLength(1)
        },
      ),
      { numRuns: 12 },
    )
  }, 120_000)

  it('comes from one read of Stripe for all events about one object', async () => {
    const { intent } = await charged()
    const told = await eventsAbout(world, intent)
    for (const event of told) await deliver(world, event)
    const before = await readsOf(intent)
    await world.work()
    expect((await readsOf(intent)) - before).toBe(1)
    for (const { id } of told) expect(await rowsOf(id)).toMatchObject([{ status: 'done', attempts: 1 }])
  })

  it('is nothing when a signed event lies about amount, currency or customer', async () => {
    const { id, intent } = await charged()
    const stranger = await charged()
    const [honest] = (await eventsAbout(world, intent)).filter(event => event.type === 'payment_intent.succeeded')
    const [theirs] = (await eventsAbout(world, stranger.intent)).filter(
      event => event.type === 'payment_intent.succeeded',
    )
    const lies: [Record<string, unknown>, string][] = [
      [{ amount: 1 }, 'amount_mismatch'],
      [{ currency: 'eur' }, 'currency_mismatch'],
      [{ customer: theirs?.data.object.customer }, 'customer_mismatch'],
      [{ customer: 'cus_of_nobody' }, 'unknown_customer'],
      [{ livemode: true }, 'wrong_mode'],
      [{ id: 'pi_that_never_was' }, 'object_not_found'],
    ]
    for (const [lie, code] of lies) {
      const event = {
        ...(honest as StripeEventBody),
        id: eventId(),
        data: { object: { ...honest?.data.object, ...lie } },
      }
      expect((await deliver(world, event)).status).toBe(200)
      await world.work()
      expect(await rowsOf(event.id), code).toMatchObject([{ status: 'quarantined', error_code: code }])
      expect((await read(id)).settled_at).toBeNull()
    }
    await deliver(world, honest as StripeEventBody)
    await world.work()
    expect((await read(id)).settled_at).toEqual(expect.any(String))
    const audit = await owner`select 1 from audit_log where action = 'stripe-event.quarantined'`
    expect(audit.length).toBeGreaterThanOrEqual(5)
  })

  it('waits and is tried again when Stripe cannot be read, while other events go on', async () => {
    const stuck = await charged()
    const fine = await charged()
    await world.control('POST', '/faults', {
      rules: [
        { method: 'GET', path: `/v1/payment_intents/${stuck.intent}`, kind: 'status', status: 500, when: 'before' },
      ],
    })
    const told = [...(await eventsAbout(world, stuck.intent)), ...(await eventsAbout(world, fine.intent))]
    for (const event of told) await deliver(world, event)
    await world.work()
    expect((await read(fine.id)).settled_at).toEqual(expect.any(String))
    expect((await read(stuck.id)).settled_at).toBeNull()
    const waiting = (await eventsAbout(world, stuck.intent)).find(event => event.type === 'payment_intent.succeeded')
    expect(await rowsOf(waiting?.id as string)).toMatchObject([
      { status: 'received', error_code: 'stripe_unknown', attempts: 1 },
    ])
    await world.work()
    expect(await rowsOf(waiting?.id as string)).toMatchObject([{ attempts: 1 }])
    await world.control('DELETE', '/faults')
    await world.advance(6)
    await world.work()
    expect(await rowsOf(waiting?.id as string)).toMatchObject([{ status: 'done', attempts: 2 }])
    expect((await read(stuck.id)).settled_at).toEqual(expect.any(String))
  })

  it('ends in failure, with an alert, when it can never be taken in', async () => {
    const { intent } = await charged()
    await world.control('POST', '/faults', {
      rules: [{ method: 'GET', path: `/v1/payment_intents/${intent}`, kind: 'status', status: 500, when: 'before' }],
    })
    const [event] = (await eventsAbout(world, intent)).filter(({ type }) => type === 'payment_intent.succeeded')
    await deliver(world, event as StripeEventBody)
    await owner`update stripe_events set attempts = 21 where stripe_event_id = ${event?.id as string}`
    await world.work()
    expect(await rowsOf(event?.id as string)).toMatchObject([
      { status: 'failed', error_code: 'stripe_unknown', attempts: 22 },
    ])
    expect(world.logs.some(line => line.includes('an event of Stripe is failed'))).toBe(true)
  })

  it('is recovered from Stripe’s list within the hour when no webhook came', async () => {
    const lost = await charged()
    await world.advance(3_700)
    await world.work()
    expect((await read(lost.id)).settled_at).toEqual(expect.any(String))
    const [event] = (await eventsAbout(world, lost.intent)).filter(({ type }) => type === 'payment_intent.succeeded')
    expect(await rowsOf(event?.id as string)).toMatchObject([{ source: 'gap_scan', status: 'done' }])
    expect((await deliver(world, event as StripeEventBody)).status).toBe(200)
    expect(await rowsOf(event?.id as string)).toHaveLength(1)
    const all = await eventsAtStripe(world)
    const stored =
      await owner`select 1 from stripe_events where tenant_id = 'demo' and stripe_event_id = any(${all.map(({ id }) => id)})`
    expect(stored.length).toBe(all.length)
  })
})

async function readsOf(intent: string): Promise<number> {
  const log = (await world.control('GET', `/log?account_key=${world.stripe.secretKeys.demo}`)) as {
    data: { method: string; path: string }[]
  }
  return log.data.filter(
    ({ method, path }) => method === 'GET' && path.startsWith('/v1/payment_intents/') && path.includes(intent),
  ).length
}
