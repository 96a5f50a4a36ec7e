// Access tokens: every way in which one can be wrong, the issuer's keys, and what happens when the issuer is away.
import { createHmac } from 'node:crypto'
import { createServer } from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createSessionTokenSigner, ed25519FromSeed } from '../../src/crypto/session-token.ts'
import { hasDuplicateMember } from '../../src/crypto/strict-json.ts'
import { createAccessTokenVerifier } from '../../src/http/authentication/access-token-verifier.ts'
import { bearerToken } from '../../src/http/authentication/bearer-token.ts'
import { createJwksSource, discoverJwksUrl, metadataUrls } from '../../src/http/authentication/jwks-source.ts'
import { DEFAULT_ALGORITHMS, importVerificationKeys } from '../../src/http/authentication/verification-keys.ts'
import { createFetchJson } from '../../src/outbound/fetch-json.ts'
import { base64url, makeKey, signParts, startTestIssuer, type TestIssuer } from '../support/test-issuer.ts'

const AUDIENCE = 'https://vault.example'
const rsa = makeKey('rsa-1', 'RS256')
const pss = makeKey('pss-1', 'PS256')
const ec = makeKey('ec-1', 'ES256')
const ed = makeKey('ed-1', 'EdDSA')
const stranger = makeKey('ec-1', 'ES256')
const START = Date.parse('2026-11-20T10:00:00Z')

let issuer: TestIssuer
let now = START
let verifier: ReturnType<typeof makeVerifier>

const seconds = () => Math.floor(now / 1000)

function makeVerifier(overrides: Partial<Parameters<typeof createAccessTokenVerifier>[0]> = {}) {
  return createAccessTokenVerifier({
    issuer: issuer.url,
    audience: AUDIENCE,
    tenantClaim: 'tenant',
    scopeClaim: 'scope',
    clockSkewSeconds: 30,
    wallNow: () => new Date(now),
    fetchJwks: createJwksSource({
      issuer: issuer.url,
      jwksUrl: issuer.jwksUrl,
      fetchJson: createFetchJson({ timeoutMs: 500 }),
      wallNow: () => new Date(now),
    }),
    ...overrides,
  })
}

const goodClaims = (): Record<string, unknown> => ({
  iss: issuer.url,
  aud: AUDIENCE,
  sub: 'billing-job',
  client_id: 'billing',
  jti: `jti-${Math.random()}`,
  iat: seconds(),
  exp: seconds() + 600,
  tenant: 'demo',
  scope: 'charges:create charges:read',
})

const goodHeader = (key = ed): Record<string, unknown> => ({ alg: key.alg, typ: 'at+jwt', kid: key.kid })

function mint(change: { claims?: object; header?: object; key?: typeof ed; without?: string[] } = {}): string {
  const key = change.key ?? ed
  const claims: Record<string, unknown> = { ...goodClaims(), ...change.claims }
  for (const name of change.without ?? []) delete claims[name]
  return signParts(key, base64url({ ...goodHeader(key), ...change.header }), base64url(claims))
}

const refused = (token: string, code = 'invalid_token') =>
  expect(verifier.verify(token), token.slice(0, 60)).rejects.toMatchObject({ name: 'DomainError', code })

beforeAll(async () => {
  issuer = await startTestIssuer([rsa, pss, ec, ed])
})
afterAll(() => issuer.stop())
beforeEach(() => {
  now = START
  issuer.publish([rsa.jwk, pss.jwk, ec.jwk, ed.jwk])
  issuer.answerWith(null)
  verifier = makeVerifier()
})

