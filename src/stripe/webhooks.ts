// Verifies what claims to come from Stripe. The package's own check decodes the bytes to text first, takes any future
// time, reads a time leniently, and knows one secret; this one judges the raw bytes, bounds the time on both sides,
// and tries every secret that is valid while one is rolled (docs.stripe.com/webhooks#verify-manually).
import { createHmac, timingSafeEqual } from 'node:crypto'
import { readEvent, type StripeEvent } from './event-object.ts'

export type SignatureCheck = {
  /** The body as it came, before any parsing. */
  rawBody: Buffer
  header: string | undefined
  secrets: readonly string[]
  /** Default 300, before and after the stated time. */
  toleranceSeconds?: number
  /** Wall time, never a simulated clock: Stripe signs with real time. */
  wallNow: Date
}

export type SignatureFault =
  | 'header_missing'
  | 'header_malformed'
  | 'body_too_large'
  | 'no_secret'
  | 'time_out_of_bounds'
  | 'no_match'

export type SignatureVerdict = { ok: true; timestamp: number } | { ok: false; fault: SignatureFault }

export type ParsedEvent =
  | { kind: 'event'; event: StripeEvent }
  /** A thin event: Stripe's other format, for which panless has no endpoint. */
  | { kind: 'ignored' }
  | { kind: 'malformed' }

export const DEFAULT_TOLERANCE_SECONDS = 300
// Stripe's events stay far below; a larger body is nobody's webhook.
export const MAX_WEBHOOK_BODY_BYTES = 1024 * 1024
// One v1 for each secret in use, and a v0 in test mode, take about 250 characters.
const MAX_HEADER_LENGTH = 2_048
const MAX_HEADER_PARTS = 16
const MAX_SECRETS = 8
const TIME_FORM = /^[0-9]{1,12}$/
const SIGNATURE_FORM = /^[0-9a-f]{64}$/

/** Checks a Stripe-Signature header over the raw body. */
export function verifyStripeSignature(check: SignatureCheck): SignatureVerdict {
  const { rawBody, header, secrets, toleranceSeconds = DEFAULT_TOLERANCE_SECONDS, wallNow } = check
  if (header === undefined || header === '') return refused('header_missing')
  if (rawBody.length > MAX_WEBHOOK_BODY_BYTES) return refused('body_too_large')
  const parsed = parseSignatureHeader(header)
  if (!parsed) return refused('header_malformed')
  const usable = secrets.filter(secret => secret !== '').slice(0, MAX_SECRETS)
  if (usable.length === 0) return refused('no_secret')
  if (!matchesAny(rawBody, parsed, usable)) return refused('no_match')
  const timestamp = Number(parsed.time)
  const ageSeconds = Math.floor(wallNow.getTime() / 1000) - timestamp
  if (Math.abs(ageSeconds) > toleranceSeconds) return refused('time_out_of_bounds')
  return { ok: true, timestamp }
}

/** Parses a verified webhook body; throws nothing. */
export function parseStripeEvent(text: string): ParsedEvent {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && 'object' in value && value.object === 'v2.core.event') {
      return { kind: 'ignored' }
    }
    return { kind: 'event', event: readEvent(value) }
  } catch {
    return { kind: 'malformed' }
  }
}

function parseSignatureHeader(header: string): { time: string; signatures: Buffer[] } | null {
  if (header.length > MAX_HEADER_LENGTH) return null
  const parts = header.split(',')
  if (parts.length > MAX_HEADER_PARTS) return null
  let time: string | null = null
  const signatures: Buffer[] = []
  for (const part of parts) {
    const at = part.indexOf('=')
    const name = part.slice(0, at)
    const value = part.slice(at + 1)
    if (at < 1) return null
    if (name === 't') {
      if (time !== null || !TIME_FORM.test(value)) return null
      time = value
    }
    if (name === 'v1') {
      if (!SIGNATURE_FORM.test(value)) return null
      signatures.push(Buffer.from(value, 'hex'))
    }
  }
  return time !== null && signatures.length > 0 ? { time, signatures } : null
}

// Every secret meets every signature: the time taken does not tell which one matched.
function matchesAny(
  rawBody: Buffer,
  parsed: { time: string; signatures: Buffer[] },
  secrets: readonly string[],
): boolean {
  let found = false
  for (const secret of secrets) {
    const expected = createHmac('sha256', secret).update(`${parsed.time}.`).update(rawBody).digest()
    for (const signature of parsed.signatures) found = timingSafeEqual(expected, signature) || found
  }
  return found
}

function refused(fault: SignatureFault): SignatureVerdict {
  return { ok: false, fault }
}
