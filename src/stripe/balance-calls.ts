// Calls that reconciliation and the event intake read: balance, balance transactions, payouts, events.
import type Stripe from 'stripe'
import {
  readBalance,
  readBalanceTransaction,
  readPayout,
  type StripeBalance,
  type StripeBalanceTransaction,
  type StripePayout,
} from './balance-objects.ts'
import { type Call, expecting, pageOf, requireId, type StripePage } from './call.ts'
import { readEvent, type StripeEvent } from './event-object.ts'
import { createdRange, type StripeWindow } from './window.ts'

export type BalanceCalls = {
  balance(): Promise<StripeBalance>
  retrieveBalanceTransaction(id: string): Promise<StripeBalanceTransaction>
  /** One page with sources expanded; `payout` works for automatic payouts alone, and its own line is among them. */
  listBalanceTransactions(params: { payout?: string } & StripeWindow): Promise<StripePage<StripeBalanceTransaction>>
  retrievePayout(id: string): Promise<StripePayout>
  listPayouts(params: StripeWindow): Promise<StripePage<StripePayout>>
  retrieveEvent(id: string): Promise<StripeEvent>
  /** One page of the last 30 days, of at most 20 types; `deliverySuccess: false` lists what no endpoint has taken. */
  listEvents(params: { types?: string[]; deliverySuccess?: boolean } & StripeWindow): Promise<StripePage<StripeEvent>>
}

export function balanceCalls(stripe: Stripe, call: Call): BalanceCalls {
  return {
    balance: () => call({ operation: 'balance' }, options => stripe.balance.retrieve({}, options), readBalance),
    retrieveBalanceTransaction: id =>
      call(
        { operation: 'retrieveBalanceTransaction' },
        options =>
          stripe.balanceTransactions.retrieve(
            requireId('retrieveBalanceTransaction', 'balance_transaction', id),
            { expand: ['source'] },
            options,
          ),
        expecting(id, readBalanceTransaction),
      ),
    listBalanceTransactions: params =>
      call(
        { operation: 'listBalanceTransactions' },
        options => {
          const { payout } = params
          const ofPayout =
            payout === undefined ? {} : { payout: requireId('listBalanceTransactions', 'payout', payout) }
          const list = { ...ofPayout, ...createdRange(params), expand: ['data.source'] }
          return stripe.balanceTransactions.list(list, options)
        },
        pageOf(readBalanceTransaction),
      ),
    retrievePayout: id =>
      call(
        { operation: 'retrievePayout' },
        options => stripe.payouts.retrieve(requireId('retrievePayout', 'payout', id), {}, options),
        expecting(id, readPayout),
      ),
    listPayouts: params =>
      call(
        { operation: 'listPayouts' },
        options => stripe.payouts.list(createdRange(params), options),
        pageOf(readPayout),
      ),
    retrieveEvent: id =>
      call(
        { operation: 'retrieveEvent' },
        options => stripe.events.retrieve(requireId('retrieveEvent', 'event', id), {}, options),
        expecting(id, readEvent),
      ),
    listEvents: params =>
      call(
        { operation: 'listEvents' },
        options =>
          stripe.events.list(
            {
              ...(params.types === undefined ? {} : { types: params.types }),
              ...(params.deliverySuccess === undefined ? {} : { delivery_success: params.deliverySuccess }),
              ...createdRange(params),
            },
            options,
          ),
        pageOf(readEvent),
      ),
  }
}
