// What every end of a request has in common: its state, the reason in its seal, and whom it was decided by.
import type { Ctx, Tx } from '../context.ts'
import { type SealingKey, sealJson } from '../payers/data-key.ts'
import { payerErased } from '../payers/payer-erased.ts'
import { keyOfRequest, openNotes, type RequestNotes, type RequestRow, requestPlaces } from './privacy-request.ts'
import type { RequestStatus } from './state.ts'

/** The key that seals a request for writing. @throws payer_erased */
export async function writingKeyOf(ctx: Ctx, row: RequestRow): Promise<SealingKey> {
  const key = row.payer_id !== null && row.payer_status !== 'active' ? null : await keyOfRequest(ctx, row)
  if (key === null) throw payerErased()
  return key
}

/** Moves a request and keeps what was said about it. */
export async function moveRequest(
  tx: Tx,
  ctx: Ctx,
  row: RequestRow,
  {
    status,
    notes,
    key,
    receipt = null,
  }: { status: RequestStatus; notes: RequestNotes; key: SealingKey; receipt?: string | null },
): Promise<void> {
  const now = ctx.clock.now()
  const sealed = sealJson(ctx, key, requestPlaces.notes(row.id), { ...openNotes(ctx, key, row), ...notes })
  const over = status === 'done' || status === 'refused' || status === 'cancelled'
  await tx.sql`
    update privacy_requests
       set status = ${status}, notes_sealed = ${sealed}, receipt = coalesce(${receipt}, receipt),
           finished_at = ${over ? now : null}, updated_at = ${now}
     where tenant_id = ${ctx.tenantId} and id = ${row.id}`
}
