// Corrects what is held of a payer as a granted request says: the old values go into the sealed history, the address that
// was on file is told, and Stripe's customer follows.
import { actorId } from '../audit/entry.ts'
import type { Ctx, Tx } from '../context.ts'
import { newId } from '../ids.ts'
import { queueMail } from '../mail/queue-mail.ts'
import { changePayer, type PayerChanges } from '../payers/change-payer.ts'
import { sealJson } from '../payers/data-key.ts'
import type { RequestRow } from './privacy-request.ts'

/** @throws payer_erased, field_without_purpose */
export async function rectifyPayer(
  tx: Tx,
  ctx: Ctx,
  row: RequestRow,
  payerId: string,
  { changes, merchant }: { changes: PayerChanges; merchant: string },
): Promise<void> {
  if (changes.email !== undefined) {
    await queueMail(tx, ctx, { template: 'contact_changed', locale: row.language, to: { payerId }, data: { merchant } })
  }
  const now = ctx.clock.now()
  const { payer, before, changed, view } = await changePayer(tx, ctx, payerId, changes)
  const id = newId('payerHistory', now)
  await tx.sql`
    insert into payer_history (tenant_id, id, payer_id, request_id, fields, old_sealed, changed_by, created_at)
    values (${ctx.tenantId}, ${id}, ${payerId}, ${row.id}, ${Object.keys(changes)},
            ${sealJson(ctx, payer, { table: 'payer_history', column: 'old_sealed', row: id }, before)},
            ${actorId(ctx.actor)}, ${now})`
  if (view.stripe_customer && changed.length > 0) {
    await tx.sql`
      update privacy_requests set propagation = 'due', next_attempt_at = ${now}
       where tenant_id = ${ctx.tenantId} and id = ${row.id}`
  }
}
