// The form of a register of purposes, and the rules that one must keep before it can be in force.
import { z } from 'zod'
import { invalidField } from '../errors.ts'
import type { Language } from '../languages.ts'
import { PERSONAL_FIELD_NAMES } from './personal-fields.ts'
import { RETENTION_RECORD_NAMES, recordOf } from './retention-records.ts'

export const BASES = ['contract', 'law', 'consent', 'legitimate_interest'] as const

/** The mandate to charge a saved card: a consent that only the saving of the card makes. */
export const CHARGE_PURPOSE = 'charge_saved_card'

/** What panless itself does with personal data, and the bases that can carry it. A register cannot do without these. */
const OWN_PURPOSES: Record<string, readonly (typeof BASES)[number][]> = {
  settle_payments: ['contract'],
  [CHARGE_PURPOSE]: ['consent'],
  collect_money: ['contract', 'legitimate_interest'],
  service_notices: ['contract', 'law'],
  answer_messages: ['contract', 'legitimate_interest'],
  keep_service_running: ['law', 'contract'],
  legal_request: ['law'],
  rights_request: ['law'],
}

const PURPOSES_MAX = 60
const RECIPIENTS_MAX = 20

const words = (most: number) =>
  z.strictObject({
    en: z.string().trim().min(1).max(most),
    ja: z.string().trim().min(1).max(most),
    mn: z.string().trim().min(1).max(most),
  } satisfies Record<Language, z.ZodType>)

export const purposeSchema = z.strictObject({
  name: z.string().regex(/^[a-z][a-z_]{2,39}$/, 'must be lower-case letters and underscores'),
  basis: z.enum(BASES),
  fields: z.array(z.enum(PERSONAL_FIELD_NAMES)).min(1).max(PERSONAL_FIELD_NAMES.length),
  recipients: z
    .array(z.strictObject({ name: z.string().trim().min(1).max(80), label: words(80).optional(), does: words(300) }))
    .max(RECIPIENTS_MAX)
    .describe(
      'Who else gets any of these fields for this purpose; `label` where the name is not the same in every language.',
    ),
  retention: z
    .array(z.strictObject({ record: z.enum(RETENTION_RECORD_NAMES), days: z.int().nullable() }))
    .max(RETENTION_RECORD_NAMES.length)
    .describe('Records that are kept for this purpose, and for how many days; null until the person is erased.'),
  title: words(120),
  text: words(600),
})

export const registerSchema = z.strictObject({
  version: z.int().min(1).max(1_000_000),
  purposes: z.array(purposeSchema).min(1).max(PURPOSES_MAX),
})

export type Purpose = z.infer<typeof purposeSchema>
export type Register = z.infer<typeof registerSchema>

export const purposeNamed = (register: Register, name: string): Purpose | undefined =>
  register.purposes.find(purpose => purpose.name === name)

/** The purposes that a person can be asked to agree to. */
export const consentPurposes = (register: Register): string[] =>
  register.purposes.filter(({ basis, name }) => basis === 'consent' && name !== CHARGE_PURPOSE).map(({ name }) => name)

export const coveredFields = (register: Register): Set<string> =>
  new Set(register.purposes.flatMap(({ fields }) => fields))

/** What the form alone cannot say. @throws validation_failed */
export function checkRegister(register: Register): void {
  const names = new Set<string>()
  const kept = new Set<string>()
  for (const [at, purpose] of register.purposes.entries()) {
    const place = `/purposes/${at}`
    if (names.has(purpose.name)) throw invalidField(`${place}/name`, 'is the name of another purpose too')
    names.add(purpose.name)
    const bases = OWN_PURPOSES[purpose.name]
    if (bases && !bases.includes(purpose.basis))
      throw invalidField(`${place}/basis`, `must be ${bases.join(' or ')} for this purpose`)
    for (const [index, { record, days }] of purpose.retention.entries()) {
      const fault = retentionFault(kept, record, days)
      if (fault) throw invalidField(`${place}/retention/${index}`, fault)
      kept.add(record)
    }
  }
  const missing = Object.keys(OWN_PURPOSES).filter(name => !names.has(name))
  if (missing.length > 0) throw invalidField('/purposes', `must hold ${missing.join(', ')}`)
  const unkept = RETENTION_RECORD_NAMES.filter(record => !kept.has(record))
  if (unkept.length > 0) throw invalidField('/purposes', `must say how long these are kept: ${unkept.join(', ')}`)
  if (!purposeNamed(register, 'settle_payments')?.recipients.some(({ name }) => name === 'Stripe'))
    throw invalidField('/purposes', 'must name Stripe as a recipient of settle_payments, since it is one')
}

function retentionFault(kept: Set<string>, record: Purpose['retention'][number]['record'], days: number | null) {
  const { days: bounds } = recordOf(record)
  if (kept.has(record)) return 'is kept for another purpose already: each record has one'
  if (bounds === undefined) return days === null ? null : 'must be null: it goes when the person is erased'
  if (days === null || days < bounds.least || days > bounds.most)
    return `must be from ${bounds.least} to ${bounds.most} days`
  return null
}
