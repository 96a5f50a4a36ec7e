// How a checkout session is shown: to the merchant's server once with its secrets, afterwards without them.
import { z } from 'zod'
import { USAGES } from '../tokens/show-token.ts'
import { limitsSchema } from '../tokens/token-limits.ts'

const common = {
  id: z.string(),
  object: z.literal('checkout_session'),
  payer: z.string(),
  usage: z.enum(USAGES),
  consent: z.object({ text_version: z.string(), locale: z.string() }),
  limits: limitsSchema.nullable(),
  expires_at: z.iso.datetime(),
  created_at: z.iso.datetime(),
}

export const newSessionSchema = z
  .object({
    ...common,
    setup_intent_client_secret: z.string().describe("For Stripe's element on the page. Never log it."),
    publishable_key: z.string(),
    session_token: z.string().describe('The only credential that the page gets: saves one card, for 15 minutes.'),
  })
  .meta({ id: 'NewCheckoutSession' })

export const sessionSchema = z
  .object({
    ...common,
    status: z
      .enum(['open', 'complete', 'expired', 'failed'])
      .describe('`failed`: too many tries have failed; make a new session.'),
    setup_intent: z.string(),
    token: z.string().nullable().describe('The vault token that the session has made.'),
  })
  .meta({ id: 'CheckoutSession' })

export type NewSessionView = z.infer<typeof newSessionSchema>
export type SessionView = z.infer<typeof sessionSchema>
