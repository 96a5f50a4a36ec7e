// The card-number firewall: refuses a request that holds a card number before anything stores, logs or acts on it.
import type { Context, MiddlewareHandler } from 'hono'
import { DomainError } from '../../domain/errors.ts'
import { findInHeaders, findInJsonBody, findInRawBody, findInTarget, type Hit } from '../pan-firewall-scan.ts'
import type { RequestBody } from './read-body.ts'

const DETAIL =
  'Card numbers and security codes are never taken here: a browser gives them to Stripe, and panless gets what Stripe ' +
  'makes of them. If this is another number, a letter right beside its digits lets it pass.'

type FirewallEnv = {
  Variables: { body: RequestBody | null }
  Bindings: { incoming?: { url?: string | undefined; rawHeaders: string[] } }
}

/**
 * Stands behind `readBody` and before everything else; throws card_number_refused. `onHit` is told the part of the
 * request ('path', 'query', 'headers', 'body') and nothing else. Bodies that their route judges itself (webhooks) are
 * left to it.
 */
export function panFirewall(options: { onHit: (part: Hit['part']) => void }): MiddlewareHandler<FirewallEnv> {
  return async function panFirewall(c, next) {
    const hit = findInTarget(targetOf(c)) ?? findInHeaders(headersOf(c)) ?? findInBody(c.get('body'))
    if (hit !== null) {
      options.onHit(hit.part)
      throw cardNumberRefused(hit.pointer)
    }
    await next()
  }
}

/** The refusal of a card number at a place, for streamed bodies and for the database's own net too. */
export function cardNumberRefused(pointer: string): DomainError {
  return new DomainError('card_number_refused', DETAIL, {
    errors: [
      { pointer, code: 'card_number_refused', detail: 'holds a card number, or is a field for a security code' },
    ],
  })
}

function findInBody(body: RequestBody | null | undefined): Hit | null {
  if (!body || body.reads === 'raw') return null
  return body.text === null ? findInRawBody(body.raw, body.contentType) : findInJsonBody(body.text, body.json)
}

/** The target as it came; `c.req.url` has been normalised on the way. */
function targetOf(c: Context<FirewallEnv>): string {
  const incoming = c.env?.incoming?.url
  if (incoming !== undefined) return incoming
  const { pathname, search } = new URL(c.req.url)
  return pathname + search
}

function headersOf(c: Context<FirewallEnv>): readonly string[] {
  return c.env?.incoming?.rawHeaders ?? [...c.req.raw.headers].flat()
}
