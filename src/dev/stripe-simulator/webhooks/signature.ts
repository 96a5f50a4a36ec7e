/** The Stripe-Signature header: HMAC-SHA256 over time and body. Source: docs.stripe.com/webhooks/signature. */
import { createHmac } from 'node:crypto'

/** `seconds` is wall time: a receiver compares it with its own clock. */
export function signatureHeader(secret: string, seconds: number, body: string): string {
  const signature = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')
  return `t=${seconds},v1=${signature}`
}
