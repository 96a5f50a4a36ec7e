// Whether a keyring opens what a database holds, for one that does not know yet which keyring is its own.
import { open } from '../../crypto/envelope.ts'
import type { Database } from '../../db/client.ts'
import type { Keyring } from '../../keyring/keyring.ts'
import type { Tx } from '../context.ts'
import { SEALED } from './rewrap-batch.ts'
import { HOLDS_KEY, sealedVersion, tablesOfWrappedKeys } from './sealed-columns.ts'

/** Of each place, in each tenant: one row may be damaged, hardly so many. */
const ROWS_MAX = 5
const TENANTS_MAX = 1_000

/** True as well when there is nothing. */
export async function opensWhatIsThere(db: Database, keyring: Keyring): Promise<boolean> {
  let found = false
  for (const { id } of await db.sql<{ id: string }[]>`select id from tenants order by id limit ${TENANTS_MAX}`) {
    const opened = await db.transaction(id, tx => tryRows(tx, keyring))
    if (opened.includes(true)) return true
    found ||= opened.length > 0
  }
  return !found
}

async function tryRows(tx: Tx, keyring: Keyring): Promise<boolean[]> {
  const opened: boolean[] = []
  const { tenantId } = tx
  for (const table of await tablesOfWrappedKeys(tx.sql)) {
    const rows = await tx.sql.unsafe<{ id: string; wrapped_key: Buffer; key_version: number }[]>(
      `select id, wrapped_key, key_version from ${table} where tenant_id = $1 and ${HOLDS_KEY} limit ${ROWS_MAX}`,
      [tenantId],
    )
    for (const { id, wrapped_key, key_version } of rows)
      opened.push(await succeeds(keyring.unwrap(wrapped_key, key_version, { tenantId, table, row: id })))
  }
  for (const { purpose, column: of } of SEALED) {
    const { table, column } = of
    const rows = await tx.sql.unsafe<{ id: never; sealed: Buffer; version: number }[]>(
      `select ${of.id} as id, ${column} as sealed, ${sealedVersion(column)} as version from ${table}
        where ${of.tenant} = $1 and ${column} is not null${of.only ? ` and ${of.only}` : ''} limit ${ROWS_MAX}`,
      [tenantId],
    )
    for (const { id, sealed, version } of rows) {
      const place = { tenantId, table, column, row: of.row(id), keyVersion: version }
      opened.push(await succeeds(keyring.openingKey(purpose, version).then(key => open(key, place, sealed))))
    }
  }
  return opened
}

const succeeds = (work: Promise<unknown>): Promise<boolean> =>
  work.then(
    () => true,
    () => false,
  )
