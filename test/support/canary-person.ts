// A person written through every way in that takes something about a person, each with words of their own.
import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import { operatorContext } from '../../src/domain/tenants/operator-context.ts'
import { importToken } from '../../src/domain/tokens/import-token.ts'
import type { ApiAnswer, ApiClient } from './api-client.ts'
import { type Mark, newMark } from './canary.ts'
import { asSuperuser } from './database-contents.ts'
import { DAY, faults, HOUR, MINUTE, NO_READS, resolve, unknownCharge } from './money.ts'
import { stripeBrowser } from './stripe-browser.ts'
import type { World } from './world.ts'

/** Operations that take a body: written by the canary, or why nothing of a person can be in it. A new one must be entered. */
export const WAYS_IN: Readonly<Record<string, 'written' | { nothing: string }>> = {
  'POST /v1/payers': 'written',
  'POST /v1/payers/search': 'written',
  'PATCH /v1/payers/{id}': 'written',
  'POST /v1/payers/{id}/reveal': 'written',
  'POST /v1/payers/{id}/consents': 'written',
  'POST /v1/payers/{id}/consents/{consent}/withdraw': { nothing: 'an empty body' },
  'POST /v1/checkout-sessions': { nothing: 'ids, a version of a text and its language' },
  'POST /v1/tokens': 'written',
  'PATCH /v1/tokens/{id}': 'written',
  'POST /v1/tokens/{id}/freeze': 'written',
  'POST /v1/tokens/{id}/thaw': { nothing: 'an empty body' },
  'DELETE /v1/tokens/{id}': { nothing: 'an empty body' },
  'POST /v1/charges': 'written',
  'POST /v1/charges/{id}/capture': { nothing: 'an amount' },
  'POST /v1/charges/{id}/cancel': { nothing: 'an empty body' },
  'POST /v1/charges/{id}/resolve': 'written',
  'POST /v1/refunds': 'written',
  'POST /v1/reconciliations': { nothing: 'times' },
  'POST /v1/disclosures': 'written',
  'POST /v1/disclosures/{id}/approve': { nothing: 'an empty body' },
  'POST /v1/disclosures/{id}/refuse': 'written',
  'POST /v1/privacy-requests': 'written',
  'POST /v1/privacy-requests/{id}/identity-checks': { nothing: 'an empty body' },
  'POST /v1/privacy-requests/{id}/identity-checks/confirm': { nothing: 'a code and an amount, which are not kept' },
  'POST /v1/privacy-requests/{id}/decide': 'written',
  'POST /v1/privacy-requests/{id}/extend': 'written',
  'POST /v1/privacy-requests/{id}/cancel': 'written',
  'POST /rights': 'written',
  'POST /rights/of/{tenant}': { nothing: 'as of the default tenant' },
  'POST /rights/{link}': { nothing: 'a code and an amount, which are not kept' },
  'POST /rights/{link}/code': { nothing: 'an empty body' },
  'POST /rights/{link}/package': { nothing: 'the form of the answer' },
  'POST /v1/privacy-requests/{id}/package': 'written',
  'POST /v1/inquiries': 'written',
  'POST /v1/inquiries/{id}/reveal': 'written',
  'POST /v1/inquiries/{id}/assign': { nothing: 'the name of a person of the company' },
  'POST /v1/inquiries/{id}/answer': 'written',
  'POST /v1/inquiries/{id}/close': { nothing: 'a code' },
  'POST /v1/inquiries/{id}/link-request': { nothing: 'a kind of request' },
  'POST /contact': 'written',
  'POST /contact/{tenant}': { nothing: 'as of the default tenant' },
  'POST /webhooks/stripe': { nothing: 'as of the tenant' },
  'POST /webhooks/stripe/{tenant}': 'written',
  'POST /pay/{link}/begin': { nothing: 'an empty body' },
  'POST /pay/{link}/finish': { nothing: 'an empty body' },
}

