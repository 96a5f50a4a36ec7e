// Records that a person agreed to a purpose that rests on consent, with the evidence.
import { z } from 'zod'
import { personOf } from '../audit/entry.ts'
import type { Ctx, Tx } from '../context.ts'
import { invalidField, notFound } from '../errors.ts'
import { writeOnce } from '../idempotency/once.ts'
import { type Answer, idempotentRequest } from '../idempotency/request.ts'
import { newId } from '../ids.ts'
import { parseInput } from '../parse-input.ts'
import { requirePermission } from '../permissions.ts'
import { consentPurposes, type Register } from '../privacy/register.ts'
import { registerInForce } from '../privacy/register-in-force.ts'
import { refuseUncovered } from '../privacy/require-fields-covered.ts'
import { read } from '../write.ts'
import { CONSENT_COLUMNS, type ConsentRow, type ConsentView, showConsent } from './consents.ts'
import { openDataKey, sealJson } from './data-key.ts'
import { loadPayer } from './get-payer.ts'
import { LOCALE } from './payer.ts'
import { holdLiving } from './payer-erased.ts'

export const recordConsentInput = z.strictObject({
  purpose: z.string().min(1).max(80).describe('A purpose of the register that rests on consent; see GET /v1/purposes.'),
  text_version: z.string().min(1).max(64),
  locale: z.string().regex(LOCALE, 'must be a BCP 47 tag such as mn or ja-JP').optional(),
  accepted_at: z.iso
    .datetime({ offset: true })
    .transform(text => new Date(text))
    .optional(),
  ip: z.union([z.ipv4(), z.ipv6()]).optional(),
  user_agent: z.string().max(500).optional(),
})

/** @throws insufficient_scope, not_found, payer_erased, validation_failed, field_without_purpose */
export async function recordConsent(ctx: Ctx, payerId: string, input: unknown): Promise<Answer<ConsentView>> {
  requirePermission(ctx, 'recordConsent')
  const row = await read(ctx, tx => loadPayer(tx, payerId))
  idempotentRequest(ctx)
  const wanted = parseInput(recordConsentInput, input)
  const payer = await openDataKey(ctx, { payerId, wrapped: row.wrapped_key, keyVersion: row.key_version })
  const now = ctx.clock.now()
  const id = newId('consent', now)
  const evidence = { ip: wanted.ip ?? null, userAgent: wanted.user_agent ?? null }
  return writeOnce(ctx, {
    resume: consentId => findConsent(ctx, payerId, consentId),
    change: async tx => {
      await holdLiving(tx, payerId)
      const register = await registerInForce(tx)
      requireConsentPurpose(register, wanted.purpose)
      refuseUncovered(register, { 'consent.record': '/purpose', 'consent.evidence': '/ip' })
      const [made] = await tx.sql<ConsentRow[]>`
        insert into consents (tenant_id, id, payer_id, purpose, text_version, locale, accepted_at, evidence_sealed, source, recorded_by, created_at)
        values (${ctx.tenantId}, ${id}, ${payerId}, ${wanted.purpose}, ${wanted.text_version}, ${wanted.locale ?? null},
                ${wanted.accepted_at ?? now}, ${sealJson(ctx, payer, { table: 'consents', column: 'evidence_sealed', row: id }, evidence)},
                'service', ${personOf(ctx.actor)}, ${now})
        returning ${tx.sql(CONSENT_COLUMNS as unknown as string[])}`
      return {
        result: showConsent(made as ConsentRow),
        objectId: id,
        payer,
        audit: {
          action: 'consent.record',
          object: { type: 'consent', id },
          payerId,
          details: { purpose: wanted.purpose },
        },
      }
    },
  })
}

/** @throws not_found */
export async function findConsent(ctx: Ctx, payerId: string, consentId: string): Promise<ConsentView> {
  return read(ctx, tx => loadConsent(tx, payerId, consentId))
}

/** @throws not_found */
export async function loadConsent(tx: Tx, payerId: string, consentId: string): Promise<ConsentView> {
  const [row] = await tx.sql<ConsentRow[]>`
    select ${tx.sql(CONSENT_COLUMNS as unknown as string[])} from consents
     where tenant_id = ${tx.tenantId} and id = ${consentId} and payer_id = ${payerId}`
  if (!row) throw notFound()
  return showConsent(row)
}

function requireConsentPurpose(register: Register, purpose: string): void {
  const choices = consentPurposes(register)
  if (!choices.includes(purpose)) throw invalidField('/purpose', `must be one of ${choices.join(', ')}`, 'not_a_choice')
}
