// Signers that follow the keyring: the current version signs, and every version that ever signed verifies, also when its
// private key is gone.
import { createPublicKey, type KeyObject } from 'node:crypto'
import { claimedKeyId } from '../../crypto/compact-jws.ts'
import { createSessionTokenSigner, type SessionTokenSigner } from '../../crypto/session-token.ts'
import { createStatementSigner, type StatementSigner } from '../../crypto/signed-statement.ts'
import type { Database } from '../../db/client.ts'
import type { Keyring } from '../../keyring/keyring.ts'
import { type SigningUse, signingKey } from './enrol-keyring.ts'

export type LiveSigners = { sessionTokens: SessionTokenSigner; statements: StatementSigner }

/** Session tokens live for minutes; no more versions than this are tried for them, newest first. */
const PAST_KEYS_MAX = 1_000

/** Reads the public keys of the past once; versions that come later are taken from the keyring. */
export async function openLiveSigners(db: Database, keyring: Keyring): Promise<LiveSigners> {
  const rows = await db.sql<{ kid: string; use: SigningUse; public_key: Buffer }[]>`
    select kid, use, public_key from signing_keys order by version desc limit ${PAST_KEYS_MAX}`
  const past = (use: SigningUse) =>
    new Map(rows.filter(row => row.use === use).map(row => [row.kid, ed25519Public(row.public_key)]))
  const session = following(keyring, 'session', past('session'), (first, publicKeys) =>
    createSessionTokenSigner({ signing: first, publicKeys }),
  )
  const statement = following(keyring, 'statement', past('statement'), (first, publicKeys) =>
    createStatementSigner(first, publicKeys),
  )
  return {
    sessionTokens: {
      sign: claims => session().sign(claims),
      async meet(token) {
        const version = /^session-(\d{1,5})$/.exec(claimedKeyId(token) ?? '')?.[1]
        if (version !== undefined) await keyring.meet(Number(version))
      },
      verify: (token, now) => session().verify(token, now),
      publicKeys: () => session().publicKeys(),
    },
    statements: {
      sign: (kind, payload) => statement().sign(kind, payload),
      read: (kind, text) => statement().read(kind, text),
      publicKeys: () => statement().publicKeys(),
    },
  }
}

/** Makes a signer anew whenever the keyring was read anew; public keys once known stay known. */
function following<Signer>(
  keyring: Keyring,
  use: SigningUse,
  publicKeys: Map<string, KeyObject>,
  make: (signing: { kid: string; key: KeyObject }, publicKeys: ReadonlyMap<string, KeyObject>) => Signer,
): () => Signer {
  let made: { revision: number; signer: Signer } | null = null
  return () => {
    if (made?.revision === keyring.revision) return made.signer
    const { revision } = keyring
    for (const version of keyring.versions()) {
      const { kid, key } = signingKey(keyring, use, version)
      publicKeys.set(kid, createPublicKey(key))
    }
    made = { revision, signer: make(signingKey(keyring, use, keyring.currentVersion), publicKeys) }
    return made.signer
  }
}

const ed25519Public = (bytes: Buffer): KeyObject =>
  createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x: bytes.toString('base64url') } })
