// An inquiry that is really a request about somebody's data becomes one, and goes on at the rights desk.
import { z } from 'zod'
import type { Ctx, Tx } from '../context.ts'
import { invalidState } from '../errors.ts'
import { type Answer, type IdempotencyInput, idempotentRequest } from '../idempotency/request.ts'
import { parseInput } from '../parse-input.ts'
import { openJson } from '../payers/data-key.ts'
import { requirePermission } from '../permissions.ts'
import { createPrivacyRequest } from '../rights/create-privacy-request.ts'
import type { ReceivedRequest } from '../rights/record-request.ts'
import { REQUEST_KINDS, type RequestKind } from '../rights/state.ts'
import { read } from '../write.ts'
import { changeInquiry } from './change-inquiry.ts'
import { type InquiryRow, type InquiryView, inquiryKey, loadInquiry, messagePlace, openContact } from './inquiry.ts'
import type { InquiryStatus } from './state.ts'

export const linkInquiryRequestInput = z.strictObject({
  kind: z.enum(REQUEST_KINDS).describe('What the person asks for.'),
})

const FROM: readonly InquiryStatus[] = ['received', 'assigned', 'answered']
/** What a privacy request takes of a message. */
const STATEMENT_MAX = 2_000

/**
 * Once for each inquiry. The request names the inquiry's payer where there is one, and else whoever has its contact.
 * @throws insufficient_scope, not_found, payer_erased, validation_failed, invalid_state, rate_limited
 */
export async function linkInquiryRequest(ctx: Ctx, id: string, input: unknown): Promise<Answer<InquiryView>> {
  requirePermission(ctx, 'linkInquiryRequest')
  const before = await read(ctx, tx => loadInquiry(tx, id))
  idempotentRequest(ctx)
  const { kind } = parseInput(linkInquiryRequestInput, input)
  const isFree = before.privacy_request_id === null && FROM.includes(before.status)
  const request = isFree ? await requestOf(ctx, before, kind) : null
  return changeInquiry(ctx, id, input, {
    action: 'inquiry.link-request',
    schema: linkInquiryRequestInput,
    from: FROM,
    apply: async (tx, row) => {
      if (row.privacy_request_id !== null || request === null)
        throw invalidState('The inquiry has become a request already.')
      await tx.sql`
        update inquiries set privacy_request_id = ${request} where tenant_id = ${tx.tenantId} and id = ${id}`
      return { purpose: 'rights_request', kind, request }
    },
  })
}

/** Made under a key of the inquiry's, so that a try that was cut off finds the request that it made. */
async function requestOf(ctx: Ctx, row: InquiryRow, kind: RequestKind): Promise<string> {
  const contact = await openContact(ctx, row)
  const address = contact?.email ?? contact?.phone
  if (address === undefined) throw invalidState('What the person wrote is no longer kept.')
  const message = await read(ctx, tx => firstMessage(tx, ctx, row))
  const idempotency: IdempotencyInput = {
    key: row.id,
    route: 'inquiry.link-request',
    fingerprint: kind,
    render: made => ({
      status: 201,
      body: JSON.stringify({ id: (made as ReceivedRequest).id }),
      contentType: 'application/json',
    }),
  }
  const answer = await createPrivacyRequest(
    { ...ctx, idempotency },
    {
      kind,
      ...(row.payer_id === null ? {} : { payer: row.payer_id }),
      contact: address,
      locale: row.language,
      ...(message === '' ? {} : { message }),
    },
  )
  return answer.kind === 'fresh' ? answer.result.id : (JSON.parse(answer.reply.body) as { id: string }).id
}

async function firstMessage(tx: Tx, ctx: Ctx, row: InquiryRow): Promise<string> {
  const key = await inquiryKey(ctx, row)
  const [first] = await tx.sql<{ id: string; body_sealed: Buffer | null }[]>`
    select id, body_sealed from inquiry_messages
     where tenant_id = ${tx.tenantId} and inquiry_id = ${row.id} and direction = 'in' order by id limit 1`
  if (!key || !first?.body_sealed) return ''
  return openJson<string>(ctx, key, messagePlace(first.id), first.body_sealed).slice(0, STATEMENT_MAX).trim()
}
