// Whether the keyring is the one that this database was sealed with, how much its keys have encrypted, and whether a
// rotation waits to be finished.
import type { Sql } from 'postgres'
import { type Keyring, KeyringError } from '../../keyring/keyring.ts'
import { ENCRYPTIONS_MAX, ENCRYPTIONS_WARN } from '../keys/encryption-leases.ts'
import { readKeyVersions, refuseOtherKeyring } from '../keys/keyring-checks.ts'
import { type Finding, failed, ok, warning } from './finding.ts'

const KEYRING = 'keyring of this database'
const USAGE = 'encryptions of each key'
const ROTATE = 'Run: panless keys rotate'

export async function examineKeys(sql: Sql, keyring: Keyring): Promise<Finding[]> {
  const rows = await readKeyVersions(sql)
  try {
    refuseOtherKeyring(rows, keyring)
  } catch (error) {
    if (!(error instanceof KeyringError)) throw error
    return [failed(KEYRING, error.message, 'Set KEYRING_FILE to the keyring that this database was used with.')]
  }
  const says = rows.length === 0 ? 'nothing is sealed yet' : `it is, ${rows.length} versions known`
  return [ok(KEYRING, says), ...(await examineUsage(sql)), ...examineRotation(rows, keyring)]
}

/** Of the version that seals; older ones seal nothing more. */
async function examineUsage(sql: Sql): Promise<Finding[]> {
  const [row] = await sql<{ version: number; use: string; reserved: number }[]>`
    select version, use, reserved from key_usage
     where version = (select max(version) from key_usage) order by reserved desc limit 1`
  if (!row) return [ok(USAGE, 'none yet')]
  const percent = Math.floor((row.reserved / ENCRYPTIONS_MAX) * 1000) / 10
  const says = `${percent} % of what version ${row.version} may do (${row.use})`
  if (row.reserved >= ENCRYPTIONS_MAX) return [failed(USAGE, says, `${ROTATE}. Nothing new can be sealed before that.`)]
  return [row.reserved >= ENCRYPTIONS_WARN ? warning(USAGE, says, ROTATE) : ok(USAGE, says)]
}

function examineRotation(rows: Awaited<ReturnType<typeof readKeyVersions>>, keyring: Keyring): Finding[] {
  const current = rows.find(row => row.version === keyring.currentVersion)
  if (!current || current.rewrapped_at !== null) return []
  return [
    warning(
      'key rotation',
      `the one to version ${current.version} is not finished`,
      `${ROTATE}; it goes on where it was.`,
    ),
  ]
}