describe('a good access token', () => {
  it.each([
    ['RS256', rsa],
    ['PS256', pss],
    ['ES256', ec],
    ['EdDSA', ed],
  ])('signed with %s is accepted', async (_, key) => {
    const access = await verifier.verify(mint({ key }))
    expect(access).toMatchObject({ tenantId: 'demo', subject: 'billing-job', clientId: 'billing' })
    expect([...access.scopes]).toEqual(['charges:create', 'charges:read'])
    expect(access.expiresAt).toEqual(new Date((seconds() + 600) * 1000))
  })

  it.each([
    ['typ application/at+jwt', { header: { typ: 'application/at+jwt' } }],
    ['typ in capitals', { header: { typ: 'AT+JWT' } }],
    ['several audiences', { claims: { aud: ['https://other.example', AUDIENCE] } }],
    ['no scope at all', { without: ['scope'] }],
    ['an empty scope', { claims: { scope: '' } }],
    ['scopes as a list', { claims: { scope: ['charges:read'] } }],
    ['nbf in the past', { claims: { nbf: START / 1000 - 5 } }],
    ['iat within the skew', { claims: { iat: START / 1000 + 25 } }],
    ['a lifetime of one hour', { claims: { exp: START / 1000 + 3600 } }],
    ['unknown claims', { claims: { email: 'x@y.example', roles: { a: 1 } } }],
  ])('with %s is accepted', async (_, change) => {
    await expect(verifier.verify(mint(change))).resolves.toMatchObject({ tenantId: 'demo' })
  })

  it('reads tenant and scopes from the configured claims', async () => {
    verifier = makeVerifier({ tenantClaim: 'https://panless.example/tenant', scopeClaim: 'permissions' })
    const claims = { 'https://panless.example/tenant': 'other', permissions: ['payers:read'] }
    const access = await verifier.verify(mint({ claims }))
    expect(access.tenantId).toBe('other')
    expect([...access.scopes]).toEqual(['payers:read'])
  })

  it('may look as Keycloak makes it, beside a key for encryption', async () => {
    const issued = { iss: issuer.url, aud: [AUDIENCE, 'account'], iat: seconds(), exp: seconds() + 300, nbf: undefined }
    const claims = {
      ...issued,
      jti: 'trrtcc:0bbd2bd2-1f0a-4a53-8d4c-4a3a2d5f8f3e',
      sub: 'f6a1b7f0-8c0e-4b8e-9b0e-0d5c5f9a7e11',
      typ: 'Bearer',
      azp: 'billing',
      acr: '1',
      resource_access: { account: { roles: ['view-profile'] } },
      scope: 'charges:create email profile',
      clientHost: '192.0.2.10',
      email_verified: false,
      preferred_username: 'service-account-billing',
      clientAddress: '192.0.2.10',
    }
    issuer.publish([
      { ...pss.jwk, kid: 'enc-1', alg: 'RSA-OAEP', use: 'enc', x5c: ['MIIC'] },
      { ...rsa.jwk, x5t: 'abc' },
    ])
    verifier = makeVerifier()
    const access = await verifier.verify(mint({ key: rsa, claims }))
    expect(access).toMatchObject({ clientId: 'billing', tenantId: 'demo' })
    expect(access.scopes.has('charges:create')).toBe(true)
  })

  it('may look as Auth0 makes it in the RFC 9068 profile', async () => {
    const tenantClaim = 'https://panless.example/tenant'
    verifier = makeVerifier({ tenantClaim })
    const claims = { sub: 'K1AUPhZq8mRi0Q0pjhkfu1D7y6KjDQja@clients', client_id: 'K1AUPhZq8mRi0Q0pjhkfu1D7y6KjDQja' }
    const token = mint({ key: rsa, claims: { ...claims, [tenantClaim]: 'demo' }, without: ['tenant'] })
    await expect(verifier.verify(token)).resolves.toMatchObject({ tenantId: 'demo', clientId: claims.client_id })
  })

  it('expires with the skew, also when it was verified before', async () => {
    const token = mint()
    await verifier.verify(token)
    now = START + 629_000
    await expect(verifier.verify(token)).resolves.toBeDefined()
    now = START + 630_000
    await refused(token)
    await refused(token)
  })
})

