// Checkout session tokens: panless's own kind, short, Ed25519 only, and taken at two routes alone.
import { createPublicKey, generateKeyPairSync, hkdfSync, sign, verify } from 'node:crypto'
import fc from 'fast-check'
import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { TokenRefused } from '../../src/crypto/compact-jws.ts'
import {
  createSessionTokenSigner,
  ed25519FromSeed,
  SESSION_TOKEN_AUDIENCE,
  SESSION_TOKEN_TYPE,
} from '../../src/crypto/session-token.ts'
import { DomainError } from '../../src/domain/errors.ts'
import { authenticate, takesSessionToken } from '../../src/http/middleware/authenticate.ts'
import { limitFailedAuthentication, rateLimit } from '../../src/http/middleware/rate-limit.ts'
import { problemOf } from '../../src/http/problem.ts'
import { base64url } from '../support/test-issuer.ts'

const now = new Date('2026-11-20T10:00:00Z')
const later = (seconds: number) => new Date(now.getTime() + seconds * 1000)
const key = ed25519FromSeed(Buffer.alloc(32, 1))
const nextKey = ed25519FromSeed(Buffer.alloc(32, 2))
const signer = createSessionTokenSigner({ signing: { kid: 's1', key } })
const session = { sessionId: 'cs_01', tenantId: 'demo', now }
const seconds = now.getTime() / 1000

const claims = {
  iss: 'panless',
  aud: SESSION_TOKEN_AUDIENCE,
  sub: 'cs_01',
  tenant: 'demo',
  jti: 'j',
  iat: seconds,
  exp: seconds + 900,
}
const handMade = (change: object, header: object = {}) => {
  const input = `${base64url({ alg: 'EdDSA', typ: SESSION_TOKEN_TYPE, kid: 's1', ...header })}.${base64url({ ...claims, ...change })}`
  return `${input}.${base64url(sign(null, Buffer.from(input), key))}`
}

describe('a session token', () => {
  it('names its session and tenant, has a type and audience of its own, and lives 15 minutes', () => {
    const token = signer.sign(session)
    const [header, payload] = token.split('.').map(part => Buffer.from(part, 'base64url').toString())
    expect(JSON.parse(header!)).toEqual({ alg: 'EdDSA', typ: 'panless-checkout+jwt', kid: 's1' })
    expect(JSON.parse(payload!)).toEqual({ ...claims, jti: expect.stringMatching(/^[\w-]{22}$/) })
    expect(signer.verify(token, now)).toMatchObject({ sessionId: 'cs_01', tenantId: 'demo', expiresAt: later(900) })
  })

  it('ends to the second', () => {
    const token = signer.sign({ ...session, lifetimeSeconds: 60 })
    expect(signer.verify(token, later(59))).toBeDefined()
    expect(() => signer.verify(token, later(60))).toThrow(/expired/)
  })

  it('never lives longer, neither when made nor when read', () => {
    expect(() => signer.sign({ ...session, lifetimeSeconds: 901 })).toThrow(RangeError)
    expect(() => signer.verify(handMade({ exp: seconds + 901 }), now)).toThrow(TokenRefused)
  })

  it('is verified by every instance that shares the keys, and through a rotation', () => {
    const old = signer.sign(session)
    const rotated = createSessionTokenSigner({
      signing: { kid: 's2', key: nextKey },
      publicKeys: new Map([
        ['s2', createPublicKey(nextKey)],
        ['s1', createPublicKey(key)],
      ]),
    })
    expect(rotated.verify(old, now).sessionId).toBe('cs_01')
    expect(rotated.verify(rotated.sign(session), now).sessionId).toBe('cs_01')
    expect(() => signer.verify(rotated.sign(session), now)).toThrow(TokenRefused)
  })

  it.each([
    ['another issuer', { iss: 'someone' }],
    ['another audience', { aud: 'https://vault.example' }],
    ['an audience list', { aud: [SESSION_TOKEN_AUDIENCE] }],
    ['no session', { sub: undefined }],
    ['an empty session', { sub: '' }],
    ['no tenant', { tenant: undefined }],
    ['a tenant that is no text', { tenant: ['demo'] }],
    ['no jti', { jti: undefined }],
    ['no exp', { exp: undefined }],
    ['exp as text', { exp: String(seconds + 900) }],
    ['exp a fraction', { exp: seconds + 0.5 }],
    ['iat in the future', { iat: seconds + 60 }],
    ['exp before iat', { exp: seconds - 1 }],
  ])('is refused with %s', (_, change) => {
    expect(() => signer.verify(handMade(change), now)).toThrow(TokenRefused)
  })

  it.each([
    ['the type of an access token', { typ: 'at+jwt' }],
    ['the type JWT', { typ: 'JWT' }],
    ['no key id', { kid: undefined }],
    ['an unknown key id', { kid: 's9' }],
    ['the algorithm none', { alg: 'none' }],
    ['the algorithm HS256', { alg: 'HS256' }],
    ['crit', { crit: ['exp'] }],
  ])('is refused with %s', (_, header) => {
    expect(() => signer.verify(handMade({}, header), now)).toThrow(TokenRefused)
  })

  it('is refused when any character of it changes', () => {
    const token = signer.sign(session)
    fc.assert(
      fc.property(fc.nat(token.length - 1), fc.constantFrom(...'Aq7-_.= '), (at, char) => {
        fc.pre(token[at] !== char)
        expect(() => signer.verify(token.slice(0, at) + char + token.slice(at + 1), now)).toThrow(TokenRefused)
      }),
    )
  })
})

