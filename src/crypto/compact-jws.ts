// Takes a signed token apart before any cryptography: compact form only, canonical base64url, strict JSON.
import { LRUCache } from 'lru-cache'
import { parseStrictJsonObject } from './strict-json.ts'

/** Longest token that is looked at; a header of more than 8 kB is refused before any cryptography. */
export const MAX_TOKEN_LENGTH = 8_000
/** Longest `kid`: issuers use thumbprints and UUIDs; 128 leaves room and bounds look-ups. */
const MAX_KID_LENGTH = 128
const MAX_TYP_LENGTH = 64

export type CompactJws = {
  alg: string
  /** Lower case, without an `application/` prefix (RFC 7515 section 4.1.9). */
  typ: string
  kid: string | null
  payload: Record<string, unknown>
  signingInput: string
  signature: Buffer
}

/** A token that is refused; the message is written for the caller and never repeats a part of the token. */
export class TokenRefused extends Error {
  constructor(reason: string) {
    super(reason)
    this.name = 'TokenRefused'
  }
}

/** All tokens of one key have one header, so few headers come again and again. */
const KNOWN_HEADERS_MAX = 100
const KNOWN_HEADER_LENGTH = 512
type Claims = { typ: string | null; kid: string | null }
const knownClaims = new LRUCache<string, Claims>({ max: KNOWN_HEADERS_MAX })

const COMPACT = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)$/
const VISIBLE_ASCII = /^[\x21-\x7e]+$/

/**
 * Reads a JWS in compact form without verifying it; throws TokenRefused for JWE, JSON serialization, `crit`, `b64`,
 * padding, white space, non-canonical trailing bits, duplicate members (RFC 7515, RFC 8725 sections 3.3 to 3.10).
 */
export function readCompactJws(token: string): CompactJws {
  if (token.length > MAX_TOKEN_LENGTH) throw new TokenRefused('The token is too long.')
  const parts = COMPACT.exec(token)
  if (!parts) throw new TokenRefused('The token is not a signed JWT in compact form.')
  const header = objectOf(parts[1]!, 'header')
  for (const member of ['crit', 'b64', 'enc', 'zip']) {
    if (Object.hasOwn(header, member)) throw new TokenRefused('The token header asks for an extension not taken here.')
  }
  const { alg, typ, kid } = header
  if (typeof alg !== 'string') throw new TokenRefused('The token header names no algorithm.')
  if (typeof typ !== 'string' || typ.length > MAX_TYP_LENGTH) throw new TokenRefused('The token header names no type.')
  if (kid !== undefined && (typeof kid !== 'string' || kid.length > MAX_KID_LENGTH || !VISIBLE_ASCII.test(kid))) {
    throw new TokenRefused('The key id of the token is ill-formed.')
  }
  return {
    alg,
    typ: typ.toLowerCase().replace(/^application\//, ''),
    kid: kid ?? null,
    payload: objectOf(parts[2]!, 'payload'),
    signingInput: `${parts[1]}.${parts[2]}`,
    signature: canonicalBytes(parts[3]!),
  }
}

/** The `typ` that a token claims, unverified and only to choose a verifier; null when it cannot be read. */
export const claimedTokenType = (token: string): string | null => claimed(token, 'typ')?.toLowerCase() ?? null

/** The `kid` that a token claims, unverified and only to look for the key. */
export const claimedKeyId = (token: string): string | null => claimed(token, 'kid')

function claimed(token: string, member: 'typ' | 'kid'): string | null {
  const dot = token.indexOf('.')
  if (dot < 0 || token.length > MAX_TOKEN_LENGTH) return null
  const header = token.slice(0, dot)
  const known = knownClaims.get(header) ?? readClaims(header)
  return known[member]
}

function readClaims(header: string): Claims {
  const { typ, kid } = parseStrictJsonObject(Buffer.from(header, 'base64url')) ?? {}
  const claims = { typ: typeof typ === 'string' ? typ : null, kid: typeof kid === 'string' ? kid : null }
  if (header.length <= KNOWN_HEADER_LENGTH) knownClaims.set(header, claims)
  return claims
}

/** Decodes base64url, or throws TokenRefused when another spelling of the same bytes was sent. */
export function canonicalBytes(base64url: string): Buffer {
  const bytes = Buffer.from(base64url, 'base64url')
  if (bytes.toString('base64url') !== base64url) throw new TokenRefused('The token is not canonical base64url.')
  return bytes
}

function objectOf(base64url: string, part: string): Record<string, unknown> {
  const value = parseStrictJsonObject(canonicalBytes(base64url))
  if (!value) throw new TokenRefused(`The token ${part} is not a JSON object with distinct members.`)
  return value
}
