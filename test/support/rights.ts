// People who ask about their data: payers with an address on file, a payment that only they know, and the codes they get.
import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import type { ApiAnswer } from './api-client.ts'
import { chargeOf } from './payer-with-card.ts'
import type { World } from './world.ts'

export type Person = { payer: string; email: string; token: string; amount: number }

/** A payer with an e-mail address on file and one payment of 48.00 USD. */
export async function personWithPayment(world: World, more: Record<string, unknown> = {}): Promise<Person> {
  const email = `${randomUUID()}@example.com`
  const checkout = world.as('checkout')
  const made = await checkout.post('/v1/payers', { short_name: 'Bat', real_name: 'Bat-Erdene', email, ...more })
  expect(made.status, made.text).toBe(201)
  const payer = made.json.id
  const token = await checkout.post('/v1/tokens', {
    payer,
    payment_method: 'pm_card_visa',
    consent: { text_version: 'v1' },
  })
  expect(token.status, token.text).toBe(201)
  const charge = await world.as('billing').post('/v1/charges', chargeOf(token.json.id, { amount: 4_800 }))
  expect(charge.status, charge.text).toBe(201)
  return { payer, email, token: token.json.id, amount: 4_800 }
}

export const askAs = (world: World, body: Record<string, unknown>, key?: string): Promise<ApiAnswer> =>
  world.as('privacy').post('/v1/privacy-requests', body, key ? { key } : {})

/** Asks for `kind` as the person would, and answers the request's id. */
export async function ask(
  world: World,
  person: Pick<Person, 'payer' | 'email'>,
  kind: string,
  more: Record<string, unknown> = {},
): Promise<string> {
  const asked = await askAs(world, { kind, payer: person.payer, contact: person.email, ...more })
  expect(asked.status, asked.text).toBe(201)
  return asked.json.id
}

export const mailsTo = (world: World, address: string) => world.mails().filter(mail => mail.to.includes(address))

/** The code of the last mail to an address, after the outbox was worked off; null without one. */
export async function codeTo(world: World, address: string): Promise<string | null> {
  await world.work()
  const codes = mailsTo(world, address).flatMap(mail => /^[A-Z2-9]{4}-[A-Z2-9]{4}$/m.exec(mail.text)?.[0] ?? [])
  return codes.at(-1) ?? null
}

export const amountOf = ({ amount }: Person) => ({ kind: 'last_payment_amount', amount, currency: 'usd' })

export const post = (world: World, id: string, path: string, body: Record<string, unknown> = {}, subject?: string) =>
  world.as('privacy', 'demo', subject ? { sub: subject } : {}).post(`/v1/privacy-requests/${id}/${path}`, body)

/** Shows who the person is, with a code and the amount of the last payment. */
export async function verify(world: World, person: Person, id: string): Promise<ApiAnswer> {
  const sent = await post(world, id, 'identity-checks')
  expect(sent.status, sent.text).toBe(201)
  const code = await codeTo(world, person.email)
  const confirmed = await post(world, id, 'identity-checks/confirm', { code, evidence: amountOf(person) })
  expect(confirmed.status, confirmed.text).toBe(200)
  expect(confirmed.json.status).toBe('verified')
  return confirmed
}

/** A request of the person's that is verified. */
export async function verified(world: World, person: Person, kind: string, more: Record<string, unknown> = {}) {
  const id = await ask(world, person, kind, more)
  await verify(world, person, id)
  return id
}

export const approve = (world: World, id: string, subject?: string, more: Record<string, unknown> = {}) =>
  post(world, id, 'decide', { decision: 'approve', reason: 'As the law asks.', ...more }, subject)

/** The path of the last link to the person's page in the mails to an address. */
export function linkTo(world: World, address: string): string {
  const links = mailsTo(world, address).flatMap(mail => /https:\/\/\S+\/rights\/\S+/.exec(mail.text)?.[0] ?? [])
  return new URL(links.at(-1) as string).pathname
}
