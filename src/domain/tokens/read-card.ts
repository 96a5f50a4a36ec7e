// Reads the card to be saved from Stripe and says whose it is. The ids that Stripe answers are what is claimed: names of
// the test mode, such as pm_card_visa, answer with a fresh id each time.
import { setTimeout as sleep } from 'node:timers/promises'
import type { StripeCard, StripePaymentMethod, StripeSetupIntent } from '../../stripe/card-objects.ts'
import type { StripeAccount } from '../../stripe/gateway.ts'
import { withRetries } from '../../stripe/retries.ts'
import { StripeFailure } from '../../stripe/stripe-failure.ts'
import { isTestAlias } from '../../stripe/stripe-ids.ts'
import type { Ctx } from '../context.ts'
import { joinFlight } from '../single-flight.ts'
import { stripeKeyOf } from '../stripe-keys.ts'
import type { Usage } from './show-token.ts'
import type { CardSource } from './token-input.ts'
import { TokenizeRefusal } from './tokenize-refusal.ts'

export type CardToSave = {
  paymentMethodId: string
  card: StripeCard
  /** Stripe's ids that stand for this card alone. */
  sources: string[]
  usage: Usage
  /** Whether Stripe holds it for the payer's customer already. */
  attached: boolean
}

const ATTEMPTS = 4

export type ReadCardOptions = {
  account: StripeAccount
  source: CardSource
  /** The payer's customer, null while there is none. */
  customer: string | null
  /** Names the request among others like it, for what only a fresh request may make anew. */
  requestName: string
}

/** @throws TokenizeRefusal, StripeFailure */
export async function readCard(ctx: Ctx, options: ReadCardOptions): Promise<CardToSave> {
  switch (options.source.kind) {
    case 'setup_intent':
      return fromSetupIntent(options)
    case 'payment_method':
      return fromPaymentMethod(options, await retrievePaymentMethod(options.account, options.source.id), [])
    case 'stripe_token':
      return fromToken(ctx, options)
  }
}

export function retrievePaymentMethod(account: StripeAccount, id: string): Promise<StripePaymentMethod> {
  const read = () => retrying(() => account.retrievePaymentMethod(id))
  return isTestAlias(id) ? read() : joinFlight(account, `payment method ${id}`, read)
}

async function fromSetupIntent({ account, source, customer }: ReadCardOptions): Promise<CardToSave> {
  const intent = await retrying(() => account.retrieveSetupIntent(source.id))
  if (customer === null || intent.customer !== customer) throw new TokenizeRefusal('wrong_payer', source.kind)
  if (intent.status !== 'succeeded') throw notSucceeded(intent)
  const method = intent.paymentMethod
  if (!method?.card) throw new TokenizeRefusal('not_a_card', source.kind)
  if (method.customer === null) throw new TokenizeRefusal('spent', source.kind)
  if (method.customer !== customer) throw new TokenizeRefusal('wrong_payer', source.kind)
  return {
    paymentMethodId: method.id,
    card: method.card,
    sources: [intent.id, method.id],
    usage: intent.usage === 'on_session' ? 'on_session' : 'off_session',
    attached: true,
  }
}

/** A set-up that the issuer refused is a sign of card testing; one that is only unfinished is not. */
const notSucceeded = (intent: StripeSetupIntent) =>
  new TokenizeRefusal(intent.lastError === null ? 'setup_not_succeeded' : 'setup_failed', 'setup_intent')

function fromPaymentMethod(
  { source, customer }: ReadCardOptions,
  method: StripePaymentMethod,
  besides: string[],
): CardToSave {
  if (!method.card) throw new TokenizeRefusal('not_a_card', source.kind)
  if (method.customer !== null && method.customer !== customer) throw new TokenizeRefusal('wrong_payer', source.kind)
  return {
    paymentMethodId: method.id,
    card: method.card,
    sources: [...besides, method.id],
    usage: 'off_session',
    attached: method.customer !== null,
  }
}

/** A token is used up by making a payment method of it: under a key of its own, so that a lost answer comes again. */
async function fromToken(ctx: Ctx, options: ReadCardOptions): Promise<CardToSave> {
  const { account, source } = options
  const alias = isTestAlias(source.id) && (await retrieveToken(account, source.id)).id !== source.id
  const useUp = (...more: string[]) => {
    const key = stripeKeyOf(ctx, 'use-token', source.id, ...(alias ? [options.requestName] : []), ...more)
    return joinFlight(account, key, () => retrying(() => account.createPaymentMethodFromToken(source.id, key)))
  }
  const method = await useUp().catch(async (error: unknown) => {
    // Stripe keeps a 500 under its key for a day. If the token went with it, nobody can name what was made of it.
    if (!(error instanceof StripeFailure) || error.kind !== 'unknown' || error.shouldRetry !== false) throw error
    if (!alias && (await retrieveToken(account, source.id)).used) throw new TokenizeRefusal('lost', source.kind)
    return useUp('again')
  })
  // What the key answers is how the payment method was when it was made; it may have been attached since.
  return fromPaymentMethod(options, method, alias ? [] : [source.id])
}

const retrieveToken = (account: StripeAccount, id: string) => retrying(() => account.retrieveToken(id))

export const retrying = <Answer>(send: () => Promise<Answer>): Promise<Answer> =>
  withRetries({ attempts: ATTEMPTS, sleep: ms => sleep(ms) }, send)
