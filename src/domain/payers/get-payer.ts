// Reads one payer. An unknown id and another tenant's id get the same answer.
import type { Ctx, Tx } from '../context.ts'
import { notFound } from '../errors.ts'
import { isId } from '../ids.ts'
import { requirePermission } from '../permissions.ts'
import { read } from '../write.ts'
import { type PayerRow, type PayerView, showPayer } from './payer.ts'
import { requireLiving } from './payer-erased.ts'

/** @throws insufficient_scope, not_found, payer_erased */
export async function getPayer(ctx: Ctx, payerId: string): Promise<PayerView> {
  requirePermission(ctx, 'getPayer')
  return showPayer(ctx, await read(ctx, tx => loadPayer(tx, payerId)))
}

/** @throws not_found, payer_erased */
export async function loadPayer(tx: Tx, payerId: string): Promise<PayerRow> {
  if (!isId('payer', payerId)) throw notFound()
  const [row] = await tx.sql<PayerRow[]>`
    select id, status, wrapped_key, key_version, profile_sealed, identity_fields, stripe_customer_id, created_at, updated_at
      from payers where tenant_id = ${tx.tenantId} and id = ${payerId}`
  if (!row) throw notFound()
  requireLiving(row.status)
  return row
}
