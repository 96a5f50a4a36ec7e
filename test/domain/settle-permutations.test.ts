// Reply, events and looks tell of the same payment in any order, late and twice: the charge always ends the same.
import { randomBytes, randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { auditRow } from '../../src/domain/audit/entry.ts'
import { loadCharge } from '../../src/domain/charges/charge.ts'
import { chargeWritesOf, hex } from '../../src/domain/charges/charge-writes.ts'
import { nextLookAt } from '../../src/domain/charges/look-ladder.ts'
import { outcomeOfIntent, UNKNOWN_OUTCOME } from '../../src/domain/charges/outcome-of-stripe.ts'
import { cancelAttemptFor, settleCharge } from '../../src/domain/charges/settle-charge.ts'
import { settleFromIntent } from '../../src/domain/charges/settle-from-intent.ts'
import { newId } from '../../src/domain/ids.ts'
import { workerContext } from '../../src/domain/tenants/operator-context.ts'
import type { StripePaymentIntent } from '../../src/stripe/payment-objects.ts'
import { payerWithCard, type SavedCard } from '../support/payer-with-card.ts'
import { startWorld, type World } from '../support/world.ts'

let world: World
let card: SavedCard

beforeAll(async () => {
  world = await startWorld({ webhooks: false })
  card = await payerWithCard(world)
})
afterAll(() => world?.close())

const AMOUNT = 1_000
const DECLINED = { type: 'card_error', code: 'card_declined', declineCode: 'generic_decline' }
const ASKED = { type: 'card_error', code: 'authentication_required', declineCode: 'authentication_required' }

/** What the intent shows, oldest first; the last is how it ends. */
const STORIES: Record<string, { shows: Partial<StripePaymentIntent>[]; end: object; manual?: true }> = {
  paid: {
    shows: [{ status: 'succeeded', amountReceived: AMOUNT }],
    end: { status: 'succeeded', amount_captured: AMOUNT },
  },
  'paid after a while': {
    shows: [{ status: 'processing' }, { status: 'succeeded', amountReceived: AMOUNT }],
    end: { status: 'succeeded', amount_captured: AMOUNT },
  },
  declined: {
    shows: [
      { status: 'requires_payment_method', lastError: DECLINED as never },
      { status: 'canceled', lastError: DECLINED as never, cancellationReason: 'abandoned' },
    ],
    end: { status: 'declined', amount_captured: 0, failure_code: 'card_declined' },
  },
  'paid by the payer': {
    shows: [
      { status: 'requires_payment_method', lastError: ASKED as never },
      { status: 'requires_action' },
      { status: 'processing' },
      { status: 'succeeded', amountReceived: AMOUNT },
    ],
    end: { status: 'succeeded', amount_captured: AMOUNT, failure_code: null },
  },
  'declined after the payer came': {
    shows: [
      { status: 'requires_payment_method', lastError: ASKED as never },
      { status: 'requires_payment_method', lastError: DECLINED as never },
    ],
    end: { status: 'declined', amount_captured: 0 },
  },
  'left by the payer': {
    shows: [
      { status: 'requires_payment_method', lastError: ASKED as never },
      { status: 'canceled', lastError: ASKED as never, cancellationReason: 'abandoned' },
    ],
    end: { status: 'expired', amount_captured: 0 },
  },
  'captured in part at the dashboard': {
    manual: true,
    shows: [{ status: 'requires_capture' }, { status: 'succeeded', amountReceived: 600 }],
    end: { status: 'succeeded', amount_captured: 600 },
  },
  'held and released': {
    manual: true,
    shows: [{ status: 'requires_capture' }, { status: 'canceled', cancellationReason: 'requested_by_customer' }],
    end: { status: 'cancelled', amount_captured: 0 },
  },
  'held until it lapsed': {
    manual: true,
    shows: [{ status: 'requires_capture' }, { status: 'canceled', cancellationReason: 'automatic' }],
    end: { status: 'expired', amount_captured: 0 },
  },
}

type Telling = { by: 'reply' | 'event' | 'look' | 'nothing'; shows: number }

describe.each(Object.entries(STORIES))('a charge that is %s', (_name, { shows, end, manual }) => {
  it('ends the same, whoever tells of it first, last or twice', async () => {
    const told = fc.array(
      fc.record({
        by: fc.constantFrom('reply', 'event', 'look', 'nothing') as fc.Arbitrary<Telling['by']>,
        shows: fc.nat({ max: shows.length - 1 }),
      }),
      { maxLength: 6 },
    )
    await fc.assert(
      fc.asyncProperty(told, fc.nat(), async (tellings, at) => {
        // What is read last is read at some time: Stripe repeats events, and the resolver looks until all is decided.
        const last: Telling = { by: at % 2 ? 'event' : 'look', shows: shows.length - 1 }
        const order = tellings.toSpliced(at % (tellings.length + 1), 0, last)
        const charge = await reserve(manual === true)
        for (const telling of order) await tell(charge, telling, intentOf(charge, shows[telling.shows] ?? {}, manual))
        const { charge: after, attempts } = await load(charge.id)
        expect(after).toMatchObject(end)
        expect(after.settled_at).not.toBeNull()
        expect(attempts.filter(({ kind }) => kind === 'charge').length).toBe(1)
        expect(attempts.filter(({ kind }) => kind === 'capture').length).toBeLessThanOrEqual(1)
        expect(await exceptionsOf(charge.id)).toBe(0)
      }),
      { numRuns: 15 },
    )
  })
})

type Reserved = { id: string; attempt: string; lease: Date; intent: string }

async function reserve(manual: boolean): Promise<Reserved> {
  const ctx = workerContext(world.dependencies, 'demo')
  const [at, wall] = [ctx.clock.now(), ctx.clock.wall()]
  const made = {
    id: newId('charge', at),
    attempt: newId('attempt', at),
    intent: `pi_${randomBytes(12).toString('hex')}`,
  }
  const lease = new Date(wall.getTime() + 60_000)
  const row = await chargeWritesOf(ctx.db).reserve('demo', {
    at,
    wall,
    lease_until: lease,
    look_at: nextLookAt('sending', 0, at) as Date,
    key_hash: null,
    request_hash: null,
    charge_id: made.id,
    attempt_id: made.attempt,
    stripe_key: randomUUID(),
    token_id: card.token,
    payer_id: card.payer,
    amount: AMOUNT,
    currency: 'usd',
    reference_hash: hex(randomBytes(32)),
    details_sealed: hex(randomBytes(32)),
    billing_job: null,
    capture_method: manual ? 'manual' : 'automatic',
    on_session: false,
    audit: auditRow(ctx, { action: 'charge.create', object: { type: 'charge', id: made.id } }),
  })
  expect(row.r_outcome).toBe('reserved')
  return { ...made, lease }
}

function intentOf(charge: Reserved, shows: Partial<StripePaymentIntent>, manual = false): StripePaymentIntent {
  return {
    id: charge.intent,
    status: 'succeeded',
    amount: AMOUNT,
    amountCapturable: 0,
    amountReceived: 0,
    currency: 'usd',
    customer: null,
    paymentMethod: null,
    captureMethod: manual ? 'manual' : 'automatic_async',
    latestChargeId: null,
    latestCharge: null,
    lastError: null,
    nextAction: null,
    canceledAt: null,
    cancellationReason: null,
    clientSecret: null,
    metadata: {},
    livemode: false,
    created: 0,
    ...shows,
  }
}

async function tell(charge: Reserved, { by }: Telling, intent: StripePaymentIntent): Promise<void> {
  const ctx = workerContext(world.dependencies, 'demo')
  if (by === 'event' || by === 'look') return void (await settleFromIntent(ctx, charge.id, intent, by))
  const now = ctx.clock.now()
  const outcome =
    by === 'reply' ? outcomeOfIntent(intent, { now, brand: 'visa', authenticateBy: null }) : UNKNOWN_OUTCOME
  await settleCharge(ctx, {
    chargeId: charge.id,
    payerId: card.payer,
    attempt: { id: charge.attempt, kind: 'charge' },
    outcome,
    source: 'reply',
    now,
    confirmed: false,
    nextLookAt: nextLookAt(outcome.attemptStatus, 0, now),
    looks: 0,
    lease: by === 'nothing' ? charge.lease : null,
    cancelAttemptId: cancelAttemptFor(outcome, now),
  })
}

const load = (id: string) => world.dependencies.db.transaction('demo', tx => loadCharge(tx, id))

async function exceptionsOf(id: string): Promise<number> {
  const rows = await world.dependencies.db.transaction(
    'demo',
    tx => tx.sql`select id from exceptions where tenant_id = 'demo' and charge_id = ${id}`,
  )
  return rows.length
}
