// What most stories start from: a payer with a saved card, made through the door as a checkout service would.
import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import type { TenantName, World } from './world.ts'

export type SavedCard = {
  payer: string
  token: string
  /** The mandate to charge the card. */
  consent: string
}

export async function payerWithCard(
  world: Pick<World, 'as'>,
  options: { tenant?: TenantName; paymentMethod?: string; token?: Record<string, unknown> } = {},
): Promise<SavedCard> {
  const { tenant = 'demo', paymentMethod = 'pm_card_visa', token = {} } = options
  const checkout = world.as('checkout', tenant)
  const payer = await checkout.post('/v1/payers', { short_name: `P. ${randomUUID().slice(0, 6)}` })
  expect(payer.status, payer.text).toBe(201)
  const saved = await checkout.post('/v1/tokens', {
    payer: payer.json.id,
    payment_method: paymentMethod,
    consent: { text_version: '2026-11-01' },
    ...token,
  })
  expect(saved.status, saved.text).toBe(201)
  const consents = await world.as('privacy', tenant).get(`/v1/payers/${payer.json.id}/consents?limit=1`)
  return { payer: payer.json.id, token: saved.json.id, consent: consents.json.data[0].id }
}

/** A charge's body with a reference of its own. */
export const chargeOf = (token: string, more: Record<string, unknown> = {}) => ({
  token,
  amount: 1200,
  currency: 'usd',
  reference: `ref-${randomUUID()}`,
  ...more,
})
