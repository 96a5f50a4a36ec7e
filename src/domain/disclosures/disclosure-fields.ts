// What can be told about one person, by name: where it is read, and which entry of the list of personal data covers it.

import type { ChargeDetails } from '../charges/charge.ts'
import { detailsPlace } from '../charges/charge.ts'
import type { Ctx, Tx } from '../context.ts'
import { openDataKey, openJson, type PayerKey } from '../payers/data-key.ts'
import { IDENTITY_FIELDS, type PayerProfile, type PayerRow, profilePlace } from '../payers/payer.ts'
import type { PersonalField } from '../privacy/personal-fields.ts'
import { openIdentity } from '../privacy/sealed-identity.ts'

export const DISCLOSURE_FIELDS = {
  short_name: ['payer.short_name'],
  real_name: ['payer.real_name'],
  email: ['payer.email'],
  phone: ['payer.phone'],
  external_ref: ['payer.external_ref'],
  locale: ['payer.locale'],
  metadata: ['payer.metadata'],
  cards: ['token.card'],
  charges: ['money.records', 'charge.reference'],
} as const satisfies Record<string, readonly PersonalField[]>

export type DisclosureField = keyof typeof DISCLOSURE_FIELDS

export const DISCLOSURE_FIELD_NAMES = Object.keys(DISCLOSURE_FIELDS) as [DisclosureField, ...DisclosureField[]]

/** A person with more is told of by the newest ones, and the package says so. */
const CHARGES_MAX = 5_000
const CARDS_MAX = 200

/** The values of the fields that were asked for, opened for one package and for nothing else. @throws purpose_not_allowed */
export async function gatherFields(
  tx: Tx,
  ctx: Ctx,
  row: PayerRow,
  purpose: string,
  fields: readonly DisclosureField[],
): Promise<Record<string, unknown>> {
  const payer = await openDataKey(ctx, { payerId: row.id, wrapped: row.wrapped_key, keyVersion: row.key_version })
  const profile = openJson<PayerProfile>(ctx, payer, profilePlace(row.id), row.profile_sealed)
  const sealed = IDENTITY_FIELDS.filter(field => fields.includes(field))
  const identity = sealed.length > 0 ? (await openIdentity(tx, ctx, row.id, purpose, sealed)).values : {}
  const values: Record<DisclosureField, () => unknown> = {
    short_name: () => profile.shortName,
    real_name: () => identity.real_name ?? null,
    email: () => identity.email ?? null,
    phone: () => identity.phone ?? null,
    external_ref: () => profile.externalRef,
    locale: () => profile.locale,
    metadata: () => profile.metadata,
    cards: () => cardsOf(tx, row.id),
    charges: () => chargesOf(tx, ctx, payer),
  }
  const gathered: Record<string, unknown> = {}
  for (const field of fields) gathered[field] = await values[field]()
  return gathered
}

async function cardsOf(tx: Tx, payerId: string) {
  const rows = await tx.sql`
    select id as token, status, brand, last4, exp_month, exp_year, funding, country, created_at
      from tokens where tenant_id = ${tx.tenantId} and payer_id = ${payerId} order by sequence desc limit ${CARDS_MAX + 1}`
  return { complete: rows.length <= CARDS_MAX, data: rows.slice(0, CARDS_MAX) }
}

async function chargesOf(tx: Tx, ctx: Ctx, payer: PayerKey) {
  const rows = await tx.sql<{ id: string; details_sealed: Buffer }[]>`
    select id, status, amount, amount_captured, amount_refunded, currency, created_at, settled_at, details_sealed
      from charges where tenant_id = ${tx.tenantId} and payer_id = ${payer.payerId} order by id desc limit ${CHARGES_MAX + 1}`
  const data = rows.slice(0, CHARGES_MAX).map(({ details_sealed, ...shown }) => ({
    ...shown,
    reference: openJson<ChargeDetails>(ctx, payer, detailsPlace(shown.id), details_sealed).reference,
  }))
  return { complete: rows.length <= CHARGES_MAX, data }
}
