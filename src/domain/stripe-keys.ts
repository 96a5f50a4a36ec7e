// Idempotency keys of our own calls to Stripe, derived from what a call is about: sent again, by whomever, it is the same.
import { hash } from 'node:crypto'
import { lengthPrefixed } from '../crypto/length-prefixed.ts'

/** A key of at most 100 characters that names `operation` on `parts` for one tenant and nothing else. */
export function stripeKeyOf(ctx: { tenantId: string }, operation: string, ...parts: string[]): string {
  const digest = hash('sha256', lengthPrefixed([ctx.tenantId, operation, ...parts]), 'base64url')
  return `panless-${operation}-${digest}`
}
