// Slows callers down: each client of a tenant by its own bucket, and each address by the tokens it gets wrong.
import type { MiddlewareHandler } from 'hono'
import { addressBlock } from '../../crypto/address-hash.ts'
import { DomainError } from '../../domain/errors.ts'
import { createTokenBuckets, type TokenBuckets } from '../token-buckets.ts'
import type { Access } from './authenticate.ts'

export type RateLimit = {
  /** Requests that may come at once. */
  burst: number
  /** Requests a second that may go on for ever. */
  perSecond: number
  monotonicMs?: () => number
}

/** A nightly job fires thousands of requests at once and is welcome; only what never ends is slowed. */
export const CALLER_LIMIT: RateLimit = { burst: 2_000, perSecond: 500 }
/** A wrong token is a mistake of configuration, seldom more than one a second; a guesser sends thousands. */
export const FAILURE_LIMIT: RateLimit = { burst: 500, perSecond: 10 }

/** A person corrects a form a few times, and an office has one address; a machine sends it for ever. */
export const POST_LIMIT: RateLimit = { burst: 100, perSecond: 0.2 }

type AddressEnv = { Variables: { clientAddress: string | null } }
type RateLimitEnv = { Variables: { access: Access } }

/** Behind `authenticate`: refuses with rate_limited once a client of a tenant, or a session, has spent its bucket. */
export function rateLimit(limit: RateLimit = CALLER_LIMIT): MiddlewareHandler<RateLimitEnv> {
  const buckets = createTokenBuckets(limit)
  return async function rateLimit(c, next) {
    const wait = buckets.take(callerOf(c.get('access')))
    if (wait > 0) throw limited(wait)
    await next()
  }
}

/**
 * In front of `authenticate`: counts the 401s of an address and answers 429 in their place once there are too many.
 * A good token always passes, so nobody can be locked out by a neighbour.
 */
export function limitFailedAuthentication(options: {
  addressOf: (c: Parameters<MiddlewareHandler>[0]) => string | null
  limit?: RateLimit
}): MiddlewareHandler {
  const buckets = createTokenBuckets(options.limit ?? FAILURE_LIMIT)
  return async function limitFailedAuthentication(c, next) {
    await next()
    if (c.res.status !== 401) return
    const address = options.addressOf(c)
    const wait = buckets.take(addressBlock(address))
    if (wait === 0) return
    // Hono would carry the headers of the answer that is replaced over to the new one.
    c.res = undefined
    c.finalized = false
    c.header('WWW-Authenticate', undefined)
    throw limited(wait)
  }
}

/** In front of pages for anybody: refuses the POSTs of an address that has spent its bucket. */
export function limitPosts(limit: RateLimit = POST_LIMIT): MiddlewareHandler<AddressEnv> {
  const buckets = createTokenBuckets(limit)
  return async function limitPosts(c, next) {
    const address = c.get('clientAddress')
    const wait = c.req.method === 'POST' ? buckets.take(addressBlock(address)) : 0
    if (wait > 0) throw limited(wait)
    await next()
  }
}

/** Neither tenants nor client ids hold a line break. */
const callerOf = (access: Access): string =>
  access.kind === 'service'
    ? `${access.tenantId}\n${access.clientId}`
    : `${access.tenantId}\nsession\n${access.sessionId}`

const limited = (retryAfterSeconds: number) =>
  new DomainError('rate_limited', 'There are too many requests. Wait as long as Retry-After says.', {
    retryAfterSeconds,
  })

/** For a route of its own bucket, called by its handler: throws rate_limited once a caller has spent it. */
export function limitEach(buckets: TokenBuckets): (c: { var: { access: Access } }) => void {
  return c => {
    const wait = buckets.take(callerOf(c.var.access))
    if (wait > 0) throw limited(wait)
  }
}
