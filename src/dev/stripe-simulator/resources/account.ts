/** /v1/account: whose key this is. */
import type Stripe from 'stripe'
import { type ApiRoute, route } from '../api/route.ts'

export const accountRoutes: ApiRoute[] = [
  route(
    'GET',
    '/v1/account',
    {},
    ({ account }): Stripe.Account => ({
      id: account.id,
      object: 'account',
      business_type: 'company',
      capabilities: { card_payments: 'active', transfers: 'active' },
      charges_enabled: true,
      country: 'US',
      default_currency: 'usd',
      details_submitted: true,
      email: null,
      payouts_enabled: true,
      settings: null,
      type: 'standard',
    }),
  ),
]