describe('claims', () => {
  const cases: [string, Parameters<typeof mint>[0]][] = [
    ...['iss', 'aud', 'sub', 'client_id', 'jti', 'iat', 'exp', 'tenant'].map(
      (name): [string, Parameters<typeof mint>[0]] => [`no ${name}`, { without: [name] }],
    ),
    ['iss with a slash more', { claims: { iss: 'placeholder/' } }],
    ['iss as a list', { claims: { iss: ['placeholder'] } }],
    ['aud of another service', { claims: { aud: 'https://other.example' } }],
    ['aud in other capitals', { claims: { aud: AUDIENCE.toUpperCase() } }],
    ['aud an empty list', { claims: { aud: [] } }],
    ['aud a list with a number', { claims: { aud: [AUDIENCE, 1] } }],
    ['aud an object', { claims: { aud: { 0: AUDIENCE } } }],
    ['exp as text', { claims: { exp: String(START / 1000 + 600) } }],
    ['exp a fraction', { claims: { exp: START / 1000 + 600.5 } }],
    ['exp negative', { claims: { exp: -1 } }],
    ['exp 1e308', { claims: { exp: 1e308 } }],
    ['exp null', { claims: { exp: null } }],
    ['exp in the past', { claims: { exp: START / 1000 - 31, iat: START / 1000 - 600 } }],
    ['exp before iat', { claims: { exp: START / 1000 - 1 } }],
    ['iat as text', { claims: { iat: String(START / 1000) } }],
    ['iat a fraction', { claims: { iat: START / 1000 - 0.5 } }],
    ['iat beyond the skew', { claims: { iat: START / 1000 + 31 } }],
    ['nbf beyond the skew', { claims: { nbf: START / 1000 + 31 } }],
    ['nbf as text', { claims: { nbf: '0' } }],
    ['a lifetime over one hour', { claims: { exp: START / 1000 + 3601 } }],
    ['sub a number', { claims: { sub: 7 } }],
    ['sub empty', { claims: { sub: '' } }],
    ['sub with a line break', { claims: { sub: 'a\nb' } }],
    ['sub too long', { claims: { sub: 'x'.repeat(256) } }],
    ['client_id a list', { claims: { client_id: ['billing'] } }],
    ['jti a number', { claims: { jti: 1 } }],
    ['tenant a list', { claims: { tenant: ['demo'] } }],
    ['tenant empty', { claims: { tenant: '' } }],
    ['tenant with a quote', { claims: { tenant: "demo' or 1=1" } }],
    ['scope a number', { claims: { scope: 1 } }],
    ['scope with a line break', { claims: { scope: 'a\nb' } }],
    ['scope with double spaces', { claims: { scope: 'a  b' } }],
    ['scopes as a list with a number', { claims: { scope: ['a', 1] } }],
    ['a proof-of-possession key', { claims: { cnf: { jkt: 'abc' } } }],
  ]
  it.each(cases)('refuses %s', async (name, change) => {
    const claims = { ...change?.claims } as Record<string, unknown>
    if (name === 'iss with a slash more') claims.iss = `${issuer.url}/`
    if (name === 'iss as a list') claims.iss = [issuer.url]
    await refused(mint({ ...change, claims }))
  })

  it('refuses whatever else stands where a time belongs', async () => {
    const odd = fc.oneof(fc.string(), fc.double({ noInteger: true }), fc.boolean(), fc.constant(null), fc.object())
    await fc.assert(
      fc.asyncProperty(fc.constantFrom('exp', 'iat', 'nbf'), odd, async (name, value) => {
        await refused(mint({ claims: { [name]: value } }))
      }),
      { numRuns: 100 },
    )
  })
})

