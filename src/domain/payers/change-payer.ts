// Changes what is said of a payer, in the caller's transaction, and says what it was before.
import type { Ctx, Tx } from '../context.ts'
import { requireFieldsCovered } from '../privacy/require-fields-covered.ts'
import { changedIdentity, sealIdentity } from '../privacy/sealed-identity.ts'
import { externalRefInUse, fieldsOfPayer, isContactIn, payerHashes } from './create-payer.ts'
import { openDataKey, openJson, type PayerKey, sealJson } from './data-key.ts'
import { loadPayer } from './get-payer.ts'
import { type IdentityField, type PayerProfile, type PayerView, profilePlace, viewOf } from './payer.ts'

/** Undefined keeps, null clears. */
export type PayerChanges = {
  short_name?: string | undefined
  real_name?: string | null | undefined
  email?: string | null | undefined
  phone?: string | null | undefined
  external_ref?: string | null | undefined
  locale?: string | null | undefined
  metadata?: Record<string, string> | null | undefined
}

export type ChangedPayer = {
  view: PayerView
  payer: PayerKey
  /** What the changed fields were. */
  before: Record<string, unknown>
  changed: IdentityField[]
}

/** @throws not_found, payer_erased, field_without_purpose, reference_in_use */
export async function changePayer(tx: Tx, ctx: Ctx, payerId: string, changes: PayerChanges): Promise<ChangedPayer> {
  const now = ctx.clock.now()
  await tx.sql`select 1 from payers where tenant_id = ${ctx.tenantId} and id = ${payerId} for no key update`
  const row = await loadPayer(tx, payerId)
  await requireFieldsCovered(tx, fieldsOfPayer(changes))
  const payer = await openDataKey(ctx, { payerId, wrapped: row.wrapped_key, keyVersion: row.key_version })
  const held = openJson<PayerProfile>(ctx, payer, profilePlace(payerId), row.profile_sealed)
  const profile = changedProfile(held, changes)
  const { identity, before, changed } = await changedIdentity(tx, ctx, payer, changes)
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
           contact_changed_at = case when ${isContactIn(changed)} then ${now} else contact_changed_at end,
           short_name_hash = ${hashes.shortName}, external_ref_hash = ${hashes.externalRef},
           email_hash = ${hashes.email}, updated_at = ${now}
     where tenant_id = ${ctx.tenantId} and id = ${payerId}`.catch(refuseTakenReference)
  return {
    view: viewOf({ ...row, identity_fields: fields, updated_at: now }, profile),
    payer,
    before: { ...profileBefore(held, changes), ...before },
    changed,
  }
}

function changedProfile(profile: PayerProfile, changes: PayerChanges): PayerProfile {
  return {
    shortName: changes.short_name ?? profile.shortName,
    externalRef: changes.external_ref === undefined ? profile.externalRef : changes.external_ref,
    locale: changes.locale === undefined ? profile.locale : changes.locale,
    metadata: changes.metadata === undefined ? profile.metadata : (changes.metadata ?? {}),
  }
}

const profileBefore = (profile: PayerProfile, changes: PayerChanges): Record<string, unknown> => {
  const held: Record<string, unknown> = {
    short_name: profile.shortName,
    external_ref: profile.externalRef,
    locale: profile.locale,
    metadata: profile.metadata,
  }
  const names = Object.keys(changes) as (keyof PayerChanges)[]
  return Object.fromEntries(
    names.filter(name => changes[name] !== undefined && name in held).map(name => [name, held[name]]),
  )
}

function refuseTakenReference(error: unknown): never {
  if ((error as { constraint_name?: string }).constraint_name === 'payers_external_ref') throw externalRefInUse()
  throw error
}
