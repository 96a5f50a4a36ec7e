// What a request to save a card may say: a service names the payer and brings the consent, a checkout session has both.
import { z } from 'zod'
import type { TokenLimits } from '../../db/schema/payers.ts'
import { isStripeId } from '../../stripe/stripe-ids.ts'
import type { Ctx } from '../context.ts'
import { invalidField } from '../errors.ts'
import { isId } from '../ids.ts'
import { checkedLimits, limitsInput } from './token-limits.ts'

export const ON_DUPLICATE = ['reuse', 'create', 'reject'] as const
export type OnDuplicate = (typeof ON_DUPLICATE)[number]

/** Where the card comes from: which of Stripe's objects, by its id. */
export type CardSource = { kind: 'setup_intent' | 'payment_method' | 'stripe_token'; id: string }

export type ConsentGiven = {
  textVersion: string
  locale: string | null
  acceptedAt: Date
  ip: string | null
  userAgent: string | null
}

/** A request to save a card; from a session, `payerId` is what the body says, if anything, and consent is not in it. */
export type TokenOrder = {
  source: CardSource
  payerId: string | null
  onDuplicate: OnDuplicate
  consent: ConsentGiven | null
  limits: TokenLimits | null
}

const setupIntent = z
  .string()
  .refine(id => isStripeId('setup_intent', id), 'must be the id of a SetupIntent, seti_…')
  .describe('A SetupIntent of the payer, `succeeded`.')
const paymentMethod = z
  .string()
  .refine(id => id.startsWith('pm_') && isStripeId('payment_method', id), 'must be the id of a payment method, pm_…')
  .describe('A payment method that nobody else uses.')
const stripeToken = z
  .string()
  .refine(id => isStripeId('token', id), 'must be the id of a token, tok_…')
  .describe('A single-use token of Stripe.js.')
const payer = z.string().min(1).max(64)
const onDuplicate = z
  .enum(ON_DUPLICATE)
  .default('reuse')
  .describe('What to do when the payer has saved this card already.')

export const CONSENT_TEXT_VERSION = z.string().min(1).max(64).describe('Which text the payer agreed to.')

const consent = z.strictObject({
  text_version: CONSENT_TEXT_VERSION,
  accepted_at: z.iso
    .datetime({ offset: true, message: 'must be an RFC 3339 time' })
    .optional()
    .describe('When the payer agreed; now unless told.'),
  ip: z.union([z.ipv4(), z.ipv6()]).optional().describe("The payer's address then. Sealed."),
  user_agent: z.string().max(500).optional().describe("The payer's browser then. Sealed."),
})

export const serviceTokenInput = z
  .strictObject({
    setup_intent: setupIntent.optional(),
    payment_method: paymentMethod.optional(),
    stripe_token: stripeToken.optional(),
    payer,
    on_duplicate: onDuplicate,
    consent,
    limits: limitsInput.optional(),
  })
  .refine(
    input => [input.setup_intent, input.payment_method, input.stripe_token].filter(id => id !== undefined).length === 1,
    'must have exactly one of setup_intent, payment_method and stripe_token',
  )
  .describe('With a service token.')

export const sessionTokenInput = z
  .strictObject({ setup_intent: setupIntent, on_duplicate: onDuplicate, payer: payer.optional() })
  .describe('With the session token of a checkout session.')

/** The clocks of callers may be ahead by this much. */
const CLOCK_TOLERANCE_MS = 5 * 60_000

/** @throws validation_failed */
export function serviceOrder(ctx: Ctx, input: z.output<typeof serviceTokenInput>): TokenOrder {
  const { consent: given } = input
  const now = ctx.clock.now()
  const latest = Math.max(now.getTime(), ctx.clock.wall().getTime()) + CLOCK_TOLERANCE_MS
  const acceptedAt = given.accepted_at === undefined ? now : new Date(given.accepted_at)
  if (acceptedAt.getTime() > latest) throw invalidField('/consent/accepted_at', 'must not be in the future')
  return {
    source: sourceOf(input),
    // An ill-formed id is looked for as any other, and is not there.
    payerId: isId('payer', input.payer) ? input.payer : '',
    onDuplicate: input.on_duplicate,
    consent: {
      textVersion: given.text_version,
      locale: null,
      acceptedAt,
      ip: given.ip ?? null,
      userAgent: given.user_agent ?? null,
    },
    limits: checkedLimits(input.limits),
  }
}

export function sessionOrder(input: z.output<typeof sessionTokenInput>): TokenOrder {
  return {
    source: { kind: 'setup_intent', id: input.setup_intent },
    payerId: input.payer ?? null,
    onDuplicate: input.on_duplicate,
    consent: null,
    limits: null,
  }
}

function sourceOf(input: z.output<typeof serviceTokenInput>): CardSource {
  if (input.setup_intent !== undefined) return { kind: 'setup_intent', id: input.setup_intent }
  if (input.payment_method !== undefined) return { kind: 'payment_method', id: input.payment_method }
  return { kind: 'stripe_token', id: input.stripe_token as string }
}