/** `imported`: the same person again, as a company that takes over its cards would bring them. */
export type CanaryPerson = { mark: Mark; payer: string; imported: string; tokens: string[]; charges: string[] }

/** The services of one caller, each of which answers what is expected of it. */
function ways(world: World) {
  const [checkout, billing, privacy, admin, finance] = (
    ['checkout', 'billing', 'privacy', 'admin', 'finance'] as const
  ).map(role => world.as(role)) as [ApiClient, ApiClient, ApiClient, ApiClient, ApiClient]
  const second = world.as('privacy', 'demo', { sub: 'a second person' })
  return { checkout, billing, privacy, admin, finance, second }
}

function good(answer: ApiAnswer): ApiAnswer {
  expect([200, 201, 202], answer.text).toContain(answer.status)
  return answer
}

export async function writeCanaryPerson(world: World): Promise<CanaryPerson> {
  const mark = newMark()
  const payer = await writeProfile(world, mark)
  const tokens = await writeCards(world, mark, payer)
  const charges = await writeMoney(world, mark, tokens)
  const imported = await writeAtStripe(world, mark, payer)
  await writeRefused(world, mark, payer)
  await world.advance(10 * MINUTE)
  await world.work()
  return { mark, payer, imported, tokens, charges }
}

/** What is kept for days only, or until a mail is sent: written when no more time is going to pass. */
export async function writeLateCanaries(world: World, people: readonly CanaryPerson[]): Promise<void> {
  for (const { mark, payer } of people) await writeDisclosures(world, mark, payer)
  for (const { mark, payer } of people) await writeRequests(world, mark, payer)
  await world.work()
  for (const { mark, payer } of people) {
    await writeInquiries(world, mark, payer)
    await writeContactForm(world, mark)
    await writeWaitingMail(world, mark, payer)
  }
}

/** A notice that waits in the outbox. */
async function writeWaitingMail(world: World, mark: Mark, payer: string): Promise<void> {
  const { privacy } = ways(world)
  const open = (await privacy.get(`/v1/privacy-requests?payer=${payer}&status=verifying`)).json.data[0].id
  good(await privacy.post(`/v1/privacy-requests/${open}/extend`, { reason: mark.word('extension') }))
}

/** Granted for the person, whom the desk knows by a document: their address is too young for a code. */
export async function grantAccess(
  world: World,
  { mark, payer }: Pick<CanaryPerson, 'mark' | 'payer'>,
): Promise<string> {
  const { privacy } = ways(world)
  const asked = { kind: 'access', payer, contact: mark.email(), message: mark.word('accessmessage') }
  const id = good(await privacy.post('/v1/privacy-requests', asked)).json.id
  await grant(world, id, { decision: 'approve', reason: mark.word('accessreason') })
  return id
}

async function grant(world: World, id: string, decision: Record<string, unknown>): Promise<void> {
  const { privacy, second } = ways(world)
  const path = `/v1/privacy-requests/${id}`
  for (const evidence of [{ kind: 'document_seen', document: 'passport' }, { kind: 'signed_in_session' }])
    good(await privacy.post(`${path}/identity-checks/confirm`, { evidence }))
  for (const person of [privacy, second]) good(await person.post(`${path}/decide`, decision))
}

async function writeRequests(world: World, mark: Mark, payer: string): Promise<void> {
  const { privacy } = ways(world)
  const { word } = mark
  const path = '/v1/privacy-requests'
  const from = { payer, contact: mark.email() }
  const changes = { short_name: word('shortname'), phone: mark.phone }
  const rectify = good(await privacy.post(path, { kind: 'rectify', ...from, changes })).json.id
  await grant(world, rectify, { decision: 'approve', reason: word('rectifyreason') })
  const open = good(await privacy.post(path, { kind: 'erase', ...from, message: word('erasemessage') })).json.id
  good(await privacy.post(`${path}/${open}/identity-checks`))
  const form = { kind: 'rectify', contact: mark.email(), payer: word('externalref'), message: word('rightsmessage') }
  expect((await sendForm(world, '/rights', form)).status).toBe(303)
  const dropped = good(await privacy.post(path, { kind: 'object', ...from })).json.id
  good(await privacy.post(`${path}/${dropped}/cancel`, { reason: word('cancellation') }))
}