describe('the header', () => {
  const hmac = (header: object) => {
    const input = `${base64url(header)}.${base64url(goodClaims())}`
    const secret = rsa.publicKey.export({ format: 'pem', type: 'spki' })
    return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
  }

  it.each(['none', 'None', 'NONE', 'nOnE', '', 'HS256', 'RS256 ', 'rs256', 'RSA-OAEP', 'dir'])(
    'refuses the algorithm "%s"',
    async alg => {
      await refused(mint({ header: { alg } }))
      const unsigned = `${base64url({ ...goodHeader(), alg })}.${base64url(goodClaims())}.`
      await refused(unsigned)
      expect(() => bearerToken(`Bearer ${unsigned}`)).toThrow()
    },
  )

  it('refuses an HMAC keyed with the public key', async () => {
    await refused(hmac({ alg: 'HS256', typ: 'at+jwt', kid: 'rsa-1' }))
    await refused(hmac({ alg: 'RS256', typ: 'at+jwt', kid: 'rsa-1' }))
  })

  it('binds a key to one algorithm', async () => {
    const parts = (alg: string) => [base64url({ ...goodHeader(rsa), alg }), base64url(goodClaims())] as const
    await refused(signParts(rsa, ...parts('PS256'), 'PS256'))
    await refused(signParts(rsa, ...parts('RS512'), 'RS512'))
    await refused(mint({ key: ec, header: { alg: 'EdDSA' } }))
    await refused(mint({ key: ed, header: { alg: 'Ed25519' } }))
  })

  it('takes only algorithms that are configured', async () => {
    verifier = makeVerifier({ algorithms: ['ES256'] })
    await expect(verifier.verify(mint({ key: ec }))).resolves.toBeDefined()
    await refused(mint({ key: rsa }))
    await refused(mint({ key: ed }))
  })

  it.each(['JWT', 'jwt', '', 'at+jwt ', 'xat+jwt', 'application/jwt', 'id_token+jwt', 'panless-checkout+jwt', 7, null])(
    'refuses the type %j',
    async typ => refused(mint({ header: { typ } })),
  )

  it('refuses a missing type', async () => {
    await refused(signParts(ed, base64url({ alg: 'EdDSA', kid: 'ed-1' }), base64url(goodClaims())))
  })

  it.each([
    ['crit with exp', { crit: ['exp'] }],
    ['an empty crit', { crit: [] }],
    ['crit null', { crit: null }],
    ['b64 false', { b64: false, crit: ['b64'] }],
    ['b64 true', { b64: true }],
    ['enc', { enc: 'A256GCM' }],
    ['zip', { zip: 'DEF' }],
  ])('refuses %s', async (_, header) => refused(mint({ header })))

  it('never uses jwk, jku, x5u or x5c, and never calls out for them', async () => {
    let connections = 0
    const trap = createServer(socket => {
      connections++
      socket.destroy()
    })
    await new Promise<void>(resolve => trap.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(trap.address() as { port: number }).port}/`
    const fetches = issuer.fetches()
    const planted = { jwk: stranger.jwk, jku: url, x5u: url, x5c: ['MIIB'], x5t: 'abc' }
    await refused(mint({ key: stranger, header: planted }))
    await refused(mint({ key: stranger, header: { ...planted, kid: undefined } }))
    await expect(verifier.verify(mint({ header: { jku: url, x5u: url } }))).resolves.toBeDefined()
    expect(connections).toBe(0)
    expect(issuer.fetches() - fetches).toBeLessThanOrEqual(1)
    await new Promise(resolve => trap.close(resolve))
  })

  it.each([
    ["' or 1=1 --"],
    ['../../../../dev/null'],
    ['a\u0000b'],
    ['x'.repeat(129)],
    ['x'.repeat(5000)],
    ['key id'],
    [''],
    [7],
    [null],
    [['ed-1']],
    ['__proto__'],
    ['ключ'],
  ])('refuses the key id %j', async kid => refused(mint({ header: { kid } })))

  it('looks for a token without a key id only among keys that leave no choice', async () => {
    await expect(verifier.verify(mint({ header: { kid: undefined } }))).resolves.toBeDefined()
    issuer.publish([ed.jwk, makeKey('ed-2', 'EdDSA').jwk])
    verifier = makeVerifier()
    await refused(mint({ header: { kid: undefined } }))
  })
})

describe('the form', () => {
  const tweak = (make: (parts: [string, string, string]) => string) =>
    make(mint().split('.') as [string, string, string])
  const forms: [string, () => string][] = [
    ['nothing', () => ''],
    ['two parts', () => tweak(([h, p]) => `${h}.${p}`)],
    ['four parts', () => tweak(([h, p, s]) => `${h}.${p}.${s}.${s}`)],
    ['a JWE of five parts', () => tweak(([h, p, s]) => `${h}.${p}.${s}.${s}.${s}`)],
    ['an empty signature', () => tweak(([h, p]) => `${h}.${p}.`)],
    ['a detached payload', () => tweak(([h, , s]) => `${h}..${s}`)],
    ['JSON serialization', () => tweak(([h, p, s]) => JSON.stringify({ protected: h, payload: p, signature: s }))],
    ['padding on the signature', () => `${mint({ key: ed })}==`],
    ['padding on the header', () => tweak(([h, p, s]) => `${h}=.${p}.${s}`)],
    ['padding on the payload', () => tweak(([h, p, s]) => `${h}.${p}=.${s}`)],
    ['a space in the signature', () => tweak(([h, p, s]) => `${h}.${p}.${s.slice(0, 4)} ${s.slice(4)}`)],
    ['a space at the end', () => `${mint()} `],
    ['a tab at the start', () => `\t${mint()}`],
    ['a line break in the payload', () => tweak(([h, p, s]) => `${h}.${p.slice(0, 4)}\n${p.slice(4)}.${s}`)],
    ['a line break at the end', () => `${mint()}\n`],
    ['foreign characters in the signature', () => tweak(([h, p, s]) => `${h}.${p}.${s.slice(0, 4)}*${s.slice(4)}`)],
    ['the plain base64 alphabet', () => tweak(([h, p, s]) => `${h}.${p}.+/${s.slice(2)}`)],
    ['the signature in plain base64', () => tweak(([h, p, s]) => `${h}.${p}.${plainBase64(s)}`)],
    ['a changed signature', () => tweak(([h, p, s]) => `${h}.${p}.${s.startsWith('A') ? 'B' : 'A'}${s.slice(1)}`)],
    ['a signature cut short', () => tweak(([h, p, s]) => `${h}.${p}.${s.slice(0, -4)}`)],
    ['a signature of zeros', () => tweak(([h, p]) => `${h}.${p}.${base64url(Buffer.alloc(64))}`)],
    ['the payload of another token', () => tweak(([h, , s]) => `${h}.${base64url(goodClaims())}.${s}`)],
    ['a payload that is no object', () => signParts(ed, base64url(goodHeader()), base64url('[1]'))],
    ['a nested token', () => signParts(ed, base64url({ ...goodHeader(), cty: 'JWT' }), base64url(mint()))],
    ['a byte order mark', () => signed('header', json => `\uFEFF${json}`)],
    ['an ill-formed UTF-8 payload', () => invalidUtf8()],
    ['a duplicate claim', () => signed('payload', json => json.replace('{', '{"tenant":"other",'))],
    ['a duplicate claim in escapes', () => signed('payload', json => json.replace('{', '{"\\u0074enant":"other",'))],
    ['a duplicate in depth', () => signed('payload', json => json.replace('{', '{"a":{"b":[{"c":1,"c":2}]},'))],
    ['a duplicate header member', () => signed('header', json => json.replace('{', '{"alg":"none",'))],
    ['a trailing comma', () => signed('payload', json => json.replace('}', ',}'))],
    ['more than 8 kB', () => mint({ claims: { filler: 'x'.repeat(8000) } })],
    ['a signature by a stranger', () => mint({ key: stranger })],
  ]
  const plainBase64 = (s: string) => Buffer.from(s, 'base64url').toString('base64')
  const signed = (part: 'header' | 'payload', change: (json: string) => string) => {
    const header = JSON.stringify(goodHeader())
    const payload = JSON.stringify(goodClaims())
    return signParts(
      ed,
      base64url(part === 'header' ? change(header) : header),
      base64url(part === 'payload' ? change(payload) : payload),
    )
  }
  const invalidUtf8 = () => {
    const json = Buffer.from(JSON.stringify({ ...goodClaims(), note: '?' }))
    json[json.lastIndexOf(0x3f)] = 0xff
    return signParts(ed, base64url(goodHeader()), base64url(json))
  }
  it.each(forms)('refuses %s', async (_, make) => refused(make()))

  it('refuses every other spelling of the last character', async () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const token = mint({ key: ed })
    await verifier.verify(token)
    const twins = [...alphabet].map(last => token.slice(0, -1) + last).filter(twin => twin !== token)
    const same = twins.filter(twin => sameBytes(twin, token))
    expect(same.length).toBeGreaterThan(0)
    for (const twin of twins) await refused(twin)
  })
  const sameBytes = (a: string, b: string) =>
    Buffer.from(a.split('.')[2]!, 'base64url').equals(Buffer.from(b.split('.')[2]!, 'base64url'))

  it('refuses any token with one character changed', async () => {
    const token = mint({ key: ec })
    await fc.assert(
      fc.asyncProperty(fc.nat(token.length - 1), fc.constantFrom(...'Aq7-_.= '), async (at, char) => {
        fc.pre(token[at] !== char)
        const changed = token.slice(0, at) + char + token.slice(at + 1)
        await expect(verifier.verify(changed)).rejects.toMatchObject({ name: 'DomainError' })
      }),
      { numRuns: 200 },
    )
  })

  it('refuses any text without failing in another way', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), text => refused(text).then(() => undefined)),
      { numRuns: 200 },
    )
  })

  it('finds duplicate members exactly where a generator put them', () => {
    const json = fc.jsonValue({ maxDepth: 4 }).map(value => JSON.stringify({ outer: value }))
    fc.assert(fc.property(json, text => !hasDuplicateMember(text)))
    fc.assert(fc.property(json, text => hasDuplicateMember(`${text.slice(0, -1)},"\\u006futer":1}`)))
  })
})

describe('the Authorization header', () => {
  it.each(['Bearer', 'bearer', 'BEARER'])('takes the scheme as %s', scheme => {
    expect(bearerToken(`${scheme} a.b.c`)).toBe('a.b.c')
  })

  it.each([
    '',
    'Bearer',
    'Bearer ',
    'Basic eDp5',
    'a.b.c',
    'Bearer  a.b.c',
    'Bearer a.b.c ',
    'Bearer a.b.c, Bearer d.e.f',
  ])('refuses "%s"', value => {
    expect(() => bearerToken(value)).toThrow(expect.objectContaining({ code: 'invalid_token' }))
  })

  it('refuses several of them, and one that is too long', () => {
    const raw = ['Host', 'x', 'Authorization', 'Bearer a.b.c', 'AUTHORIZATION', 'Bearer a.b.c']
    expect(() => bearerToken('Bearer a.b.c', raw)).toThrow(/more than one/)
    expect(() => bearerToken(`Bearer ${'a'.repeat(8001)}.b.c`)).toThrow()
    expect(() => bearerToken(undefined)).toThrow(expect.objectContaining({ code: 'invalid_token' }))
  })
})

describe('the keys of the issuer', () => {
  const usable = async (jwks: unknown[]) => importVerificationKeys({ keys: jwks }, DEFAULT_ALGORITHMS)
  const sound = makeKey('sound', 'ES256')
  const modulus = (n: bigint) => base64url(Buffer.from(n.toString(16).padStart(512, '0'), 'hex'))
  const rocaPrimes = [11n, 13n, 17n, 19n, 37n, 53n, 61n, 71n, 73n, 79n, 97n, 103n, 107n, 109n, 127n, 151n, 157n]
  const roca = () => {
    const product = rocaPrimes.reduce((a, b) => a * b, 2n)
    const power = 65537n ** 5n % product
    return power + product * ((1n << 2047n) / product + 1n)
  }
  const rsaWith = (change: object) => ({ ...rsa.jwk, ...change })

  const weak: [string, () => object][] = [
    ['a modulus of 1024 bits', () => ({ ...makeKey('w', 'RS256-1024').jwk, alg: 'RS256' })],
    ['an exponent of 1', () => rsaWith({ e: 'AQ' })],
    ['an exponent of 3', () => rsaWith({ e: 'Aw' })],
    ['an even exponent', () => rsaWith({ e: base64url(Buffer.from([1, 0, 2])) })],
    ['an even modulus', () => rsaWith({ n: modulus(1n << 2047n) })],
    ['a modulus of the ROCA kind', () => rsaWith({ n: modulus(roca()) })],
    ['a huge modulus', () => rsaWith({ n: base64url(Buffer.alloc(2048, 0xff)) })],
    ['no modulus', () => rsaWith({ n: undefined })],
    [
      'a symmetric key',
      () => ({ kty: 'oct', k: base64url('secret secret secret secret 1234'), alg: 'HS256', kid: 'h' }),
    ],
    ['a key for encryption', () => rsaWith({ use: 'enc' })],
    ['a key that may only sign', () => rsaWith({ use: undefined, key_ops: ['sign'] })],
    ['a key with ill-formed key_ops', () => rsaWith({ key_ops: 'verify' })],
    ['a private key', () => ({ ...ed.privateKey.export({ format: 'jwk' }), kid: 'p', alg: 'EdDSA' })],
    ['another algorithm than its type has', () => rsaWith({ alg: 'ES256' })],
    ['an algorithm not allowed', () => rsaWith({ alg: 'RS512' })],
    ['a curve not allowed', () => ({ ...ec.jwk, crv: 'secp256k1' })],
    ['a point that is not on the curve', () => ({ ...ec.jwk, y: (ec.jwk as { x: string }).x })],
    ['X25519', () => ({ ...ed.jwk, crv: 'X25519' })],
    ['an Ed25519 key cut short', () => ({ ...ed.jwk, x: 'AAAA' })],
    ['a key id that is a number', () => rsaWith({ kid: 7 })],
    ['null', () => null as unknown as object],
  ]
  it.each(weak)('leaves out %s', async (_, make) => {
    expect((await usable([make(), sound.jwk])).map(key => key.kid)).toEqual(['sound'])
  })

  it('leaves out every key whose id is there twice', async () => {
    const twin = { ...makeKey('ed-1', 'EdDSA').jwk }
    expect((await usable([ed.jwk, twin, ec.jwk])).map(key => key.kid)).toEqual(['ec-1'])
    const shadow = { ...rsa.jwk, use: 'enc', kid: 'ec-1' }
    expect(await usable([ec.jwk, shadow])).toEqual([])
  })

  it('binds an RSA key that names no algorithm to RS256', async () => {
    const [key] = await usable([rsaWith({ alg: undefined })])
    expect(key?.alg).toBe('RS256')
  })
})

describe('rotation, floods and an issuer that is away', () => {
  it('fetches once for many tokens at once', async () => {
    const before = issuer.fetches()
    await Promise.all(Array.from({ length: 100 }, () => verifier.verify(mint())))
    expect(issuer.fetches() - before).toBe(1)
  })

  it('takes a new key at its first token, without refusing one good token', async () => {
    const next = makeKey('ed-next', 'EdDSA')
    await verifier.verify(mint())
    now += 31_000
    issuer.publish([ed.jwk, next.jwk])
    const results = await Promise.all(
      Array.from({ length: 50 }, (_, n) => verifier.verify(mint({ key: n % 2 ? next : ed }))),
    )
    expect(results).toHaveLength(50)
  })

  it('refuses tokens of a removed key within the age of the cache, verified before or not', async () => {
    const old = mint({ key: ec, claims: { exp: seconds() + 3000 } })
    const other = mint({ key: ec, claims: { exp: seconds() + 3000 } })
    const kept = mint({ claims: { exp: seconds() + 3000 } })
    await verifier.verify(old)
    await verifier.verify(kept)
    issuer.publish([ed.jwk])
    now += 9 * 60_000
    await expect(verifier.verify(old)).resolves.toBeDefined()
    now += 61_000
    await refused(old)
    await refused(other)
    await expect(verifier.verify(kept)).resolves.toBeDefined()
  })

  it('refuses tokens of a key whose material was swapped under the same id', async () => {
    const token = mint({ key: ec, claims: { exp: seconds() + 3000 } })
    await verifier.verify(token)
    issuer.publish([stranger.jwk])
    now += 10 * 60_000
    await refused(token)
    await expect(verifier.verify(mint({ key: stranger }))).resolves.toBeDefined()
  })

  it('answers a flood of 2,000 unknown key ids with one fetch per cool-down', async () => {
    await verifier.verify(mint())
    const before = issuer.fetches()
    const [, payload, signature] = mint().split('.')
    const forged = (n: number) => `${base64url({ ...goodHeader(), kid: `random-${n}` })}.${payload}.${signature}`
    for (let second = 0; second < 20; second++) {
      now += 500
      await Promise.all(Array.from({ length: 100 }, (_, n) => refused(forged(second * 100 + n))))
    }
    expect(issuer.fetches() - before).toBeLessThanOrEqual(1)
    now += 31_000
    await refused(forged(5000))
    expect(issuer.fetches() - before).toBeLessThanOrEqual(2)
    await expect(verifier.verify(mint())).resolves.toBeDefined()
  })

  it('causes no fetch for tokens that are wrong whatever their key', async () => {
    await verifier.verify(mint())
    now += 31_000
    const before = issuer.fetches()
    await refused(mint({ claims: { aud: 'other' }, header: { kid: 'new' } }))
    await refused(mint({ header: { kid: 'new', typ: 'JWT' } }))
    await refused(mint({ header: { kid: 'new', alg: 'HS256' } }))
    expect(issuer.fetches()).toBe(before)
  })

  it('goes on with cached keys for an hour while the issuer is down, then fails closed, then recovers', async () => {
    const failures: unknown[] = []
    verifier = makeVerifier({ onFetchFailed: error => failures.push(error) })
    await verifier.verify(mint())
    await issuer.stop()
    try {
      for (const minutes of [9, 11, 30, 59]) {
        now = START + minutes * 60_000
        await expect(verifier.verify(mint())).resolves.toBeDefined()
      }
      const known = mint()
      await verifier.verify(known)
      now = START + 60 * 60_000
      await refused(known, 'authentication_unavailable')
      await expect(verifier.verify(mint())).rejects.toMatchObject({
        code: 'authentication_unavailable',
        retryAfterSeconds: 5,
      })
      expect(failures.length).toBeGreaterThan(0)
      expect(verifier.state()).toMatchObject({ failing: true })
    } finally {
      await issuer.start()
    }
    now += 6_000
    await expect(verifier.verify(mint())).resolves.toBeDefined()
    expect(verifier.state()).toMatchObject({ failing: false })
  })

  it('answers 503 and not 401 when no key was ever read', async () => {
    issuer.answerWith({ status: 500 })
    await refused(mint(), 'authentication_unavailable')
    const before = issuer.fetches()
    await refused(mint(), 'authentication_unavailable')
    expect(issuer.fetches()).toBe(before)
    issuer.answerWith(null)
    now += 5_000
    await expect(verifier.verify(mint())).resolves.toBeDefined()
  })

  it.each([
    ['a redirect', { status: 302, headers: { location: 'http://127.0.0.1:1/' } }],
    ['text that is not JSON', { body: '<html>' }],
    ['another document', { body: '{"keys":"none"}' }],
    ['an empty set', { body: '{"keys":[]}' }],
    ['a set that is too large', { body: `{"keys":[],"filler":"${'x'.repeat(600_000)}"}` }],
    ['no answer in time', { delayMs: 700 }],
  ])('keeps the keys it has when the issuer answers with %s', async (_, answer) => {
    await verifier.verify(mint())
    issuer.answerWith(answer)
    now += 11 * 60_000
    await expect(verifier.verify(mint())).resolves.toBeDefined()
    expect(verifier.state().failing).toBe(true)
  })
})

describe('discovery', () => {
  const fetchJson = createFetchJson({ timeoutMs: 500 })

  it('finds the key set by the metadata of the issuer and remembers where', async () => {
    const wallNow = () => new Date(now)
    verifier = makeVerifier({ fetchJwks: createJwksSource({ issuer: issuer.url, fetchJson, wallNow }) })
    const before = issuer.metadataFetches()
    await verifier.verify(mint())
    now += 11 * 60_000
    await verifier.verify(mint())
    expect(issuer.metadataFetches() - before).toBe(1)
  })

  it('keeps the path of the issuer, as Keycloak and Auth0 need', () => {
    expect(metadataUrls('https://id.example/realms/panless')).toEqual([
      'https://id.example/realms/panless/.well-known/openid-configuration',
      'https://id.example/.well-known/oauth-authorization-server/realms/panless',
    ])
    expect(metadataUrls('https://panless.eu.auth0.com/')[0]).toBe(
      'https://panless.eu.auth0.com/.well-known/openid-configuration',
    )
  })

  it('refuses metadata of another issuer, and a key set that is not https', async () => {
    const answers = (metadata: object) => async () => metadata
    const good = { issuer: 'https://id.example', jwks_uri: 'https://id.example/jwks' }
    await expect(discoverJwksUrl('https://id.example', answers(good))).resolves.toBe(good.jwks_uri)
    await expect(discoverJwksUrl('https://id.example/', answers(good))).rejects.toThrow(/another issuer/)
    for (const jwks_uri of ['http://id.example/jwks', 'file:///etc/passwd', 'https://u:p@id.example/', 7, undefined]) {
      await expect(discoverJwksUrl('https://id.example', answers({ ...good, jwks_uri }))).rejects.toThrow(/https/)
    }
  })

  it('reads https only, except on this machine', async () => {
    await expect(fetchJson('http://id.example/jwks')).rejects.toThrow(/https/)
    await expect(fetchJson('ftp://127.0.0.1/jwks')).rejects.toThrow(/https/)
  })
})

describe('configuration', () => {
  it('refuses to be built with what the standards forbid', () => {
    expect(() => makeVerifier({ clockSkewSeconds: 61 })).toThrow()
    expect(() => makeVerifier({ maxLifetimeSeconds: 3601 })).toThrow()
    expect(() => makeVerifier({ algorithms: ['HS256' as 'ES256'] })).toThrow()
    expect(() => makeVerifier({ algorithms: ['none' as 'ES256'] })).toThrow()
    expect(() => makeVerifier({ algorithms: [] })).toThrow()
    expect(() => makeVerifier({ issuer: '' })).toThrow()
  })
})

describe('the two kinds of token', () => {
  it('are refused in each other’s place', async () => {
    const sessions = createSessionTokenSigner({
      signing: { kid: 'ed-1', key: ed25519FromSeed(Buffer.alloc(32, 7)) },
    })
    const session = sessions.sign({ sessionId: 'cs_1', tenantId: 'demo', now: new Date(now) })
    await refused(session)
    expect(() => sessions.verify(mint(), new Date(now))).toThrow(/not a checkout session token/)
  })
})
