// Decides a request of somebody whose identity is verified: grants it, with a second person where one is needed, or
// refuses it with a reason that the person is told.
import { z } from 'zod'
import { personOf } from '../audit/entry.ts'
import type { Ctx, Tx } from '../context.ts'
import { DomainError, invalidState } from '../errors.ts'
import { writeOnce } from '../idempotency/once.ts'
import { type Answer, idempotentRequest } from '../idempotency/request.ts'
import { queueMail } from '../mail/queue-mail.ts'
import { parseInput } from '../parse-input.ts'
import type { SealingKey } from '../payers/data-key.ts'
import { requirePermission } from '../permissions.ts'
import { tenantOf } from '../tenants/stripe-account.ts'
import { read } from '../write.ts'
import { carryOut } from './carry-out.ts'
import { type DecidedValues, decidedValues } from './decided-values.ts'
import { signReceipt } from './get-privacy-receipt.ts'
import { needsSecondPerson } from './identity-policy.ts'
import { moveRequest, writingKeyOf } from './move-request.ts'
import {
  loadLivingRequest,
  loadPrivacyRequest,
  openDetails,
  openNotes,
  type PrivacyRequestView,
  payerKeyOfRequest,
  type RequestRow,
  showPrivacyRequest,
} from './privacy-request.ts'
import { correctionSchema, purposesSchema, refuseMisfits } from './request-input.ts'
import { isUnverified } from './state.ts'

export const decidePrivacyRequestInput = z.strictObject({
  decision: z.enum(['approve', 'refuse']),
  reason: z.string().trim().min(3).max(500).describe('Told to the person when it is refused.'),
  changes: correctionSchema.optional().describe('For `rectify`, where the request has `changes_needed`.'),
  purposes: purposesSchema.optional().describe('For `object`, where the request names no purposes.'),
})

export type Decision = z.output<typeof decidePrivacyRequestInput>

/**
 * Where a second person is needed, the first approval waits for theirs.
 * @throws insufficient_scope, not_found, validation_failed, identity_not_verified, second_person_required, invalid_state,
 * payer_erased, field_without_purpose
 */
export async function decidePrivacyRequest(
  ctx: Ctx,
  requestId: string,
  input: unknown,
): Promise<Answer<PrivacyRequestView>> {
  requirePermission(ctx, 'decidePrivacyRequest')
  const before = await read(ctx, tx => loadLivingRequest(tx, requestId))
  idempotentRequest(ctx)
  const decision = parseInput(decidePrivacyRequestInput, input)
  refuseMisfits(before.kind, decision)
  const [payer, { name: merchant }] = await Promise.all([payerKeyOfRequest(ctx, before), tenantOf(ctx)])
  return writeOnce(ctx, {
    resume: async id => showPrivacyRequest(ctx, await read(ctx, tx => loadPrivacyRequest(tx, id))),
    change: async tx => {
      const row = await loadPrivacyRequest(tx, requestId, true)
      refuseUndecidable(row)
      const key = await writingKeyOf(ctx, row)
      const step = await (decision.decision === 'refuse'
        ? refuse(tx, ctx, row, { key, decision, merchant })
        : approve(tx, ctx, row, { key, decision, merchant }))
      return {
        result: await showPrivacyRequest(ctx, await loadPrivacyRequest(tx, requestId)),
        objectId: requestId,
        payer,
        audit: {
          action: `privacy-request.${step}`,
          object: { type: 'privacy_request', id: requestId },
          payerId: row.payer_id,
          details: { kind: row.kind, decision: decision.decision },
        },
      }
    },
  })
}

type Step = { key: SealingKey; decision: Decision; merchant: string }

async function refuse(tx: Tx, ctx: Ctx, row: RequestRow, { key, decision, merchant }: Step): Promise<'refuse'> {
  const { reason } = decision
  await keepDecision(tx, ctx, row, 'refuse')
  const receipt = signReceipt(ctx, row, 'refused', ctx.clock.now())
  await moveRequest(tx, ctx, row, { status: 'refused', notes: { decision: reason }, key, receipt })
  await queueMail(tx, ctx, {
    template: 'request_refused',
    locale: row.language,
    to: { payerId: row.payer_id as string },
    data: { merchant, request: row.id, reason },
  })
  return 'refuse'
}

async function approve(
  tx: Tx,
  ctx: Ctx,
  row: RequestRow,
  { key, decision, merchant }: Step,
): Promise<'approve' | 'carry-out' | 'begin'> {
  const now = ctx.clock.now()
  const { reason } = decision
  if (row.status === 'approved' && row.decided_by === personOf(ctx.actor))
    throw new DomainError('second_person_required', 'Another person than the one who approved this must agree.')
  const kept = openNotes(ctx, key, row).values
  const values = await decidedValues(tx, row, { own: namedValues(ctx, key, row), kept }, decision)
  const second = needsSecondPerson(
    row.kind,
    row.evidence.map(({ kind }) => kind),
  )
  if (second && row.status === 'verified') {
    await keepDecision(tx, ctx, row, 'approve')
    await moveRequest(tx, ctx, row, { status: 'approved', notes: { decision: reason, values }, key })
    return 'approve'
  }
  if (second) {
    await tx.sql`
      update privacy_requests set approved_by = ${personOf(ctx.actor)}, approved_at = ${now}
       where tenant_id = ${ctx.tenantId} and id = ${row.id}`
  } else {
    await keepDecision(tx, ctx, row, 'approve')
  }
  const status = await carryOut(tx, ctx, row, { merchant, values })
  const receipt = status === 'done' ? signReceipt(ctx, row, 'done', now) : null
  await moveRequest(tx, ctx, row, {
    status,
    notes: second ? { agreement: reason } : { decision: reason, values },
    key,
    receipt,
  })
  return status === 'done' ? 'carry-out' : 'begin'
}

function namedValues(ctx: Ctx, key: SealingKey, row: RequestRow): DecidedValues {
  const { changes = null, purposes = null } = openDetails(ctx, key, row) ?? {}
  return { changes, purposes }
}

async function keepDecision(tx: Tx, ctx: Ctx, { id }: RequestRow, decision: Decision['decision']): Promise<void> {
  await tx.sql`
    update privacy_requests
       set decision = ${decision}, decided_by = ${personOf(ctx.actor)}, decided_at = ${ctx.clock.now()},
           approved_by = null, approved_at = null
     where tenant_id = ${ctx.tenantId} and id = ${id}`
}

function refuseUndecidable({ status }: RequestRow): void {
  if (isUnverified(status)) {
    throw new DomainError(
      'identity_not_verified',
      'The person has not shown who they are. Nothing is decided before that.',
    )
  }
  if (status !== 'verified' && status !== 'approved') throw invalidState(`A request that is ${status} is decided.`)
}
