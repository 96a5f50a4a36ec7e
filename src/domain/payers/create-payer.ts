// Makes a payer: a data key of its own, and everything about the person sealed with it.
import { z } from 'zod'
import { lookupHash, normalizeEmail, normalizeExternalRef, normalizeShortName } from '../../crypto/keyed-hash.ts'
import type { Ctx } from '../context.ts'
import { DomainError } from '../errors.ts'
import { writeOnce } from '../idempotency/once.ts'
import { type Answer, idempotentRequest } from '../idempotency/request.ts'
import { newId } from '../ids.ts'
import { parseInput } from '../parse-input.ts'
import { requirePermission } from '../permissions.ts'
import { requireFieldsCovered, type StoredFields } from '../privacy/require-fields-covered.ts'
import { sealIdentity } from '../privacy/sealed-identity.ts'
import { read } from '../write.ts'
import { newDataKey, sealJson } from './data-key.ts'
import { loadPayer } from './get-payer.ts'
import {
  IDENTITY_FIELDS,
  type IdentityField,
  type PayerIdentity,
  type PayerProfile,
  type PayerView,
  payerFields,
  profilePlace,
  showPayer,
  viewOf,
} from './payer.ts'

export const createPayerInput = z.strictObject({
  short_name: payerFields.short_name,
  real_name: payerFields.real_name.optional(),
  email: payerFields.email.optional(),
  phone: payerFields.phone.optional(),
  external_ref: payerFields.external_ref.optional(),
  locale: payerFields.locale.optional(),
  metadata: payerFields.metadata.optional(),
})

/** @throws insufficient_scope, validation_failed, field_without_purpose, reference_in_use */
export async function createPayer(ctx: Ctx, input: unknown): Promise<Answer<PayerView>> {
  requirePermission(ctx, 'createPayer')
  idempotentRequest(ctx)
  const wanted = parseInput(createPayerInput, input)
  const now = ctx.clock.now()
  const id = newId('payer', now)
  const { payer, wrapped, keyVersion } = await newDataKey(ctx, id)
  const profile: PayerProfile = {
    shortName: wanted.short_name,
    externalRef: wanted.external_ref ?? null,
    locale: wanted.locale ?? null,
    metadata: wanted.metadata ?? {},
  }
  const identity: PayerIdentity = {}
  for (const field of IDENTITY_FIELDS) if (wanted[field] !== undefined) identity[field] = wanted[field]
  const identityFields = Object.keys(identity) as (keyof PayerIdentity)[]
  const hashes = payerHashes(ctx, {
    shortName: profile.shortName,
    externalRef: profile.externalRef,
    email: identity.email ?? null,
  })

  return writeOnce(ctx, {
    resume: async payerId => showPayer(ctx, await read(ctx, tx => loadPayer(tx, payerId))),
    change: async tx => {
      await requireFieldsCovered(tx, fieldsOfPayer(wanted))
      const inserted = await tx.sql`
        insert into payers (tenant_id, id, wrapped_key, key_version, profile_sealed, identity_sealed, identity_fields,
                            short_name_hash, external_ref_hash, email_hash, contact_changed_at, created_at, updated_at)
        values (${ctx.tenantId}, ${id}, ${wrapped}, ${keyVersion}, ${sealJson(ctx, payer, profilePlace(id), profile)},
                ${sealIdentity(ctx, payer, identity)}, ${identityFields}, ${hashes.shortName}, ${hashes.externalRef},
                ${hashes.email}, ${isContactIn(identityFields) ? now : null}, ${now}, ${now})
        on conflict (tenant_id, external_ref_hash) do nothing returning id`
      if (inserted.length === 0) throw externalRefInUse()
      const row = {
        id,
        status: 'active',
        identity_fields: identityFields,
        stripe_customer_id: null,
        created_at: now,
        updated_at: now,
      }
      return {
        result: viewOf(row, profile),
        objectId: id,
        payer,
        audit: {
          action: 'payer.create',
          object: { type: 'payer', id },
          payerId: id,
          details: { fields: Object.keys(wanted) },
        },
      }
    },
  })
}

/** The personal fields that a request to make or change a payer says something of. */
export const fieldsOfPayer = (wanted: Record<string, unknown>): StoredFields =>
  Object.fromEntries(
    Object.entries(wanted)
      .filter(([, value]) => value !== undefined && value !== null)
      .map(([name]) => [`payer.${name}`, `/${name}`]),
  )

/** A contact that is young is no evidence of identity, so it is kept when one was last set. */
export const isContactIn = (fields: readonly IdentityField[]) => fields.includes('email') || fields.includes('phone')

export const externalRefInUse = () =>
  new DomainError('reference_in_use', 'Another payer of this tenant has this external_ref. Look it up and use it.')

/** Look-up hashes, keyed per tenant and column over normalized input. */
export function payerHashes(ctx: Ctx, of: { shortName: string; externalRef: string | null; email: string | null }) {
  const key = ctx.keyring.derive('lookup-hash')
  const hash = (column: string, value: string) => lookupHash(key, ctx.tenantId, column, value)
  return {
    shortName: hash('payers.short_name', normalizeShortName(of.shortName)),
    externalRef: of.externalRef === null ? null : hash('payers.external_ref', normalizeExternalRef(of.externalRef)),
    email: of.email === null ? null : hash('payers.email', normalizeEmail(of.email)),
  }
}
