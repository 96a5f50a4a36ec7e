// How a refund is stored and shown.

import { z } from 'zod'
import type { Ctx, Tx } from '../context.ts'
import { notFound } from '../errors.ts'
import { isId } from '../ids.ts'
import { openDataKey, openJson } from '../payers/data-key.ts'
import { isLiving } from '../payers/payer-erased.ts'
import { REFUND_STATUSES, type RefundStatus } from './state.ts'

export const refundSchema = z
  .object({
    id: z.string(),
    object: z.literal('refund'),
    charge: z.string(),
    amount: z.number().int(),
    currency: z.string(),
    status: z.enum(REFUND_STATUSES),
    reason: z.string().nullable(),
    origin: z.enum(['vault', 'stripe']).describe("`stripe`: made at Stripe's dashboard and taken in."),
    failure_code: z.string().nullable(),
    stripe: z.object({ refund: z.string().nullable() }),
    created_at: z.iso.datetime(),
    settled_at: z.iso.datetime().nullable().describe("When Stripe's own event or a read confirmed the outcome."),
  })
  .meta({ id: 'Refund' })

export type RefundView = z.infer<typeof refundSchema>

export type RefundRow = {
  id: string
  charge_id: string
  payer_id: string
  amount: number
  currency: string
  status: RefundStatus
  reason_sealed: Buffer | null
  origin: 'vault' | 'stripe'
  failure_code: string | null
  stripe_refund_id: string | null
  stripe_idempotency_key: string
  created_at: Date
  sent_at: Date | null
  settled_at: Date | null
  lease_until: Date | null
  looks: number
  next_look_at: Date | null
  missing_since: Date | null
}

/** With what is needed to open the reason. */
export type OpenableRefund = RefundRow & { payer_status: string; wrapped_key: Buffer; key_version: number }

export const reasonPlace = (refundId: string) => ({ table: 'refunds', column: 'reason_sealed', row: refundId })

/** `select ${refundColumns(tx)} ${refundSource(tx)} where r.tenant_id = …` gives an OpenableRefund. */
export const refundColumns = ({ sql }: Tx) => sql`
  r.id, r.charge_id, r.payer_id, r.amount, r.currency, r.status, r.reason_sealed, r.origin, r.failure_code,
  r.stripe_refund_id, r.stripe_idempotency_key, r.created_at, r.sent_at, r.settled_at, r.lease_until, r.looks,
  r.next_look_at, r.missing_since, p.status as payer_status, p.wrapped_key, p.key_version`

export const refundSource = ({ sql }: Tx) => sql`
  from refunds r join payers p on p.tenant_id = r.tenant_id and p.id = r.payer_id`

/** @throws not_found */
export async function loadRefund(tx: Tx, refundId: string): Promise<OpenableRefund> {
  if (!isId('refund', refundId)) throw notFound()
  const [row] = await tx.sql<OpenableRefund[]>`
    select ${refundColumns(tx)} ${refundSource(tx)} where r.tenant_id = ${tx.tenantId} and r.id = ${refundId}`
  if (!row) throw notFound()
  return row
}

export async function showRefund(ctx: Ctx, row: OpenableRefund): Promise<RefundView> {
  if (row.reason_sealed === null || !isLiving(row.payer_status)) return viewOfRefund(row, null)
  const payer = await openDataKey(ctx, {
    payerId: row.payer_id,
    wrapped: row.wrapped_key,
    keyVersion: row.key_version,
  })
  return viewOfRefund(row, openJson<string>(ctx, payer, reasonPlace(row.id), row.reason_sealed))
}

export function viewOfRefund(row: Omit<RefundRow, 'reason_sealed'>, reason: string | null): RefundView {
  return {
    id: row.id,
    object: 'refund',
    charge: row.charge_id,
    amount: row.amount,
    currency: row.currency,
    status: row.status,
    reason,
    origin: row.origin,
    failure_code: row.failure_code,
    stripe: { refund: row.stripe_refund_id },
    created_at: row.created_at.toISOString(),
    settled_at: row.settled_at?.toISOString() ?? null,
  }
}
