// A payer's own data key: everything said about the person is sealed with it, and destroying it erases the person.
import type { KeyObject } from 'node:crypto'
import { generateDataKey, toDataKey } from '../../crypto/data-key.ts'
import { open, seal } from '../../crypto/envelope.ts'
import type { Ctx } from '../context.ts'
import { notFound } from '../errors.ts'
import { requireLiving } from './payer-erased.ts'

/** A key and the version that its seals name. */
export type SealingKey = { key: KeyObject; keyVersion: number }
export type PayerKey = SealingKey & { payerId: string }
export type WrappedPayerKey = { payerId: string; wrapped: Buffer; keyVersion: number }

// The version that seals name: a data key has one version for life; the wrapping around it rotates.
const DATA_KEY_VERSION = 1

/** Makes the key of a new payer. */
export async function newDataKey(
  ctx: Ctx,
  payerId: string,
): Promise<{ payer: PayerKey; wrapped: Buffer; keyVersion: number }> {
  const bytes = generateDataKey()
  const { wrapped, keyVersion } = await ctx.keyring.wrap(bytes, keyPlace(ctx.tenantId, payerId))
  const key = toDataKey(bytes)
  return { payer: { payerId, key, keyVersion: DATA_KEY_VERSION }, wrapped, keyVersion }
}

/** Opens the key that was read with the payer's row. */
export async function openDataKey(ctx: Ctx, row: WrappedPayerKey): Promise<PayerKey> {
  const { payerId, wrapped, keyVersion } = row
  const place = keyPlace(ctx.tenantId, payerId)
  const key = await ctx.dataKeys.get({ tenantId: ctx.tenantId, payerId, wrapped, keyVersion, place })
  return { payerId, key, keyVersion: DATA_KEY_VERSION }
}

/** The same from a row of payers as it is loaded. */
export const dataKeyOfRow = (ctx: Ctx, row: { id: string; wrapped_key: Buffer; key_version: number }) =>
  openDataKey(ctx, { payerId: row.id, wrapped: row.wrapped_key, keyVersion: row.key_version })

/** Reads and opens a payer's key. @throws not_found, payer_erased */
export async function dataKeyOf(ctx: Ctx, payerId: string): Promise<PayerKey> {
  const [row] = await ctx.db.transaction(
    ctx.tenantId,
    tx => tx.sql<{ wrapped_key: Buffer; key_version: number; status: string }[]>`
      select wrapped_key, key_version, status from payers where tenant_id = ${ctx.tenantId} and id = ${payerId}`,
  )
  if (!row) throw notFound()
  requireLiving(row.status)
  return openDataKey(ctx, { payerId, wrapped: row.wrapped_key, keyVersion: row.key_version })
}

const keyPlace = (tenantId: string, payerId: string) => ({ tenantId, table: 'payers', row: payerId })

type Sealed = { table: string; column: string; row: string }

/** Seals a JSON value about a person for one column of one row. */
export function sealJson(
  ctx: { tenantId: string },
  { key, keyVersion }: SealingKey,
  at: Sealed,
  value: unknown,
): Buffer {
  return seal(key, { tenantId: ctx.tenantId, ...at, keyVersion }, JSON.stringify(value))
}

export function openJson<Value>(
  ctx: { tenantId: string },
  { key, keyVersion }: SealingKey,
  at: Sealed,
  sealed: Buffer,
): Value {
  const text = open(key, { tenantId: ctx.tenantId, ...at, keyVersion }, sealed)
  return JSON.parse(text.toString('utf8')) as Value
}