async function writeProfile(world: World, mark: Mark): Promise<string> {
  const { checkout, privacy, second } = ways(world)
  const { word } = mark
  const key = randomUUID()
  const body = {
    short_name: word('shortname'),
    real_name: word('realname'),
    email: mark.email(),
    phone: mark.phone,
    external_ref: word('externalref'),
    locale: 'mn',
    metadata: { [word('m').slice(0, 40)]: word('metadata') },
  }
  const payer = good(await checkout.post('/v1/payers', body, { key })).json.id
  expect((await checkout.post('/v1/payers', body, { key })).headers['idempotency-replayed']).toBe('true')
  const earlier = {
    short_name: word('earliershortname'),
    email: mark.email('earlier'),
    real_name: word('earlierrealname'),
  }
  good(await checkout.patch(`/v1/payers/${payer}`, { ...earlier, external_ref: word('earlierexternalref') }))
  good(await checkout.patch(`/v1/payers/${payer}`, body))
  good(await checkout.post('/v1/payers/search', { email: mark.email() }, { key: null }))
  good(await checkout.get(`/v1/payers?short_name=${word('shortname')}&external_ref=${word('externalref')}`))
  const reveal = { fields: ['real_name', 'email', 'phone'], purpose: 'collect_money', reason: word('revealreason') }
  good(await privacy.post(`/v1/payers/${payer}/reveal`, reveal))
  const consent = {
    purpose: 'interviews',
    text_version: 'v1',
    locale: 'mn',
    ip: mark.ip(1),
    user_agent: word('consentagent'),
  }
  good(await second.post(`/v1/payers/${payer}/consents`, consent))
  return payer
}

async function writeCards(world: World, mark: Mark, payer: string): Promise<string[]> {
  const { checkout, admin } = ways(world)
  const { word } = mark
  const consent = { text_version: 'v1', ip: mark.ip(2), user_agent: word('cardagent') }
  const saved = good(await checkout.post('/v1/tokens', { payer, payment_method: 'pm_card_visa', consent })).json.id
  good(await admin.patch(`/v1/tokens/${saved}`, { metadata: { [word('t').slice(0, 40)]: word('tokenmetadata') } }))
  good(await admin.post(`/v1/tokens/${saved}/freeze`, { reason: word('freezereason') }))
  good(await admin.post(`/v1/tokens/${saved}/thaw`))
  const session = good(
    await checkout.post('/v1/checkout-sessions', {
      payer,
      usage: 'off_session',
      consent: { text_version: 'v1', locale: 'mn' },
    }),
  ).json
  const setup = await stripeBrowser(world).confirmSetup(session.setup_intent_client_secret, 'pm_card_mastercard')
  const page = world.withToken(session.session_token)
  const byPage = good(
    await page.post('/v1/tokens', { setup_intent: setup.id }, { headers: { 'user-agent': word('pageagent') } }),
  ).json.id
  const declined = { payer, payment_method: 'pm_card_chargeDeclined', consent: { ...consent, ip: mark.ip(3) } }
  expect((await checkout.post('/v1/tokens', declined)).status).toBe(402)
  return [saved, byPage]
}