describe('keys', () => {
  it('come from a seed of 32 bytes, as RFC 8032 test 1 has them', () => {
    const seed = Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex')
    const jwk = createPublicKey(ed25519FromSeed(seed)).export({ format: 'jwk' })
    expect(Buffer.from(jwk.x!, 'base64url').toString('hex')).toBe(
      'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    )
    expect(() => ed25519FromSeed(Buffer.alloc(31))).toThrow(RangeError)
  })

  it('are the same wherever the same secret is derived', () => {
    const derive = () =>
      ed25519FromSeed(
        Buffer.from(hkdfSync('sha256', Buffer.alloc(32, 3), Buffer.alloc(0), 'panless session token', 32)),
      )
    const message = Buffer.from('same')
    expect(verify(null, message, createPublicKey(derive()), sign(null, message, derive()))).toBe(true)
  })

  it('must be Ed25519 keys, and a private one to sign with', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
    expect(() => createSessionTokenSigner({ signing: { kid: 'r', key: rsa } })).toThrow()
    expect(() => createSessionTokenSigner({ signing: { kid: 's', key: createPublicKey(key) } })).toThrow()
    const publicKeys = new Map([['r', createPublicKey(rsa)]])
    expect(() => createSessionTokenSigner({ signing: { kid: 's', key }, publicKeys })).toThrow()
  })
})

