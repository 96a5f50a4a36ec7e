// What a payer's browser does at Stripe with the publishable key: single-use ids, and finishing a SetupIntent.
import type { TenantName, World } from './world.ts'

export type StripeBrowser = {
  /** A single-use token of a published test number. */
  token(number?: string): Promise<string>
  /** A payment method that nobody has used. */
  paymentMethod(testName?: string): Promise<string>
  /** Finishes a SetupIntent with a test card; answers its id and the status of Stripe's answer. */
  confirmSetup(clientSecret: string, paymentMethod?: string): Promise<{ id: string; status: number }>
}

export function stripeBrowser(world: World, tenant: TenantName = 'demo'): StripeBrowser {
  const key = world.stripe.publishableKeys[tenant]

  async function post(path: string, params: Record<string, string>) {
    const answer = await fetch(`${world.stripe.url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(params).toString(),
    })
    return { status: answer.status, json: (await answer.json()) as { id: string } }
  }

  return {
    async token(number = '4242424242424242') {
      const card = { 'card[number]': number, 'card[exp_month]': '12', 'card[exp_year]': '2031', 'card[cvc]': '123' }
      return (await post('/v1/tokens', card)).json.id
    },
    async paymentMethod(testName = 'tok_visa') {
      return (await post('/v1/payment_methods', { type: 'card', 'card[token]': testName })).json.id
    },
    async confirmSetup(clientSecret, paymentMethod = 'pm_card_visa') {
      const id = clientSecret.split('_secret_')[0] as string
      const params = { client_secret: clientSecret, payment_method: paymentMethod }
      return { id, status: (await post(`/v1/setup_intents/${id}/confirm`, params)).status }
    },
  }
}

/** How often Stripe attached a card, as its own events say. */
export async function attachesAtStripe(world: World, tenant: TenantName = 'demo'): Promise<number> {
  const events = await world.stripeApi('GET', '/v1/events', { type: 'payment_method.attached', limit: '100' }, tenant)
  return events.json.data.length
}
