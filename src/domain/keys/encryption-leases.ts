// Counts what each key encrypts, in the database, by leases of thousands (src/keyring/encryption-count.ts), and bounds it.
import type { Database } from '../../db/client.ts'
import { LEASE_MS } from '../../keyring/encryption-count.ts'
import { type EncryptionLeases, KeyringError } from '../../keyring/keyring.ts'
import type { Logger, Meter } from '../context.ts'

/**
 * NIST SP 800-38D section 8.3 allows 2^32 encryptions under one key with random IVs of 96 bits. At 2^28 the odds of two
 * equal IVs are below 2^-41.
 */
export const ENCRYPTIONS_MAX = 2 ** 28
/** From here on the doctor asks for a rotation, and each lease is an alert. */
export const ENCRYPTIONS_WARN = ENCRYPTIONS_MAX / 2

export function createEncryptionLeases(of: { db: Database; log: Logger; meter: Meter }): EncryptionLeases {
  const { db, log, meter } = of

  function alert(name: 'key_nearly_used_up' | 'key_used_up', version: number, use: string): void {
    meter.count('alerts', { name })
    log.error({ alert: name, version, use }, 'a key has encrypted much: run panless keys rotate')
  }

  return {
    async grant(version, use, count) {
      const [row] = await db.sql<{ outcome: 'granted' | 'used_up' | 'retired'; total: number | null }[]>`
        select outcome, total from panless_lease_encryptions(${version}, ${use}, ${count}, ${ENCRYPTIONS_MAX}, ${LEASE_MS})`
      if (row?.outcome === 'retired') {
        throw new KeyringError(
          'key_version_retired',
          `key version ${version} is being retired: nothing more is sealed with it; this process has an older keyring`,
        )
      }
      if (row?.outcome === 'used_up') {
        alert('key_used_up', version, use)
        throw new KeyringError(
          'key_used_up',
          `key version ${version} has encrypted as much as it may (${use}); run panless keys rotate`,
        )
      }
      if ((row?.total ?? 0) >= ENCRYPTIONS_WARN) alert('key_nearly_used_up', version, use)
    },
  }
}
