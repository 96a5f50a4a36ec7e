// A vault with some trade behind it: charges, a refund, a dispute, a partial capture and a payout, all of it settled.
import { expect } from 'vitest'
import { chargeOf, payerWithCard } from './payer-with-card.ts'
import type { World } from './world.ts'

export type BookedCharge = { id: string; intent: string; charge: string; amount: number; token: string }

const WEBHOOK_PATIENCE_MS = 10_000

/** Waits until Stripe has delivered what it had to say, and does the work that follows. */
export async function settled(world: World): Promise<void> {
  const until = performance.now() + WEBHOOK_PATIENCE_MS
  for (;;) {
    const { undelivered_events: open } = (await world.control(
      'GET',
      `/summary?account_key=${world.stripe.secretKeys.demo}`,
    )) as {
      undelivered_events: number
    }
    if (open === 0) break
    if (performance.now() > until) throw new Error(`${open} events are still undelivered`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
  await world.work()
}

/** Charges a fresh card, and has the outcome confirmed and Stripe's balance line made. */
export async function book(
  world: World,
  more: Record<string, unknown> = {},
  paymentMethod?: string,
): Promise<BookedCharge> {
  const { token } = await payerWithCard(world, paymentMethod ? { paymentMethod } : {})
  const answer = await world.as('billing').post('/v1/charges', chargeOf(token, more))
  expect(answer.status, answer.text).toBe(201)
  await world.advance(2)
  await settled(world)
  const { json } = await world.as('billing').get(`/v1/charges/${answer.json.id}`)
  return { id: json.id, intent: json.stripe.payment_intent, charge: json.stripe.charge, amount: json.amount, token }
}

/** Pays out everything that is there, and has the payout's rows listed. */
export async function payOut(world: World): Promise<string[]> {
  const made = (await world.control('POST', '/payouts', {
    account_key: world.stripe.secretKeys.demo,
    settle_pending: true,
  })) as { data: { id: string }[] }
  await settled(world)
  return made.data.map(({ id }) => id)
}

/** Reconciles everything there is through the door, and answers the reconciliation once it has run. */
export async function reconcileAll(world: World) {
  const now = world.dependencies.clock.now().getTime()
  const stretch = { from: new Date(now - 60 * 86_400_000).toISOString(), to: new Date(now + 86_400_000).toISOString() }
  const started = await world.as('finance').post('/v1/reconciliations', stretch)
  expect(started.status, started.text).toBe(202)
  for (let looks = 0; ; looks++) {
    await world.work()
    const run = await world.as('finance').get(`/v1/reconciliations/${started.json.id}`)
    if (run.json.status === 'completed') return run.json
    // Another worker may have taken the job.
    if (looks === 20) throw new Error(`the reconciliation is ${run.text}`)
    await new Promise(resolve => setTimeout(resolve, 100))
  }
}

export async function openExceptions(
  world: World,
): Promise<{ cause: string; subject: { type: string; id: string } }[]> {
  const answer = await world.as('finance').get('/v1/exceptions?status=open&limit=100')
  expect(answer.status, answer.text).toBe(200)
  return answer.json.data
}
