// Makes a keyring known to its database, or refuses it: what each version is told by, and its public keys.
import { createPublicKey, type KeyObject } from 'node:crypto'
import { ed25519FromSeed } from '../../crypto/session-token.ts'
import type { Database } from '../../db/client.ts'
import { type Keyring, KeyringError } from '../../keyring/keyring.ts'
import type { Clock } from '../context.ts'
import { anotherKeyring, checksOf, readKeyVersions, refuseOtherKeyring } from './keyring-checks.ts'
import { opensWhatIsThere } from './opens-what-is-there.ts'

export const SIGNING_USES = { statement: 'statement-signing', session: 'session-token' } as const
export type SigningUse = keyof typeof SIGNING_USES

/** The Ed25519 private key of a version for one use, and the name it signs under. */
export function signingKey(keyring: Keyring, use: SigningUse, version: number): { kid: string; key: KeyObject } {
  return { kid: `${use}-${version}`, key: ed25519FromSeed(keyring.derive(SIGNING_USES[use], version).export()) }
}

/** The 32 bytes of an Ed25519 public key (RFC 8032). */
export const publicBytes = (key: KeyObject): Buffer =>
  Buffer.from(createPublicKey(key).export({ format: 'jwk' }).x as string, 'base64url')

/**
 * Run at every start, and whenever the keyring changed; a second time it changes nothing. A version that waits is not
 * told yet: until it seals, a process with an older file may start.
 * @throws KeyringError `keyring_is_another`, `keyring_is_older`
 */
export async function enrolKeyring(of: { db: Database; keyring: Keyring; clock: Clock }): Promise<void> {
  const { db, keyring, clock } = of
  const known = await readKeyVersions(db.sql)
  refuseOtherKeyring(known, keyring)
  if (known.length === 0 && !(await opensWhatIsThere(db, keyring))) throw anotherKeyring()
  const now = clock.now()
  const versions = keyring.versions().filter(version => version <= keyring.currentVersion)
  const news = versions.filter(version => !known.some(row => row.version === version))
  for (const version of news) {
    const { keyringCheck, versionCheck } = checksOf(keyring, version)
    // Of a database that knew none there is nothing to wrap anew.
    await db.sql`
      insert into key_versions (version, keyring_check, version_check, created_at, rewrapped_at)
      values (${version}, ${keyringCheck}, ${versionCheck}, ${now}, ${known.length === 0 ? now : null})
      on conflict do nothing`
  }
  // Another process may have been first, with other keys.
  if (news.length > 0) refuseOtherKeyring(await readKeyVersions(db.sql), keyring)
  await publishSigningKeys(db, keyring, versions, now)
}

async function publishSigningKeys(db: Database, keyring: Keyring, versions: number[], now: Date): Promise<void> {
  const published = new Map(
    (await db.sql<{ kid: string; public_key: Buffer }[]>`select kid, public_key from signing_keys`).map(row => [
      row.kid,
      row.public_key,
    ]),
  )
  for (const version of versions) {
    for (const use of Object.keys(SIGNING_USES) as SigningUse[]) {
      const { kid, key } = signingKey(keyring, use, version)
      const bytes = publicBytes(key)
      const there = published.get(kid)
      if (there === undefined) {
        await db.sql`
          insert into signing_keys (kid, use, version, public_key, created_at)
          values (${kid}, ${use}, ${version}, ${bytes}, ${now}) on conflict do nothing`
      } else if (!there.equals(bytes)) {
        throw new KeyringError('keyring_is_another', `the database knows another signing key as ${kid}`)
      }
    }
  }
}
