// Reads one inquiry with what was written, to answer it; the reading is recorded.
import type { Ctx } from '../context.ts'
import { openJson } from '../payers/data-key.ts'
import { requirePermission } from '../permissions.ts'
import { read, write } from '../write.ts'
import {
  type InquiryView,
  type InquiryWithMessages,
  inquiryKey,
  loadInquiry,
  messagePlace,
  showInquiry,
} from './inquiry.ts'

/** An inquiry has one message and few answers. */
const MESSAGES_MAX = 200

type MessageRow = { id: string; direction: 'in' | 'out'; author: string; body_sealed: Buffer | null; created_at: Date }

/** @throws insufficient_scope, not_found, payer_erased */
export async function getInquiry(ctx: Ctx, id: string): Promise<InquiryWithMessages> {
  requirePermission(ctx, 'getInquiry')
  return write(ctx, async tx => {
    const row = await loadInquiry(tx, id)
    const key = await inquiryKey(ctx, row)
    const messages = await tx.sql<MessageRow[]>`
      select id, direction, author, body_sealed, created_at from inquiry_messages
       where tenant_id = ${tx.tenantId} and inquiry_id = ${id} order by id limit ${MESSAGES_MAX}`
    return {
      value: {
        ...(await showInquiry(ctx, row)),
        messages: messages.map(message => ({
          id: message.id,
          direction: message.direction,
          author: message.author,
          text:
            key && message.body_sealed
              ? openJson<string>(ctx, key, messagePlace(message.id), message.body_sealed)
              : null,
          created_at: message.created_at.toISOString(),
        })),
      },
      audit: {
        action: 'inquiry.read',
        object: { type: 'inquiry', id },
        payerId: row.payer_id,
        details: { purpose: 'answer_messages', messages: messages.length },
      },
    }
  })
}

/** Without what was written, so that nothing has to be recorded. @throws insufficient_scope, not_found, payer_erased */
export async function findInquiry(ctx: Ctx, id: string): Promise<InquiryView> {
  requirePermission(ctx, 'getInquiry')
  return showInquiry(ctx, await read(ctx, tx => loadInquiry(tx, id)))
}
