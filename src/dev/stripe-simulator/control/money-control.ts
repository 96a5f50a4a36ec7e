/** Controls that move money or cards: the day's payouts, disputes, a card renewed by its bank, tampering. */
import { Hono } from 'hono'
import { z } from 'zod'
import { releaseFunds } from '../money/balance-transactions.ts'
import { closeDispute, openDispute } from '../money/disputes.ts'
import { failPayout, makeAutomaticPayouts, payPayout, reconcilePayout, sendPayout } from '../money/payouts.ts'
import { settleChargeById } from '../money/settle-charge.ts'
import { findCharge } from '../resources/charges.ts'
import type { Account } from '../state/account.ts'
import type { Simulator } from '../state/simulator.ts'
import { flushSoon } from '../webhooks/delivery.ts'
import { emit } from '../webhooks/emit.ts'
import { accountKey, accountOf, bodyOf, ControlError, ownerOf } from './control-request.ts'
import { tamper, tamperSchema } from './tamper.ts'

const payoutsSchema = z.strictObject({
  account_key: accountKey,
  /** Makes pending money available first, so that today's charges are in the payout too. */
  settle_pending: z.boolean().default(false),
  allow_negative: z.boolean().default(false),
  until: z.enum(['pending', 'in_transit', 'paid']).default('paid'),
})

const disputeSchema = z.strictObject({
  charge: z.string().max(255),
  reason: z.string().max(100).default('fraudulent'),
  amount: z.int().min(1).optional(),
  inquiry: z.boolean().default(false),
})

const cardSchema = z.strictObject({
  exp_month: z.int().min(1).max(12),
  exp_year: z.int().min(2000).max(2100),
  last4: z
    .string()
    .regex(/^\d{4}$/)
    .optional(),
})

export function moneyControl(simulator: Simulator): Hono {
  const app = new Hono()
  app.post('/payouts', async c => {
    const { account_key, ...wish } = await bodyOf(c, payoutsSchema)
    const account = accountOf(simulator, account_key)
    if (wish.settle_pending) settleEverything(account)
    const payouts = makeAutomaticPayouts(account, wish.allow_negative)
    for (const { id } of payouts) {
      if (wish.until !== 'pending') sendPayout(account, id)
      if (wish.until === 'paid') payPayout(account, id)
      if (wish.until === 'paid') reconcilePayout(account, id)
    }
    flushSoon(simulator)
    return c.json({ data: payouts.map(payout => payout.view) })
  })
  app.post('/payouts/:id/fail', async c => {
    const { failure_code } = await bodyOf(
      c,
      z.strictObject({ failure_code: z.string().max(100).default('could_not_process') }),
    )
    const account = ownerOf(simulator, 'payouts', c.req.param('id'))
    const payout = account.tables.payouts.get(c.req.param('id'))!
    if (['failed', 'canceled'].includes(payout.view.status))
      throw new ControlError(400, 'This payout has ended already')
    failPayout(account, payout, failure_code)
    flushSoon(simulator)
    return c.json(payout.view)
  })
  addDisputes(app, simulator)
  app.post('/payment_methods/:id/automatic_update', async c => {
    const wish = await bodyOf(c, cardSchema)
    const account = ownerOf(simulator, 'payment_methods', c.req.param('id'))
    const view = renewCard(account, c.req.param('id'), wish)
    flushSoon(simulator)
    return c.json(view)
  })
  app.post('/tamper', async c => {
    const { account_key, ...wish } = await bodyOf(c, tamperSchema)
    const changed = tamper(accountOf(simulator, account_key), wish)
    flushSoon(simulator)
    return c.json(changed)
  })
  return app
}

/** What would have happened in two days: balance transactions arrive and their money is available. */
function settleEverything(account: Account): void {
  for (const task of [...account.tables.tasks.all()]) {
    if (task.kind === 'settle_charge') settleChargeById(account, task.subject)
  }
  releaseFunds(account, true)
}

function addDisputes(app: Hono, simulator: Simulator): void {
  app.post('/disputes', async c => {
    const wish = await bodyOf(c, disputeSchema)
    const account = ownerOf(simulator, 'charges', wish.charge)
    const charge = findCharge(account, wish.charge)
    if (charge.view.amount_captured === 0) throw new ControlError(400, 'Nothing was captured of this charge')
    const { reason, inquiry, amount = charge.view.amount_captured } = wish
    if (amount > charge.view.amount_captured) throw new ControlError(400, 'amount: more than was captured')
    const dispute = openDispute(account, charge, { reason, inquiry, amount })
    flushSoon(simulator)
    return c.json(dispute.view)
  })
  app.post('/disputes/:id/close', async c => {
    const { outcome } = await bodyOf(c, z.strictObject({ outcome: z.enum(['won', 'lost']) }))
    const account = ownerOf(simulator, 'disputes', c.req.param('id'))
    const dispute = account.tables.disputes.get(c.req.param('id'))!
    if (['won', 'lost', 'warning_closed'].includes(dispute.view.status))
      throw new ControlError(400, 'It is closed already')
    closeDispute(account, dispute, outcome)
    flushSoon(simulator)
    return c.json(dispute.view)
  })
}

/** The bank sent new card data: `payment_method.automatically_updated`. */
function renewCard(account: Account, id: string, wish: z.infer<typeof cardSchema>): object {
  const record = account.tables.payment_methods.get(id)!
  const card = record.view.card!
  const previous = { card: { exp_month: card.exp_month, exp_year: card.exp_year, last4: card.last4 } }
  Object.assign(card, { exp_month: wish.exp_month, exp_year: wish.exp_year })
  if (wish.last4 !== undefined && wish.last4 !== card.last4) {
    Object.assign(card, { last4: wish.last4, fingerprint: account.fingerprint(`renewed|${id}|${wish.last4}`) })
  }
  account.tables.payment_methods.changed(record)
  emit(account, 'payment_method.automatically_updated', record.view, previous)
  return record.view
}
