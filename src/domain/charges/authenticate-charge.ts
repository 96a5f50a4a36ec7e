// A payer at the page of next_action: sees what is asked for, confirms on-session, and the outcome is taken in.
import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import type { StripeAccount } from '../../stripe/gateway.ts'
import type { StripePaymentIntent } from '../../stripe/payment-objects.ts'
import { StripeFailure } from '../../stripe/stripe-failure.ts'
import type { Ctx, Tx } from '../context.ts'
import { DomainError, notFound } from '../errors.ts'
import { parseInput } from '../parse-input.ts'
import { requireLiving } from '../payers/payer-erased.ts'
import { stripeAccountOf, tenantOf } from '../tenants/stripe-account.ts'
import { read } from '../write.ts'
import { applyPaymentIntent } from './apply-payment-intent.ts'
import { type ChargeRow, loadCharge } from './charge.ts'
import { refusalOf } from './charge-refusals.ts'

/** `open`: the payer may confirm; `working`: Stripe is at it; `paid`, `over`: nothing is left to do. */
export type PaymentState = 'open' | 'working' | 'paid' | 'over'

export type PayerPayment = {
  state: PaymentState
  amount: number
  currency: string
  /** The tenant's name, as payers know it. */
  merchant: string
  card: { brand: string; last4: string }
}

/** What Stripe.js needs to let the payer authenticate; null when nothing is to be done. */
export type Authentication = { state: PaymentState; clientSecret: string | null; publishableKey: string | null }

export const authenticationInput = z.strictObject({})

/** @throws not_found, payer_erased */
export async function showPayment(ctx: Ctx, chargeId: string): Promise<PayerPayment> {
  requirePayer(ctx, chargeId)
  const { charge, last4 } = await read(ctx, tx => loadPayment(tx, chargeId))
  requireLiving(charge.payer_status)
  const { name } = await tenantOf(ctx)
  return {
    state: stateOf(ctx, charge),
    amount: charge.amount,
    currency: charge.currency,
    merchant: name,
    card: { brand: charge.brand, last4 },
  }
}

/**
 * Confirms the charge's own payment intent with the payer present. The token, its consent and its limits must still allow
 * it. An intent is paid once, however often it is confirmed. @throws not_found, invalid_state, stripe_unavailable, and
 * whatever forbids a charge now
 */
export async function beginAuthentication(ctx: Ctx, chargeId: string, input?: unknown): Promise<Authentication> {
  requirePayer(ctx, chargeId)
  parseInput(authenticationInput, input)
  const { charge } = await read(ctx, tx => loadPayment(tx, chargeId))
  requireLiving(charge.payer_status)
  const state = stateOf(ctx, charge)
  if (state !== 'open') return { state, clientSecret: null, publishableKey: null }
  await read(ctx, tx => refuseIfForbidden(tx, ctx, charge))
  const account = await stripeAccountOf(ctx)
  try {
    const intent = await confirmOnSession(account, charge)
    if (intent.status === 'requires_action') {
      return {
        state: 'open',
        clientSecret: intent.clientSecret,
        publishableKey: (await tenantOf(ctx)).stripePublishableKey,
      }
    }
    await applyPaymentIntent(ctx, intent, 'look')
  } catch (error) {
    if (!(error instanceof StripeFailure)) throw error
    if (error.kind !== 'declined') throw unavailable(error)
    await takeIn(ctx, chargeId)
  }
  return { state: await currentState(ctx, chargeId), clientSecret: null, publishableKey: null }
}

/**
 * Each try is a confirmation of its own: under the key of an earlier one Stripe would only repeat what it said then. An
 * intent cannot be paid twice, and of two confirmations at once the later finds it confirmed.
 */
async function confirmOnSession(account: StripeAccount, charge: ChargeRow): Promise<StripePaymentIntent> {
  const id = charge.stripe_payment_intent_id as string
  const intent = await account.retrievePaymentIntent(id)
  if (intent.status !== 'requires_payment_method' && intent.status !== 'requires_confirmation') return intent
  try {
    return await account.confirmPaymentIntent(
      id,
      { paymentMethod: charge.stripe_payment_method_id, offSession: false },
      `panless/${charge.id}/on-session/${randomUUID()}`,
    )
  } catch (error) {
    if (!(error instanceof StripeFailure) || error.kind !== 'invalid_request') throw error
    return account.retrievePaymentIntent(id)
  }
}

/**
 * Reads the intent again after the payer came back, so that the page need not wait for an event. What was paid is taken in
 * also while the payer is being erased. @throws not_found, payer_erased, stripe_unavailable
 */
export async function finishAuthentication(
  ctx: Ctx,
  chargeId: string,
  input?: unknown,
): Promise<{ state: PaymentState }> {
  requirePayer(ctx, chargeId)
  parseInput(authenticationInput, input)
  await takeIn(ctx, chargeId)
  return { state: await currentState(ctx, chargeId) }
}

async function takeIn(ctx: Ctx, chargeId: string): Promise<void> {
  const { charge } = await read(ctx, tx => loadPayment(tx, chargeId))
  if (stateOf(ctx, charge) === 'paid' || charge.stripe_payment_intent_id === null) return
  const account = await stripeAccountOf(ctx)
  try {
    await applyPaymentIntent(ctx, await account.retrievePaymentIntent(charge.stripe_payment_intent_id), 'look')
  } catch (error) {
    if (error instanceof StripeFailure) throw unavailable(error)
    throw error
  }
}

async function currentState(ctx: Ctx, chargeId: string): Promise<PaymentState> {
  const { charge } = await read(ctx, tx => loadPayment(tx, chargeId))
  requireLiving(charge.payer_status)
  return stateOf(ctx, charge)
}

function stateOf(ctx: Ctx, charge: ChargeRow): PaymentState {
  switch (charge.status) {
    case 'requires_action':
      return charge.authenticate_by !== null && charge.authenticate_by <= ctx.clock.now() ? 'over' : 'open'
    case 'succeeded':
    case 'requires_capture':
      return 'paid'
    case 'processing':
    case 'unknown':
    case 'sending':
      return 'working'
    default:
      return 'over'
  }
}

/** A link opens its own charge and no other. */
function requirePayer(ctx: Ctx, chargeId: string): void {
  if (ctx.actor.kind !== 'payer' || ctx.actor.chargeId !== chargeId) throw notFound()
}

async function loadPayment(tx: Tx, chargeId: string): Promise<{ charge: ChargeRow; last4: string }> {
  const { charge } = await loadCharge(tx, chargeId)
  const [card] = await tx.sql<{ last4: string }[]>`
    select last4 from tokens where tenant_id = ${tx.tenantId} and id = ${charge.token_id}`
  return { charge, last4: card?.last4 ?? '' }
}

async function refuseIfForbidden(tx: Tx, ctx: Ctx, charge: ChargeRow): Promise<void> {
  const [row] = await tx.sql<{ refusal: string | null }[]>`
    select charge_refusal(t.tenant_id, ${ctx.clock.now()}, p, t.id, t.status, t.usage, t.limits, t.payer_id, t.consent_id,
                          ${charge.amount}, ${charge.currency}, ${charge.billing_job}, true, ${charge.id}) as refusal
      from tokens t join tenants p on p.id = t.tenant_id
     where t.tenant_id = ${tx.tenantId} and t.id = ${charge.token_id}`
  if (row?.refusal) throw refusalOf(row.refusal)
}

const unavailable = (cause: StripeFailure) =>
  new DomainError('stripe_unavailable', 'The payment cannot be completed right now. Please try again in a moment.', {
    retryAfterSeconds: 5,
    cause,
  })