async function writeMoney(world: World, mark: Mark, [token]: string[]): Promise<string[]> {
  const { billing, finance } = ways(world)
  const { word } = mark
  const paid = good(
    await billing.post('/v1/charges', {
      token,
      amount: 1_500,
      currency: 'usd',
      reference: word('reference'),
      description: word('description'),
      metadata: { [word('c').slice(0, 40)]: word('chargemetadata') },
    }),
  ).json.id
  good(await billing.post('/v1/refunds', { charge: paid, amount: 300, reason: word('refundreason') }))
  good(await billing.get(`/v1/charges?reference=${word('reference')}`))
  const reviewed = await unknownCharge(world, token as string, 'after', { reference: word('reviewedreference') })
  await faults(world, [NO_READS])
  for (const seconds of [5 * MINUTE, HOUR, DAY, DAY, DAY, DAY, DAY]) {
    await world.advance(seconds + 1)
    await resolve(world)
  }
  await faults(world, [])
  const decision = { outcome: 'succeeded', reason: word('reviewreason') }
  good(await finance.post(`/v1/charges/${reviewed}/resolve`, decision))
  return [paid, reviewed]
}

async function writeDisclosures(world: World, mark: Mark, payer: string): Promise<void> {
  const { privacy, second } = ways(world)
  const { word } = mark
  const consent = (await privacy.get(`/v1/payers/${payer}/consents`)).json.data.find(
    (one: { purpose: string }) => one.purpose === 'interviews',
  ).id
  const fields = ['real_name', 'email']
  const made = good(
    await privacy.post('/v1/disclosures', {
      payer,
      recipient: word('recipient'),
      basis: 'consent',
      basis_ref: consent,
      fields,
    }),
  ).json.id
  good(await privacy.get(`/v1/disclosures/${made}/package`))
  const law = { authority: word('authority'), reference: word('lawreference'), document_sha256: 'ab'.repeat(32) }
  const asked = { payer, recipient: word('court'), basis: 'law', basis_ref: law, fields: ['real_name', 'charges'] }
  const approved = good(await privacy.post('/v1/disclosures', asked)).json.id
  good(await second.post(`/v1/disclosures/${approved}/approve`))
  const refused = good(await privacy.post('/v1/disclosures', asked)).json.id
  good(await second.post(`/v1/disclosures/${refused}/refuse`, { reason: word('refusalreason') }))
}

async function writeInquiries(world: World, mark: Mark, payer: string): Promise<void> {
  const { privacy } = ways(world)
  const { word } = mark
  const contact = { email: mark.email('inquiry'), phone: mark.phone, name: word('inquiryname') }
  const body = { kind: 'complaint', message: word('inquirymessage'), contact, payer, locale: 'mn' }
  const inquiry = good(await privacy.post('/v1/inquiries', body)).json.id
  good(await privacy.get(`/v1/inquiries/${inquiry}`))
  const reveal = { purpose: 'answer_messages', reason: word('inquiryreason') }
  good(await privacy.post(`/v1/inquiries/${inquiry}/reveal`, reveal, { key: null }))
  good(await privacy.post(`/v1/inquiries/${inquiry}/answer`, { message: word('inquiryanswer') }))
}

/**
 * At the public form nobody knows whose words they are: they are sealed with a key of their own. That they are the
 * person's turns out when they have become a request, and the person has shown who they are.
 */
async function writeContactForm(world: World, { word, email }: Mark): Promise<void> {
  const { privacy } = ways(world)
  const page = (await world.withToken(null).get('/contact')).text
  const stamp = /name="stamp" value="([^"]+)"/.exec(page)?.[1] as string
  // Sooner than a person can write, it would be taken for a machine's.
  await world.advance(60)
  const fields = { stamp, kind: 'wish', message: word('formmessage'), email: email(), name: word('formname') }
  good(await sendForm(world, '/contact', { ...fields, website: '' }))
  const { id } = (await privacy.get('/v1/inquiries?limit=1')).json.data[0]
  const reveal = { purpose: 'answer_messages', reason: word('formreason') }
  good(await privacy.post(`/v1/inquiries/${id}/reveal`, reveal, { key: null }))
  good(await privacy.post(`/v1/inquiries/${id}/answer`, { message: word('formanswer') }))
  const linked = good(await privacy.post(`/v1/inquiries/${id}/link-request`, { kind: 'access' })).json
  await grant(world, linked.privacy_request, { decision: 'approve', reason: word('formgrant') })
}