describe('routes', () => {
  const access = {
    tenantId: 'demo',
    subject: 'job',
    clientId: 'billing',
    scopes: new Set(['charges:read']),
    jti: 'j',
    expiresAt: later(60),
  }
  const makeApp = (limits: { caller?: number; failures?: number } = {}) => {
    let monotonic = 0
    const monotonicMs = () => monotonic
    const limit = (burst: number) => ({ burst, perSecond: 1, monotonicMs })
    const app = new Hono()
      .onError((error, c) => {
        const problem = problemOf(error, 'request-1')
        return c.json(problem, problem.status as 401)
      })
      .use(
        limitFailedAuthentication({
          addressOf: c => c.req.header('x-test-address') ?? null,
          limit: limit(limits.failures ?? 100),
        }),
      )
      .use(
        authenticate({
          accessTokens: {
            async verify(token) {
              if (token === 'good.service.token') return access
              throw new DomainError('invalid_token', 'The signature of the access token does not fit.')
            },
          },
          sessionTokens: signer,
          wallNow: () => now,
        }),
      )
      .use(rateLimit(limit(limits.caller ?? 1000)))
      .all('*', c => c.json({ kind: c.var.access.kind, tenant: c.var.access.tenantId }))
    const advance = (ms: number) => {
      monotonic += ms
    }
    return { app: app as unknown as Pick<Hono, 'request'>, advance }
  }
  const call = (
    app: Pick<Hono, 'request'>,
    method: string,
    path: string,
    token?: string,
    headers: Record<string, string> = {},
  ) => app.request(path, { method, headers: { ...(token ? { authorization: `Bearer ${token}` } : {}), ...headers } })

  it.each([
    ['POST', '/v1/tokens', 200],
    ['GET', '/v1/checkout-sessions/cs_01', 200],
    ['GET', '/v1/tokens', 401],
    ['GET', '/v1/tokens/vtok_test_1', 401],
    ['POST', '/v1/tokens/', 401],
    ['POST', '/v1/tokens/x/freeze', 401],
    ['POST', '/v1/checkout-sessions', 401],
    ['POST', '/v1/checkout-sessions/cs_01', 401],
    ['GET', '/v1/checkout-sessions', 401],
    ['GET', '/v1/checkout-sessions/cs_01/tokens', 401],
    ['GET', '/v1/payers', 401],
    ['POST', '/v1/charges', 401],
    ['GET', '/v1/audit-log', 401],
    ['POST', '/V1/TOKENS', 401],
  ])('a session token at %s %s gets %i', async (method, path, status) => {
    const { app } = makeApp()
    expect((await call(app, method, path, signer.sign(session))).status).toBe(status)
    expect((await call(app, method, path, 'good.service.token')).status).toBe(200)
  })

  it('take no token from the query, and none from a second header', async () => {
    const { app } = makeApp()
    expect((await call(app, 'GET', '/v1/payers?token=good.service.token&access_token=good.service.token')).status).toBe(
      401,
    )
    expect((await call(app, 'GET', '/v1/payers', 'good.service.token, Bearer good.service.token')).status).toBe(401)
    expect(
      (await call(app, 'GET', '/v1/payers', undefined, { 'x-authorization': 'Bearer good.service.token' })).status,
    ).toBe(401)
  })

  it('refuse an expired session token with 401', async () => {
    const { app } = makeApp()
    const old = signer.sign({ ...session, now: later(-901) })
    expect((await call(app, 'POST', '/v1/tokens', old)).status).toBe(401)
  })

  it('are chosen by method and exact path', () => {
    expect(takesSessionToken('POST', '/v1/tokens')).toBe(true)
    expect(takesSessionToken('HEAD', '/v1/checkout-sessions/cs_1')).toBe(false)
    fc.assert(fc.property(fc.webPath(), path => path === '/v1/tokens' || !takesSessionToken('POST', path)))
  })

  it('slow a client down after its burst, by itself alone, and let it go on later', async () => {
    const { app, advance } = makeApp({ caller: 300 })
    const fire = async (n: number, token: string, method = 'GET', path = '/v1/payers') =>
      (await Promise.all(Array.from({ length: n }, () => call(app, method, path, token)))).map(r => r.status)
    expect(new Set(await fire(300, 'good.service.token'))).toEqual(new Set([200]))
    const over = await call(app, 'GET', '/v1/payers', 'good.service.token')
    expect(over.status).toBe(429)
    expect(await over.json()).toMatchObject({ code: 'rate_limited' })
    expect(await fire(1, signer.sign(session), 'POST', '/v1/tokens')).toEqual([200])
    advance(2000)
    expect(await fire(3, 'good.service.token')).toEqual([200, 200, 429])
  })

  it('answer 429 to an address that gets too many tokens wrong, and never lock out a good token', async () => {
    const { app } = makeApp({ failures: 20 })
    const from = { 'x-test-address': '2001:db8:1:2::7' }
    const wrong = async (headers: Record<string, string>) =>
      (await call(app, 'GET', '/v1/payers', 'a.b.c', headers)).status
    for (let n = 0; n < 20; n++) expect(await wrong(from)).toBe(401)
    expect(await wrong(from)).toBe(429)
    expect(await wrong({ 'x-test-address': '2001:db8:1:2:ffff::1' })).toBe(429)
    expect(await wrong({ 'x-test-address': '2001:db8:1:3::7' })).toBe(401)
    expect((await call(app, 'GET', '/v1/payers', 'good.service.token', from)).status).toBe(200)
  })
})
