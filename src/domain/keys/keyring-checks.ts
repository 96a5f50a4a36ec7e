// Whether a keyring and a database belong together: check values in the database that only the same keys give again.
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Sql, TransactionSql } from 'postgres'
import { type Keyring, KeyringError } from '../../keyring/keyring.ts'

const LABEL = 'panless/key-versions/1'

export type KeyVersionRow = {
  version: number
  keyring_check: Buffer
  version_check: Buffer
  created_at: Date
  rewrapped_at: Date | null
  retiring_at: Date | null
  retired_at: Date | null
}

export const readKeyVersions = async (sql: Sql | TransactionSql): Promise<KeyVersionRow[]> => [
  ...(await sql<KeyVersionRow[]>`select * from key_versions order by version`),
]

/** What the database keeps of a version. */
export function checksOf(keyring: Keyring, version: number): { keyringCheck: Buffer; versionCheck: Buffer } {
  const hmac = (key: Parameters<typeof createHmac>[1]) => createHmac('sha256', key).update(LABEL).digest()
  return {
    keyringCheck: hmac(keyring.derive('keyring-identity')),
    versionCheck: hmac(keyring.derive('version-check', version)),
  }
}

export const anotherKeyring = (): KeyringError =>
  new KeyringError(
    'keyring_is_another',
    'this database was sealed with another keyring: set KEYRING_FILE to that one, or restore its copy',
  )

/** @throws KeyringError `keyring_is_another`, `keyring_is_older` */
export function refuseOtherKeyring(rows: readonly KeyVersionRow[], keyring: Keyring): void {
  const usable = new Set(keyring.versions())
  for (const row of rows) {
    if (row.retired_at !== null && !usable.has(row.version)) continue
    if (!usable.has(row.version)) {
      throw new KeyringError(
        'keyring_is_older',
        `this database uses key version ${row.version}, which the keyring does not hold: it is an older copy, or the ` +
          'version was retired after this database was backed up; restore the copy of the keyring that holds it',
      )
    }
    const { keyringCheck, versionCheck } = checksOf(keyring, row.version)
    if (!timingSafeEqual(keyringCheck, row.keyring_check) || !timingSafeEqual(versionCheck, row.version_check)) {
      throw anotherKeyring()
    }
  }
}
