// For each kind of object that events name: how it is read again from Stripe, and which verb takes it in.
import type { StripePayout } from '../../stripe/balance-objects.ts'
import type { StripePaymentMethod } from '../../stripe/card-objects.ts'
import type { StripeAccount } from '../../stripe/gateway.ts'
import type { StripeCharge, StripeDispute, StripePaymentIntent, StripeRefund } from '../../stripe/payment-objects.ts'
import { applyPaymentIntent } from '../charges/apply-payment-intent.ts'
import { applyStripeCharge } from '../charges/apply-stripe-charge.ts'
import type { Ctx } from '../context.ts'
import { applyStripeDispute } from '../disputes/apply-stripe-dispute.ts'
import { applyPayout } from '../reconciliation/apply-payout.ts'
import { applyStripeRefund } from '../refunds/apply-stripe-refund.ts'
import { applyPaymentMethod } from '../tokens/apply-payment-method-event.ts'
import type { SubjectKind } from './event-handlers.ts'
import type { EventFacts } from './event-row.ts'

export type Objects = {
  payment_intent: StripePaymentIntent
  charge: StripeCharge
  refund: StripeRefund
  dispute: StripeDispute
  payout: StripePayout
  payment_method: StripePaymentMethod
}

/** What one pass has read already: a charge comes with its payment intent, so it is seldom read alone. */
export type PassReads = { account: StripeAccount; intents: Map<string, Promise<StripePaymentIntent>> }

type Subject<Thing> = {
  read(reads: PassReads, id: string, facts: EventFacts): Promise<Thing>
  /** What an event may not have told otherwise: these never change in the life of such an object. */
  claims(thing: Thing): EventFacts
  apply(ctx: Ctx, thing: Thing): Promise<unknown>
}

export const SUBJECTS: { [Kind in SubjectKind]: Subject<Objects[Kind]> } = {
  payment_intent: {
    read: readIntent,
    claims: intent => ({ amount: intent.amount, currency: intent.currency, ...customerOf(intent) }),
    apply: (ctx, intent) => applyPaymentIntent(ctx, intent),
  },
  charge: {
    async read(reads, id, facts) {
      const intent = facts.payment_intent ? await readIntent(reads, facts.payment_intent) : null
      return intent?.latestCharge?.id === id ? intent.latestCharge : reads.account.retrieveCharge(id)
    },
    claims: charge => ({ amount: charge.amount, currency: charge.currency, ...customerOf(charge) }),
    apply: (ctx, charge) => applyStripeCharge(ctx, charge),
  },
  refund: {
    read: ({ account }, id) => account.retrieveRefund(id),
    claims: ({ amount, currency, charge }) => ({ amount, currency, ...(charge ? { charge } : {}) }),
    apply: (ctx, refund) => applyStripeRefund(ctx, refund),
  },
  dispute: {
    read: ({ account }, id) => account.retrieveDispute(id),
    claims: ({ currency, charge }) => ({ currency, charge }),
    apply: (ctx, dispute) => applyStripeDispute(ctx, dispute),
  },
  payout: {
    read: ({ account }, id) => account.retrievePayout(id),
    claims: ({ amount, currency }) => ({ amount, currency }),
    apply: applyPayout,
  },
  payment_method: {
    read: ({ account }, id) => account.retrievePaymentMethod(id),
    claims: customerOf,
    apply: applyPaymentMethod,
  },
}

function readIntent({ account, intents }: PassReads, id: string): Promise<StripePaymentIntent> {
  const known = intents.get(id)
  if (known) return known
  const reading = account.retrievePaymentIntent(id)
  intents.set(id, reading)
  return reading
}

// A customer that Stripe no longer names (a detached card, a deleted customer) contradicts nothing.
function customerOf({ customer }: { customer: string | null }): EventFacts {
  return customer ? { customer } : {}
}
