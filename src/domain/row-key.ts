// A data key of one row, for what is said by or about somebody who is no payer: wrapped by the keyring beside the row,
// and gone with it.
import { generateDataKey, toDataKey } from '../crypto/data-key.ts'
import type { Ctx } from './context.ts'
import type { SealingKey } from './payers/data-key.ts'

const ROW_KEY_VERSION = 1

/** Makes the key of a new row; `wrapped` and `keyVersion` are stored in its `wrapped_key` and `key_version`. */
export async function newRowKey(
  ctx: Pick<Ctx, 'keyring' | 'tenantId'>,
  table: string,
  row: string,
): Promise<{ key: SealingKey; wrapped: Buffer; keyVersion: number }> {
  const bytes = generateDataKey()
  const { wrapped, keyVersion } = await ctx.keyring.wrap(bytes, { tenantId: ctx.tenantId, table, row })
  return { key: { key: toDataKey(bytes), keyVersion: ROW_KEY_VERSION }, wrapped, keyVersion }
}

/** Opens a key that was read with its row. */
export async function openRowKey(
  ctx: Pick<Ctx, 'keyring' | 'tenantId'>,
  table: string,
  row: string,
  stored: { wrapped: Buffer; keyVersion: number },
): Promise<SealingKey> {
  const bytes = await ctx.keyring.unwrap(stored.wrapped, stored.keyVersion, { tenantId: ctx.tenantId, table, row })
  return { key: toDataKey(bytes), keyVersion: ROW_KEY_VERSION }
}
