// The only place that opens a person's real name and contacts: for a purpose, or to seal them again with a change.
import type { Ctx, Tx } from '../context.ts'
import { notFound } from '../errors.ts'
import { dataKeyOfRow, openJson, type PayerKey, sealJson } from '../payers/data-key.ts'
import { loadPayer } from '../payers/get-payer.ts'
import { IDENTITY_FIELDS, type IdentityField, type PayerIdentity } from '../payers/payer.ts'
import { type Cover, requirePurpose } from './require-purpose.ts'

export type OpenedIdentity = {
  cover: Cover
  payer: PayerKey
  /** The fields asked for and no other; null where there is none. */
  values: Partial<Record<IdentityField, string | null>>
}

const place = (payerId: string) => ({ table: 'payers', column: 'identity_sealed', row: payerId })

/** Opens the fields that the purpose covers. @throws not_found, payer_erased, purpose_not_allowed */
export async function openIdentity(
  tx: Tx,
  ctx: Ctx,
  payerId: string,
  purpose: string,
  fields: readonly IdentityField[],
): Promise<OpenedIdentity> {
  const row = await loadPayer(tx, payerId)
  const cover = await requirePurpose(
    tx,
    payerId,
    purpose,
    fields.map(field => `payer.${field}` as const),
  )
  const payer = await dataKeyOfRow(ctx, row)
  const identity = await readIdentity(tx, ctx, payer)
  return { cover, payer, values: Object.fromEntries(fields.map(field => [field, identity[field] ?? null])) }
}

/** The column's value for an identity; null for an empty one. */
export function sealIdentity(ctx: Ctx, payer: PayerKey, identity: PayerIdentity): Buffer | null {
  return Object.keys(identity).length > 0 ? sealJson(ctx, payer, place(payer.payerId), identity) : null
}

/**
 * The identity with changes made to it (undefined keeps, null clears), for its writer alone. `before` is what the
 * changed fields were, to be kept sealed or not at all.
 */
export async function changedIdentity(
  tx: Tx,
  ctx: Ctx,
  payer: PayerKey,
  changes: Partial<Record<IdentityField, string | null | undefined>>,
): Promise<{ identity: PayerIdentity; before: PayerIdentity; changed: IdentityField[] }> {
  const held = await readIdentity(tx, ctx, payer)
  const identity: PayerIdentity = {}
  for (const field of IDENTITY_FIELDS) {
    const value = changes[field] === undefined ? held[field] : changes[field]
    if (value !== undefined && value !== null) identity[field] = value
  }
  const changed = IDENTITY_FIELDS.filter(field => identity[field] !== held[field])
  const before = Object.fromEntries(changed.flatMap(field => (held[field] === undefined ? [] : [[field, held[field]]])))
  return { identity, before, changed }
}

async function readIdentity(tx: Tx, ctx: Ctx, payer: PayerKey): Promise<PayerIdentity> {
  const [row] = await tx.sql<{ identity_sealed: Buffer | null }[]>`
    select identity_sealed from payers where tenant_id = ${tx.tenantId} and id = ${payer.payerId}`
  if (!row) throw notFound()
  return row.identity_sealed ? openJson<PayerIdentity>(ctx, payer, place(payer.payerId), row.identity_sealed) : {}
}
