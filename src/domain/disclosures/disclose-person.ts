// A disclosure about one person: made at once with a consent; for a legal request, and with a consent that the same person
// entered, a second person makes it.
import { personOf } from '../audit/entry.ts'
import type { Ctx, Tx } from '../context.ts'
import { DomainError, notFound } from '../errors.ts'
import { writeOnce } from '../idempotency/once.ts'
import type { Answer } from '../idempotency/request.ts'
import { isId, newId } from '../ids.ts'
import { openDataKey, sealJson } from '../payers/data-key.ts'
import { loadPayer } from '../payers/get-payer.ts'
import { requirePermission } from '../permissions.ts'
import { read } from '../write.ts'
import type { Ground } from './create-disclosure.ts'
import {
  type DisclosureDetails,
  type DisclosureRow,
  type DisclosureView,
  detailsOf,
  disclosureDetailsPlace,
  loadDisclosure,
  packagePlace,
  payerKeyOfDisclosure,
  showDisclosure,
} from './disclosure.ts'
import { type DisclosureField, gatherFields } from './disclosure-fields.ts'
import { PACKAGE_HOURS, packageOfPerson } from './make-package.ts'
import { recipientHashOf } from './recipient-hash.ts'
import { requireCovered } from './require-covered.ts'

const LAW_PURPOSE = 'legal_request'
const HOUR_MS = 3_600_000

type PersonWish = { payer: string; recipient: string; purpose?: string; fields: DisclosureField[]; ground: Ground }

/** @throws what createDisclosure throws for a person */
export async function disclosePerson(ctx: Ctx, wish: PersonWish): Promise<Answer<DisclosureView>> {
  requirePermission(ctx, 'createDisclosure')
  const { ground, fields } = wish
  const row = await read(ctx, tx => loadPayer(tx, wish.payer))
  const payer = await openDataKey(ctx, { payerId: row.id, wrapped: row.wrapped_key, keyVersion: row.key_version })
  const now = ctx.clock.now()
  const id = newId('disclosure', now)
  const consentId = ground.basis === 'consent' ? ground.consentId : null
  return writeOnce(ctx, {
    resume: made => read(ctx, tx => loadDisclosure(tx, made)).then(found => showDisclosure(ctx, found)),
    change: async tx => {
      await loadPayer(tx, wish.payer)
      const { purpose, needsSecond } = await groundedOn(tx, ctx, wish)
      const details: DisclosureDetails =
        ground.basis === 'law' ? { recipient: wish.recipient, law: ground.law } : { recipient: wish.recipient }
      await tx.sql`
        insert into disclosures (tenant_id, id, status, basis, purpose, payer_id, recipient_hash, consent_id,
                                 details_sealed, fields, people, format, created_by, created_at)
        values (${ctx.tenantId}, ${id}, 'pending', ${ground.basis}, ${purpose}, ${row.id},
                ${recipientHashOf(ctx, wish.recipient)}, ${consentId},
                ${sealJson(ctx, payer, disclosureDetailsPlace(id), details)}, ${fields}, 1, 'json',
                ${personOf(ctx.actor)}, ${now})`
      const pending = await loadDisclosure(tx, id)
      const made = needsSecond ? pending : await tellOfPerson(tx, ctx, pending, null)
      return {
        result: await showDisclosure(ctx, made),
        objectId: id,
        payer,
        audit: {
          action: needsSecond ? 'disclosure.request' : 'disclosure.make',
          object: { type: 'disclosure', id },
          payerId: row.id,
          details: {
            basis: ground.basis,
            purpose,
            fields,
            consent: consentId,
            sha256: made.sha256?.toString('hex') ?? null,
          },
        },
      }
    },
  })
}

/** Nobody discloses alone by a consent that nobody but themselves says was given. */
async function groundedOn(tx: Tx, ctx: Ctx, { payer, purpose, fields, ground }: PersonWish) {
  if (ground.basis === 'law') {
    await requireCovered(tx, purpose ?? LAW_PURPOSE, 'law', fields)
    return { purpose: purpose ?? LAW_PURPOSE, needsSecond: true }
  }
  const consent = await holdConsent(tx, payer, ground.consentId)
  if (purpose !== undefined && purpose !== consent.purpose) {
    throw new DomainError('purpose_not_allowed', 'The consent is to another purpose.')
  }
  await requireCovered(tx, consent.purpose, 'consent', fields)
  const byOther = consent.recorded_by !== null && consent.recorded_by !== personOf(ctx.actor)
  return { purpose: consent.purpose, needsSecond: consent.source !== 'session' && !byOther }
}

/** Locks a consent, so that its withdrawal waits for this disclosure or comes before it. @throws not_found, consent_withdrawn */
export async function holdConsent(tx: Tx, payer: string, id: string) {
  if (!isId('consent', id)) throw notFound()
  const [consent] = await tx.sql<
    { purpose: string; source: string; recorded_by: string | null; withdrawn_at: Date | null }[]
  >`
    select purpose, source, recorded_by, withdrawn_at from consents
     where tenant_id = ${tx.tenantId} and id = ${id} and payer_id = ${payer} for share`
  if (!consent) throw notFound()
  if (consent.withdrawn_at !== null) {
    throw new DomainError('consent_withdrawn', 'The payer has withdrawn this consent. Nothing was disclosed.')
  }
  return consent
}

/** Makes the package of a pending disclosure and writes it into the person's log. */
export async function tellOfPerson(
  tx: Tx,
  ctx: Ctx,
  row: DisclosureRow,
  decidedBy: string | null,
): Promise<DisclosureRow> {
  const now = ctx.clock.now()
  const payer = await loadPayer(tx, row.payer_id as string)
  const key = await payerKeyOfDisclosure(ctx, row)
  const details = (await detailsOf(ctx, row)) as DisclosureDetails
  const values = await gatherFields(tx, ctx, payer, row.purpose, row.fields as DisclosureField[])
  const { text, sha256 } = packageOfPerson({ ...row, details, region: ctx.settings.region, at: now }, payer.id, values)
  await tx.sql`
    update disclosures
       set status = 'made', sha256 = ${sha256}, package_sealed = ${sealJson(ctx, key, packagePlace(row.id), text)},
           package_until = ${new Date(now.getTime() + PACKAGE_HOURS * HOUR_MS)}, decided_by = ${decidedBy},
           decided_at = ${now}
     where tenant_id = ${ctx.tenantId} and id = ${row.id}`
  await tx.sql`
    insert into disclosure_people (tenant_id, payer_id, disclosure_id, at)
    values (${ctx.tenantId}, ${payer.id}, ${row.id}, ${now})`
  return loadDisclosure(tx, row.id)
}
