// One line of an import: a card that a company has saved at Stripe already, whose it is, and the evidence of consent.
import { z } from 'zod'
import { isStripeId, isTestAlias } from '../../stripe/stripe-ids.ts'
import { payerFields } from '../payers/payer.ts'
import { CONSENT_TEXT_VERSION } from './token-input.ts'

export const importLineInput = z.strictObject({
  short_name: payerFields.short_name,
  external_ref: payerFields.external_ref
    .optional()
    .describe("The company's own id of the payer; the id of Stripe's customer unless told."),
  real_name: payerFields.real_name.optional(),
  email: payerFields.email.optional(),
  phone: payerFields.phone.optional(),
  locale: payerFields.locale.optional(),
  stripe_customer: z.string().refine(id => isStripeId('customer', id), 'must be the id of a customer, cus_…'),
  payment_method: z
    .string()
    .refine(
      id => isStripeId('payment_method', id) && !isTestAlias(id),
      'must be the id of a saved payment method, pm_…',
    ),
  consent_text_version: CONSENT_TEXT_VERSION,
  consent_accepted_at: z.iso.datetime({ offset: true, message: 'must be an RFC 3339 time' }),
  consent_ip: z.union([z.ipv4(), z.ipv6()]).optional(),
  consent_user_agent: z.string().max(500).optional(),
})

export type ImportLine = z.output<typeof importLineInput>

export const IMPORT_MEMBERS = Object.keys(importLineInput.shape)
