// Changes what is said of a payer (RFC 7396: null clears).
import { z } from 'zod'
import type { Ctx } from '../context.ts'
import { parseInput } from '../parse-input.ts'
import { requirePermission } from '../permissions.ts'
import { requireFieldsCovered } from '../privacy/require-fields-covered.ts'
import { changedIdentity, sealIdentity } from '../privacy/sealed-identity.ts'
import { read, write } from '../write.ts'
import { externalRefInUse, fieldsOfPayer, isContactIn, payerHashes } from './create-payer.ts'
import { openDataKey, openJson, sealJson } from './data-key.ts'
import { loadPayer } from './get-payer.ts'
import { type IdentityField, type PayerProfile, type PayerView, payerFields, profilePlace, viewOf } from './payer.ts'

export const updatePayerInput = z.strictObject({
  short_name: payerFields.short_name.optional(),
  real_name: payerFields.real_name.nullable().optional(),
  email: payerFields.email.nullable().optional(),
  phone: payerFields.phone.nullable().optional(),
  external_ref: payerFields.external_ref.nullable().optional(),
  locale: payerFields.locale.nullable().optional(),
  metadata: payerFields.metadata.nullable().optional(),
})

type Changes = z.infer<typeof updatePayerInput>

/** @throws insufficient_scope, not_found, payer_erased, validation_failed, field_without_purpose, reference_in_use */
export async function updatePayer(ctx: Ctx, payerId: string, input: unknown): Promise<PayerView> {
  requirePermission(ctx, 'updatePayer')
  await read(ctx, tx => loadPayer(tx, payerId))
  const changes = parseInput(updatePayerInput, input)
  const now = ctx.clock.now()
  return write(ctx, async tx => {
    await tx.sql`select 1 from payers where tenant_id = ${ctx.tenantId} and id = ${payerId} for no key update`
    const row = await loadPayer(tx, payerId)
    await requireFieldsCovered(tx, fieldsOfPayer(changes))
    const payer = await openDataKey(ctx, { payerId, wrapped: row.wrapped_key, keyVersion: row.key_version })
    const profile = changedProfile(
      openJson<PayerProfile>(ctx, payer, profilePlace(payerId), row.profile_sealed),
      changes,
    )
    const { identity, changed } = await changedIdentity(tx, ctx, payer, changes)
    const fields = Object.keys(identity) as IdentityField[]
    const hashes = payerHashes(ctx, {
      shortName: profile.shortName,
      externalRef: profile.externalRef,
      email: identity.email ?? null,
    })
    await tx.sql`
      update payers
         set profile_sealed = ${sealJson(ctx, payer, profilePlace(payerId), profile)},
             identity_sealed = ${sealIdentity(ctx, payer, identity)}, identity_fields = ${fields},
             contact_changed_at = case when ${isContactIn(changed)} then ${now} else contact_changed_at end, short_name_hash = ${hashes.shortName},
             external_ref_hash = ${hashes.externalRef}, email_hash = ${hashes.email}, updated_at = ${now}
       where tenant_id = ${ctx.tenantId} and id = ${payerId}`.catch(refuseTakenReference)
    return {
      value: viewOf({ ...row, identity_fields: fields, updated_at: now }, profile),
      audit: {
        action: 'payer.update',
        object: { type: 'payer', id: payerId },
        payerId,
        details: { fields: Object.keys(changes) },
      },
    }
  })
}

function changedProfile(profile: PayerProfile, changes: Changes): PayerProfile {
  return {
    shortName: changes.short_name ?? profile.shortName,
    externalRef: changes.external_ref === undefined ? profile.externalRef : changes.external_ref,
    locale: changes.locale === undefined ? profile.locale : changes.locale,
    metadata: changes.metadata === undefined ? profile.metadata : (changes.metadata ?? {}),
  }
}

function refuseTakenReference(error: unknown): never {
  if ((error as { constraint_name?: string }).constraint_name === 'payers_external_ref') throw externalRefInUse()
  throw error
}
