// Statements that panless signs for others to keep: receipts, checkpoints of the audit log. Compact JWS with Ed25519
// (RFC 7515, RFC 8037), each kind with a type of its own, so that none passes for another or for a token.
import { createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import { type CompactJws, readCompactJws, TokenRefused } from './compact-jws.ts'
import { type Ed25519Jwk, jwksOf } from './ed25519-jwk.ts'

export const STATEMENT_TYPES = {
  receipt: 'panless-receipt+jwt',
  checkpoint: 'panless-checkpoint+jwt',
  erasure: 'panless-erasure+jwt',
  region: 'panless-region+jwt',
  archive: 'panless-archive+jwt',
} as const

export type StatementKind = keyof typeof STATEMENT_TYPES

export type StatementKey = { kid: string; key: KeyObject }

/** What a statement of this kind says; null for one that was cut off, or that none of the keys signed as such. */
export type StatementReader = (kind: StatementKind, statement: string) => Record<string, unknown> | null

export type StatementSigner = {
  /** Signs with the current key. The payload is small, and holds ids, hashes and times; never a value about a person. */
  sign(kind: StatementKind, payload: Record<string, unknown>): string
  /** Verifies with any of the keys. */
  read: StatementReader
  publicKeys(): Ed25519Jwk[]
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
    read: statementReader(kid => publicKeys.get(kid)),
    publicKeys: () => jwksOf(publicKeys),
  }
}

/** Verifies with nothing but public keys. */
export function statementReader(keyOf: (kid: string) => KeyObject | undefined): StatementReader {
  return (kind, statement) => {
    const jws = readJws(kind, statement)
    const key = jws === null || jws.kid === null ? undefined : keyOf(jws.kid)
    return jws && key && verify(null, Buffer.from(jws.signingInput), key, jws.signature) ? jws.payload : null
  }
}

/** What a statement says whoever signed it: to find which of many are worth verifying, and for nothing else. */
export const peekStatement: StatementReader = (kind, statement) => readJws(kind, statement)?.payload ?? null

function readJws(kind: StatementKind, statement: string): CompactJws | null {
  try {
    const jws = readCompactJws(statement)
    return jws.typ === STATEMENT_TYPES[kind] && jws.alg === 'EdDSA' ? jws : null
  } catch (error) {
    if (error instanceof TokenRefused) return null
    throw error
  }
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
