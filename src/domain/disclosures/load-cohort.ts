// Reads the people of a cohort: living payers, and of their charges in one stretch and currency no more than sums.
import { z } from 'zod'
import type { Tx } from '../context.ts'
import { DomainError, invalidField } from '../errors.ts'
import { currencySchema } from '../money.ts'
import { COHORT_COLUMNS, type CohortColumnName, type CohortPerson, columnOf } from './cohort-columns.ts'
import { type DeidentifyReport, deidentify, type Person } from './deidentify.ts'

/** A larger one is not read in one go; it is told of in parts. */
const COHORT_MAX = 10_000
/** People in a class of a cohort, and values of a sensitive column in it, at least. */
export const COHORT_K = 5
export const COHORT_L = 2
/** More than this part of the people left out would bend what the cohort shows. */
export const COHORT_LEFT_OUT_MAX = 0.05

const month = z
  .string()
  .regex(
    /^\d{4}-(0[1-9]|1[0-2])-01T00:00:00(\.000)?Z$/,
    'must be the first instant of a month in UTC: a day would single people out',
  )

export const cohortInput = z
  .strictObject({
    created_from: month.optional().describe('Charges made at or after this time. The first instant of a month.'),
    created_to: month.optional().describe('Charges made before this time. The first instant of a month.'),
    currency: currencySchema.optional().describe('Charges in this currency; needed for fields about charges.'),
    country: z
      .string()
      .regex(/^[A-Z]{2}$/, 'must be an ISO 3166 country code')
      .optional()
      .describe('Country of the newest saved card.'),
    joined_from: month.optional().describe('Payers registered at or after this time. The first instant of a month.'),
    joined_to: month.optional().describe('Payers registered before this time. The first instant of a month.'),
  })
  .describe('Which payers. With a filter about charges, those who have one that fits; else all.')

export type CohortFilter = z.output<typeof cohortInput>

/** Without those who objected to the purpose. @throws validation_failed when fields about charges lack a currency, or there are too many people */
export async function loadCohort(
  tx: Tx,
  filter: CohortFilter,
  columns: readonly CohortColumnName[],
  purpose: string,
): Promise<Person[]> {
  if (filter.currency === undefined && columns.some(name => columnOf(name).ofCharges)) {
    throw invalidField('/cohort/currency', 'is required for fields about charges', 'required')
  }
  const { sql } = tx
  const ofCharges = [filter.created_from, filter.created_to, filter.currency].some(part => part !== undefined)
  const people = await sql<CohortPerson[]>`
    select p.id, p.created_at as joined_at, t.country, t.brand, t.funding, coalesce(c.charges, 0) as charges,
           coalesce(c.succeeded, 0) as succeeded, coalesce(c.refunded, 0) as refunded, coalesce(c.amount, 0) as amount,
           c.last_charge_at
      from payers p
      left join lateral (
        select country, brand, funding from tokens t
         where t.tenant_id = p.tenant_id and t.payer_id = p.id order by sequence desc limit 1) t on true
      left join lateral (
        select count(*)::int as charges, (count(*) filter (where status = 'succeeded'))::int as succeeded,
               sum(amount_refunded)::bigint as refunded, sum(amount_captured - amount_refunded)::bigint as amount,
               max(created_at) as last_charge_at
          from charges c
         where c.tenant_id = p.tenant_id and c.payer_id = p.id
           ${filter.created_from ? sql`and c.created_at >= ${new Date(filter.created_from)}` : sql``}
           ${filter.created_to ? sql`and c.created_at < ${new Date(filter.created_to)}` : sql``}
           ${filter.currency ? sql`and c.currency = ${filter.currency}` : sql``}) c on true
     where p.tenant_id = ${tx.tenantId} and p.status = 'active'
       and not exists (select 1 from objections o
                        where o.tenant_id = p.tenant_id and o.payer_id = p.id and o.purpose = ${purpose})
       ${filter.joined_from ? sql`and p.created_at >= ${new Date(filter.joined_from)}` : sql``}
       ${filter.joined_to ? sql`and p.created_at < ${new Date(filter.joined_to)}` : sql``}
       ${filter.country ? sql`and t.country = ${filter.country}` : sql``}
       ${ofCharges ? sql`and c.charges > 0` : sql``}
     order by p.id limit ${COHORT_MAX + 1}`
  if (people.length > COHORT_MAX) {
    throw invalidField('/cohort', `takes in more than ${COHORT_MAX} people: choose a smaller one`, 'too_many_people')
  }
  return people.map(person => ({
    id: person.id,
    values: Object.fromEntries(columns.map(name => [name, COHORT_COLUMNS[name].value(person)])),
  }))
}

const REASONS = {
  too_few_people: () => `The cohort has fewer than ${COHORT_K} people.`,
  too_rare: (columns: string[]) =>
    `Too many people are alone, or nearly so, in ${columns.join(' with ')}. Ask for fewer of these fields, or a larger cohort.`,
  not_diverse: (columns: string[]) =>
    `Too many people who look the same in ${columns.slice(0, -1).join(' with ') || 'this cohort'} have the same ${columns.at(-1)}. ` +
    'Ask for fewer of these fields, or a larger cohort.',
}

/** The people who may be told of. @throws not_deidentified, which names columns and never values */
export function deidentifiedCohort(
  people: readonly Person[],
  columns: readonly CohortColumnName[],
): { people: Person[]; report: DeidentifyReport } {
  const roles = (role: 'quasi' | 'sensitive') => columns.filter(name => columnOf(name).role === role)
  const outcome = deidentify(
    people,
    { quasi: roles('quasi'), sensitive: roles('sensitive') },
    { k: COHORT_K, l: COHORT_L, suppressedShareMax: COHORT_LEFT_OUT_MAX },
  )
  if (outcome.kind === 'released') return outcome
  const detail = REASONS[outcome.reason](outcome.columns)
  throw new DomainError('not_deidentified', detail, {
    errors: (outcome.columns.length > 0 ? outcome.columns : ['']).map(column => ({
      pointer: column ? `/fields/${columns.indexOf(column as CohortColumnName)}` : '/cohort',
      code: outcome.reason,
      detail: 'is part of what singles people out',
    })),
  })
}

/**
 * Two cohorts for one recipient that differ by a few people would tell of just these.
 * @throws not_deidentified
 */
export async function refuseNearTwin(tx: Tx, recipientHash: Buffer, people: readonly Person[]): Promise<void> {
  await tx.sql`select pg_advisory_xact_lock(hashtextextended(${`${tx.tenantId} ${recipientHash.toString('hex')}`}, 0))`
  const ids = people.map(({ id }) => id)
  const [twin] = await tx.sql`
    select 1 from (
      select count(*) as were, count(*) filter (where dp.payer_id = any (${ids})) as again
        from disclosures d
        join disclosure_people dp on dp.tenant_id = d.tenant_id and dp.disclosure_id = d.id
       where d.tenant_id = ${tx.tenantId} and d.recipient_hash = ${recipientHash} and d.basis = 'deidentified'
       group by d.id) earlier
     where again > 0 and (were - again between 1 and ${COHORT_K - 1} or ${ids.length} - again between 1 and ${COHORT_K - 1})
     limit 1`
  if (twin) {
    throw new DomainError(
      'not_deidentified',
      `This cohort and an earlier one for the same recipient differ by fewer than ${COHORT_K} people, who would be told of by the difference. Choose the same cohort or another one.`,
      { errors: [{ pointer: '/cohort', code: 'near_twin', detail: 'differs too little from an earlier one' }] },
    )
  }
}
