// Statements that panless signs for others to keep: receipts, checkpoints of the audit log. Compact JWS with Ed25519
// (RFC 7515, RFC 8037), each kind with a type of its own, so that none passes for another or for a token.
import { createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import { readCompactJws, TokenRefused } from './compact-jws.ts'

export const STATEMENT_TYPES = {
  receipt: 'panless-receipt+jwt',
  checkpoint: 'panless-checkpoint+jwt',
  erasure: 'panless-erasure+jwt',
  region: 'panless-region+jwt',
  archive: 'panless-archive+jwt',
} as const

export type StatementKind = keyof typeof STATEMENT_TYPES

export type StatementKey = { kid: string; key: KeyObject }

/** A public key as a JWK set lists it (RFC 8037 section 2). */
export type StatementJwk = { kty: 'OKP'; crv: 'Ed25519'; x: string; kid: string; use: 'sig'; alg: 'EdDSA' }

export type StatementSigner = {
  /** Signs with the current key. The payload is small, and holds ids, hashes and times; never a value about a person. */
  sign(kind: StatementKind, payload: Record<string, unknown>): string
  /** Verifies with any of the keys and gives back the payload; throws TokenRefused. */
  verify(kind: StatementKind, statement: string): Record<string, unknown>
  publicKeys(): StatementJwk[]
}

/** One key signs, all public ones verify, so that keys can be rotated while older statements are still read. */
export function createStatementSigner(
  signing: StatementKey,
  publicKeys: ReadonlyMap<string, KeyObject> = new Map([[signing.kid, createPublicKey(signing.key)]]),
): StatementSigner {
  return {
    sign(kind, payload) {
      const head = encode({ alg: 'EdDSA', typ: STATEMENT_TYPES[kind], kid: signing.kid })
      const input = `${head}.${encode(payload)}`
      return `${input}.${sign(null, Buffer.from(input), signing.key).toString('base64url')}`
    },
    verify: (kind, statement) => verifyStatement(kind, statement, kid => publicKeys.get(kid)),
    publicKeys: () => [...publicKeys].map(([kid, key]) => statementJwk(kid, key)),
  }
}

/** Verifies a statement with nothing but public keys; throws TokenRefused. */
export function verifyStatement(
  kind: StatementKind,
  statement: string,
  keyOf: (kid: string) => KeyObject | undefined,
): Record<string, unknown> {
  const jws = readCompactJws(statement)
  if (jws.typ !== STATEMENT_TYPES[kind] || jws.alg !== 'EdDSA')
    throw new TokenRefused('The statement is of another kind.')
  const key = jws.kid === null ? undefined : keyOf(jws.kid)
  if (!key || !verify(null, Buffer.from(jws.signingInput), key, jws.signature)) {
    throw new TokenRefused('The signature of the statement is not ours.')
  }
  return jws.payload
}

function statementJwk(kid: string, key: KeyObject): StatementJwk {
  const { x } = key.export({ format: 'jwk' })
  return { kty: 'OKP', crv: 'Ed25519', x: x as string, kid, use: 'sig', alg: 'EdDSA' }
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
