// Wraps or seals one batch of a tenant's rows anew, in one transaction that locks nothing that a charge waits for.
import { open, seal } from '../../crypto/envelope.ts'
import type { SealingPurpose } from '../../keyring/keyring.ts'
import type { Ctx, Tx } from '../context.ts'
import { HOLDS_KEY, SEALED_COLUMNS, type SealedColumn, sealedVersion } from './sealed-columns.ts'

/** Rows of one transaction: some 30 ms of work. */
export const BATCH = 250

/** `after` is the last row that was looked at; null when there was none. `damaged` rows do not open and stay as they are. */
export type Batch<Id = string> = { after: Id | null; done: number; damaged: number }

/** The next rows of a table by id, from `after` on, whose data key an older version wraps. */
export async function rewrapBatch(tx: Tx, ctx: Ctx, table: string, after: string): Promise<Batch> {
  const version = ctx.keyring.currentVersion
  // `no key update`: reserving a charge of the payer goes on. Rows that are locked are taken by a later pass.
  const rows = await tx.sql.unsafe<{ id: string; wrapped_key: Buffer; key_version: number }[]>(
    `select id, wrapped_key, key_version from ${table}
      where tenant_id = $1 and id > $2 and key_version < $3 and ${HOLDS_KEY}
      order by id limit ${BATCH} for no key update skip locked`,
    [ctx.tenantId, after, version],
  )
  const wrapped: { id: string; wrapped: string; version: number }[] = []
  for (const { id, wrapped_key, key_version } of rows) {
    const place = { tenantId: ctx.tenantId, table, row: id }
    const bytes = await ctx.keyring.unwrap(wrapped_key, key_version, place).catch(unlessDamaged)
    if (bytes === null) continue
    const anew = await ctx.keyring.wrap(bytes, place)
    bytes.fill(0)
    wrapped.push({ id, wrapped: anew.wrapped.toString('hex'), version: anew.keyVersion })
  }
  if (wrapped.length > 0) {
    await tx.sql.unsafe(
      `update ${table} t set wrapped_key = decode(w.wrapped, 'hex'), key_version = w.version
         from jsonb_to_recordset($2::text::jsonb) as w(id text, wrapped text, version integer)
        where t.tenant_id = $1 and t.id = w.id`,
      [ctx.tenantId, JSON.stringify(wrapped)],
    )
  }
  return { after: rows.at(-1)?.id ?? null, done: wrapped.length, damaged: rows.length - wrapped.length }
}

/** What names a row of a sealed column: a text or bytes. */
export type SealedId = string | Buffer

/** The next rows of a column by id, from `after` on, that an older version sealed. */
export async function resealColumn(
  tx: Tx,
  ctx: Ctx,
  purpose: SealingPurpose,
  of: SealedColumn,
  after: SealedId | null,
): Promise<Batch<SealedId>> {
  const { table, column, tenant, id, only, row } = of
  const rows = await tx.sql.unsafe<{ id: SealedId; sealed: Buffer; version: number }[]>(
    `select ${id} as id, ${column} as sealed, ${sealedVersion(column)} as version from ${table}
      where ${tenant} = $1 and ${column} is not null${only ? ` and ${only}` : ''} and ${sealedVersion(column)} < $2
        ${after === null ? '' : `and ${id} > $3`}
      order by ${id} limit ${BATCH} for no key update skip locked`,
    [ctx.tenantId, ctx.keyring.currentVersion, ...(after === null ? [] : [after])],
  )
  let done = 0
  for (const { id: name, sealed, version } of rows) {
    const place = { tenantId: ctx.tenantId, table, column, row: row(name as never) }
    const text = await ctx.keyring
      .openingKey(purpose, version)
      .then(key => open(key, { ...place, keyVersion: version }, sealed))
      .catch(unlessDamaged)
    if (text === null) continue
    const anew = await ctx.keyring.sealingKey(purpose)
    await tx.sql.unsafe(`update ${table} set ${column} = $3 where ${tenant} = $1 and ${id} = $2`, [
      ctx.tenantId,
      name,
      seal(anew.key, { ...place, keyVersion: anew.version }, text),
    ])
    done++
  }
  return { after: rows.at(-1)?.id ?? null, done, damaged: rows.length - done }
}

export const SEALED = (Object.entries(SEALED_COLUMNS) as [SealingPurpose, readonly SealedColumn[]][]).flatMap(
  ([purpose, columns]) => columns.map(column => ({ purpose, column })),
)

/** What a row says that was changed, or that names a version which is gone or never was. */
const DAMAGED = [
  'not_unwrapped',
  'sealed_not_authentic',
  'sealed_malformed',
  'key_version_retired',
  'unknown_key_version',
]

/** One damaged row does not keep the others from a new key; everything else does. */
function unlessDamaged(error: unknown): null {
  if (DAMAGED.includes(String((error as { code?: unknown }).code))) return null
  throw error
}
