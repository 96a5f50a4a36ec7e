// What stands under the keys of a version: data keys that are wrapped, and columns that a derived key seals itself. A
// rotation wraps and seals all of it anew, and a version is retired only when none of it is left.
import type { Sql, TransactionSql } from 'postgres'
import type { SealingPurpose } from '../../keyring/keyring.ts'
import { systemReplyRow } from '../idempotency/keys.ts'

/** A column sealed by a rotating key. `tenant` and `id` are columns too; `row` names the row as it is sealed. */
export type SealedColumn = {
  table: string
  column: string
  tenant: string
  id: string
  /** Which rows, where others of the table are sealed with the payer's data key. */
  only?: string
  row: (id: never) => string
}

/** A purpose that seals and is not here does not compile. */
export const SEALED_COLUMNS: Record<SealingPurpose, readonly SealedColumn[]> = {
  'tenant-secrets': [
    { table: 'tenants', column: 'stripe_secrets_sealed', tenant: 'id', id: 'id', row: (id: string) => id },
  ],
  'idempotency-replies': [
    {
      table: 'idempotency_keys',
      column: 'reply_sealed',
      tenant: 'tenant_id',
      id: 'key_hash',
      only: 'payer_id is null',
      row: (keyHash: Buffer) => systemReplyRow(keyHash),
    },
  ],
}

/** Columns beside each other that hold a wrapped data key (src/domain/row-key.ts), wherever there are such. */
export async function tablesOfWrappedKeys(sql: Sql | TransactionSql): Promise<string[]> {
  const rows = await sql<{ name: string }[]>`
    select c.relname as name
      from pg_class c
     where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
       and 4 = (select count(*) from pg_attribute a
                 where a.attrelid = c.oid and not a.attisdropped
                   and a.attname in ('tenant_id', 'id', 'wrapped_key', 'key_version'))
     order by c.relname`
  return rows.map(({ name }) => name)
}

/** Rows whose data key was destroyed have none, or an empty one. */
export const HOLDS_KEY = 'length(wrapped_key) > 0'

/** The version that a sealed value names in its head (src/crypto/envelope.ts). */
export const sealedVersion = (column: string): string =>
  `('x' || encode(substring(${column} from 2 for 4), 'hex'))::bit(32)::int`
