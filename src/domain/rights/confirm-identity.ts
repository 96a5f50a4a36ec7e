// The desk or a service gives evidence of who a person is: the code that they read out, and what else the policy asks for.
import { z } from 'zod'
import type { Ctx } from '../context.ts'
import { invalidField } from '../errors.ts'
import { type Answer, idempotentRequest } from '../idempotency/request.ts'
import { parseInput } from '../parse-input.ts'
import { requirePermission } from '../permissions.ts'
import { read } from '../write.ts'
import { DOCUMENT_KINDS } from './identity-policy.ts'
import { type GivenEvidence, judgeEvidence } from './judge-evidence.ts'
import { loadLivingRequest, type PrivacyRequestView } from './privacy-request.ts'

export const codeSchema = z.string().trim().min(1).max(32).describe('As it was mailed; case and dash do not matter.')

export const confirmIdentityInput = z
  .strictObject({
    code: codeSchema.optional(),
    evidence: z
      .discriminatedUnion('kind', [
        z.strictObject({
          kind: z.enum(['last_payment_amount', 'last_invoice_amount']).describe('The same until there are invoices.'),
          amount: z.int().min(1).max(99_999_999).describe('In minor units.'),
          currency: z.string().regex(/^[a-z]{3}$/, 'must be a lower-case ISO 4217 code'),
        }),
        z
          .strictObject({ kind: z.literal('signed_in_session') })
          .describe('A service says that the person is signed in at it.'),
        z
          .strictObject({ kind: z.literal('document_seen'), document: z.enum(DOCUMENT_KINDS) })
          .describe('Seen by the caller; recorded by its kind and never stored.'),
      ])
      .optional(),
  })
  .refine(
    ({ code, evidence }) => code !== undefined || evidence !== undefined,
    'must hold a code or a piece of evidence',
  )

/**
 * A wrong code, a code that was never sent and a wrong amount get the same answer.
 * @throws insufficient_scope, not_found, validation_failed, identity_not_verified, invalid_state, rate_limited,
 * payer_erased
 */
export async function confirmIdentity(
  ctx: Ctx,
  requestId: string,
  input: unknown,
): Promise<Answer<PrivacyRequestView>> {
  requirePermission(ctx, 'confirmIdentity')
  await read(ctx, tx => loadLivingRequest(tx, requestId))
  idempotentRequest(ctx)
  const { code = null, evidence } = parseInput(confirmIdentityInput, input)
  return judgeEvidence(ctx, requestId, { code, ...evidenceOf(ctx, evidence) })
}

function evidenceOf(
  ctx: Ctx,
  evidence: z.output<typeof confirmIdentityInput>['evidence'],
): Omit<GivenEvidence, 'code'> {
  if (evidence === undefined) return { amount: null, attested: null }
  switch (evidence.kind) {
    case 'document_seen':
      return { amount: null, attested: { kind: evidence.kind, document: evidence.document } }
    case 'signed_in_session':
      // Staff do not see where a person is signed in; the service does.
      if (ctx.actor.kind !== 'service')
        throw invalidField('/evidence/kind', 'is recorded by the service where the person is signed in')
      return { amount: null, attested: { kind: evidence.kind, document: null } }
    default:
      return { amount: { amount: evidence.amount, currency: evidence.currency }, attested: null }
  }
}
