// Checkout session tokens: panless's own short-lived Ed25519 JWTs, of a type and audience that no other token has.
import { createPrivateKey, createPublicKey, type KeyObject, randomBytes, sign, verify } from 'node:crypto'
import { readCompactJws, TokenRefused } from './compact-jws.ts'
import { type Ed25519Jwk, jwksOf } from './ed25519-jwk.ts'

export const SESSION_TOKEN_TYPE = 'panless-checkout+jwt'
export const SESSION_TOKEN_AUDIENCE = 'panless:checkout'
const SESSION_TOKEN_ISSUER = 'panless'
/** A checkout takes minutes; a token that leaks from a browser is worthless after 15 of them. */
export const SESSION_TOKEN_MAX_SECONDS = 15 * 60
/** Clocks of two instances may differ by this much when one judges the other's `iat`. */
const CLOCK_SKEW_SECONDS = 5
const SEED_BYTES = 32
const JTI_BYTES = 16
/** DER of a PKCS #8 Ed25519 private key up to its 32 seed bytes (RFC 8410 section 7). */
const PKCS8_ED25519_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex')

export type SessionTokenKey = { kid: string; key: KeyObject }

export type VerifiedSession = { sessionId: string; tenantId: string; jti: string; issuedAt: Date; expiresAt: Date }

export type SessionTokenSigner = {
  /** Signs with the current key; `now` is wall time, `lifetimeSeconds` at most 900. */
  sign(session: { sessionId: string; tenantId: string; now: Date; lifetimeSeconds?: number }): string
  /** Looks for the key that a token names, where it is one that was not met before. */
  meet(token: string): Promise<void>
  /** Verifies with any of the keys; throws TokenRefused. */
  verify(token: string, now: Date): VerifiedSession
  publicKeys(): Ed25519Jwk[]
}

/** Makes the Ed25519 private key of a 32-byte seed (RFC 8032 section 5.1.5). */
export function ed25519FromSeed(seed: Buffer): KeyObject {
  if (seed.length !== SEED_BYTES) throw new RangeError(`An Ed25519 seed has ${SEED_BYTES} bytes.`)
  const der = Buffer.concat([PKCS8_ED25519_PREFIX, seed])
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
}

/**
 * Makes the signer of checkout session tokens; one key signs, all public ones verify, so that keys can be rotated while
 * several instances run.
 */
export function createSessionTokenSigner(options: {
  signing: SessionTokenKey
  publicKeys?: ReadonlyMap<string, KeyObject>
}): SessionTokenSigner {
  const { signing } = options
  if (signing.key.type !== 'private') throw new Error('A session token is signed with a private key.')
  const { publicKeys = new Map([[signing.kid, createPublicKey(signing.key)]]) } = options
  for (const key of [signing.key, ...publicKeys.values()]) {
    if (key.asymmetricKeyType !== 'ed25519') throw new Error('Session keys are Ed25519 keys.')
  }
  const header = encode({ alg: 'EdDSA', typ: SESSION_TOKEN_TYPE, kid: signing.kid })

  return {
    sign({ sessionId, tenantId, now, lifetimeSeconds = SESSION_TOKEN_MAX_SECONDS }) {
      if (!(lifetimeSeconds > 0 && lifetimeSeconds <= SESSION_TOKEN_MAX_SECONDS)) {
        throw new RangeError(`A session token lives at most ${SESSION_TOKEN_MAX_SECONDS} seconds.`)
      }
      const iat = Math.floor(now.getTime() / 1000)
      const payload = encode({
        iss: SESSION_TOKEN_ISSUER,
        aud: SESSION_TOKEN_AUDIENCE,
        sub: sessionId,
        tenant: tenantId,
        jti: randomBytes(JTI_BYTES).toString('base64url'),
        iat,
        exp: iat + Math.floor(lifetimeSeconds),
      })
      const signature = sign(null, Buffer.from(`${header}.${payload}`), signing.key)
      return `${header}.${payload}.${signature.toString('base64url')}`
    },

    async meet() {},

    verify(token, now) {
      const jws = readCompactJws(token)
      if (jws.typ !== SESSION_TOKEN_TYPE || jws.alg !== 'EdDSA') {
        throw new TokenRefused('This is not a checkout session token.')
      }
      const key = jws.kid === null ? undefined : publicKeys.get(jws.kid)
      if (!key || !verify(null, Buffer.from(jws.signingInput), key, jws.signature)) {
        throw new TokenRefused('The signature of the session token is not ours.')
      }
      return sessionOf(jws.payload, now)
    },

    publicKeys: () => jwksOf(publicKeys),
  }
}

function sessionOf(claims: Record<string, unknown>, now: Date): VerifiedSession {
  const { iss, aud, sub, tenant, jti, iat, exp } = claims
  if (iss !== SESSION_TOKEN_ISSUER || aud !== SESSION_TOKEN_AUDIENCE) {
    throw new TokenRefused('This is not a checkout session token.')
  }
  if (!isText(sub) || !isText(tenant) || !isText(jti) || !Number.isSafeInteger(iat) || !Number.isSafeInteger(exp)) {
    throw new TokenRefused('The session token lacks a claim.')
  }
  const issuedAt = iat as number
  const expiresAt = exp as number
  const nowSeconds = now.getTime() / 1000
  if (expiresAt <= issuedAt || expiresAt - issuedAt > SESSION_TOKEN_MAX_SECONDS) {
    throw new TokenRefused('The session token lives longer than is allowed.')
  }
  if (issuedAt > nowSeconds + CLOCK_SKEW_SECONDS) throw new TokenRefused('The session token is not valid yet.')
  if (expiresAt <= nowSeconds) throw new TokenRefused('The checkout session has expired.')
  return {
    sessionId: sub,
    tenantId: tenant,
    jti,
    issuedAt: new Date(issuedAt * 1000),
    expiresAt: new Date(expiresAt * 1000),
  }
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
