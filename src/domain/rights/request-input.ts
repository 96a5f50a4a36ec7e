// What a request about personal data takes, from a service, the desk or the person.
import { z } from 'zod'
import { lookupHash, normalizeEmail, normalizePhone } from '../../crypto/keyed-hash.ts'
import type { Ctx } from '../context.ts'
import { invalidField } from '../errors.ts'
import { LOCALE, payerFields } from '../payers/payer.ts'
import { REQUEST_KINDS, type RequestKind } from './state.ts'

const CONTACT_MAX = 254
export const MESSAGE_MAX = 2_000

/** What a correction may name; null clears. */
export const correctionSchema = z
  .strictObject({
    short_name: payerFields.short_name.optional(),
    real_name: payerFields.real_name.nullable().optional(),
    email: payerFields.email.nullable().optional(),
    phone: payerFields.phone.nullable().optional(),
    locale: payerFields.locale.nullable().optional(),
  })
  .refine(changes => Object.keys(changes).length > 0, 'must name at least one field')

export const purposesSchema = z.array(z.string().min(1).max(80)).min(1).max(60)

export const contactSchema = z
  .string()
  .trim()
  .max(CONTACT_MAX)
  .refine(
    text => z.email().safeParse(text).success || normalizePhone(text) !== null,
    'must be an e-mail address, or a phone number that starts with +',
  )
  .describe('An e-mail address or phone number of the person who asks.')

export const privacyRequestInput = z.strictObject({
  kind: z.enum(REQUEST_KINDS),
  payer: z
    .string()
    .trim()
    .min(1)
    .max(128)
    .optional()
    .describe("The payer's id or external_ref; without it, the one payer whose e-mail address is `contact`."),
  contact: contactSchema,
  locale: z.string().regex(LOCALE, 'must be a BCP 47 tag such as mn or ja-JP').optional(),
  message: z.string().trim().min(1).max(MESSAGE_MAX).optional(),
  changes: correctionSchema.optional().describe('For `rectify`: the right values.'),
  purposes: purposesSchema
    .optional()
    .describe('For `object`: names of purposes; without it, all that can be objected to.'),
})

export type PrivacyRequestInput = z.output<typeof privacyRequestInput>

/** @throws validation_failed */
export function refuseMisfits(
  kind: RequestKind,
  { changes, purposes }: Pick<PrivacyRequestInput, 'changes' | 'purposes'>,
): void {
  if (changes && kind !== 'rectify') throw invalidField('/changes', 'belongs to a request of kind rectify')
  if (purposes && kind !== 'object') throw invalidField('/purposes', 'belongs to a request of kind object')
}

export type Contact = { kind: 'email' | 'phone'; hash: Buffer }

/** An e-mail address has the hash that a payer's has, so that the two can be compared without opening either. */
export function contactOf(ctx: Pick<Ctx, 'keyring' | 'tenantId'>, text: string): Contact {
  const hash = (column: string, value: string) =>
    lookupHash(ctx.keyring.derive('lookup-hash'), ctx.tenantId, column, value)
  return text.includes('@')
    ? { kind: 'email', hash: hash('payers.email', normalizeEmail(text)) }
    : { kind: 'phone', hash: hash('payers.phone', normalizePhone(text) ?? text) }
}