/** As a browser sends a form of one of our pages. */
function sendForm(world: World, path: string, fields: Record<string, string>): Promise<ApiAnswer> {
  const headers = { 'content-type': 'application/x-www-form-urlencoded', origin: world.url }
  const raw = new URLSearchParams(fields).toString()
  return world.withToken(null).send('POST', path, undefined, { key: null, raw, headers })
}

/** What people at Stripe's dashboard, and Stripe's own pages, write: it comes back in webhooks and reads. */
async function writeAtStripe(world: World, mark: Mark, payer: string): Promise<string> {
  const { checkout } = ways(world)
  const { word } = mark
  const made = await world.stripeApi('POST', '/v1/customers', {
    name: word('customername'),
    email: mark.email('customer'),
    phone: mark.phone,
  })
  const customer = made.json.id as string
  const method = await stripeBrowser(world).paymentMethod('tok_amex')
  await world.stripeApi('POST', `/v1/payment_methods/${method}/attach`, { customer })
  const ctx = operatorContext(world.dependencies, 'demo', 'test')
  await importToken(
    ctx,
    {
      short_name: word('importedshortname'),
      external_ref: word('importedexternalref'),
      real_name: word('importedrealname'),
      email: mark.email('imported'),
      phone: mark.phone,
      stripe_customer: customer,
      payment_method: method,
      consent_text_version: 'v1',
      consent_accepted_at: '2026-11-01T00:00:00Z',
      consent_ip: mark.ip(4),
      consent_user_agent: word('importedagent'),
    },
    { dryRun: false },
  )
  const imported = (await checkout.get(`/v1/payers?external_ref=${word('importedexternalref')}`)).json.data[0].id
  for (const of of [customer, await customerOf(world, payer)]) {
    const cards = await world.stripeApi('GET', `/v1/customers/${of}/payment_methods`, { limit: '100' })
    expect(cards.json.data.length).toBeGreaterThan(0)
    for (const { id } of cards.json.data as { id: string }[]) {
      await world.stripeApi('POST', `/v1/payment_methods/${id}`, {
        'billing_details[name]': word('billingname'),
        'billing_details[email]': mark.email('billing'),
        'billing_details[phone]': mark.phone,
      })
    }
    await world.stripeApi('POST', `/v1/customers/${of}`, { description: word('customerdescription') })
  }
  const [saved] = (await checkout.get(`/v1/tokens?payer=${imported}`)).json.data
  const charge = { token: saved.id, amount: 700, currency: 'usd', reference: word('importedreference') }
  good(await ways(world).billing.post('/v1/charges', charge))
  return imported
}

const customerOf = (world: World, payer: string) =>
  asSuperuser(world.database, async sql => {
    const [row] = await sql<{ id: string }[]>`select stripe_customer_id as id from payers where id = ${payer}`
    return row?.id as string
  })

/** What is refused is said too, and must be nowhere afterwards. */
async function writeRefused(world: World, mark: Mark, payer: string): Promise<void> {
  const { checkout, billing, privacy } = ways(world)
  const { word } = mark
  await checkout.post('/v1/payers', { short_name: word('refused'), [word('unknown')]: word('value') })
  await checkout.post('/v1/payers', { short_name: word('taken'), external_ref: word('externalref') })
  await checkout.patch(`/v1/payers/${payer}`, { email: word('notanaddress') })
  await checkout.get(`/v1/payers/${word('path')}?${word('query')}=${word('query')}`)
  await billing.post('/v1/charges', {
    token: word('token'),
    amount: 1,
    currency: 'usd',
    reference: word('refusedreference'),
  })
  await privacy.post(`/v1/payers/${payer}/reveal`, { fields: ['email'], purpose: word('purpose'), reason: word('why') })
  await world.withToken(`${word('head')}.${word('body')}.${word('sign')}`).get('/v1/payers')
}
