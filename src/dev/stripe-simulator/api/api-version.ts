/** The Stripe-Version header: which versions are taken and what depends on it. */
import type { FormMap } from './form-parser.ts'
import type { Table } from './parameters.ts'
import { invalidParameter, StripeApiError } from './stripe-error.ts'

/** The version that the `stripe` package pins; answers have its shape whatever version was asked for. */
export const PINNED_VERSION = '2026-10-28.endive'
/** The first version in which `payment_method_types` is no parameter any more. */
const WITHOUT_PAYMENT_METHOD_TYPES = '2026-09-30'
const VERSION = /^20\d\d-\d\d-\d\d(\.[a-z]+)?(; *[a-z_]+=v\d+)*$/

/** The version of a request, or null when its header is absent (the official CLI sends none). */
export function requestedVersion(header: string | undefined): string | null {
  if (header === undefined || header === '') return null
  if (!VERSION.test(header))
    throw new StripeApiError(400, { type: 'invalid_request_error', message: 'Invalid Stripe API version' }, false)
  return header
}

/** Refuses `payment_method_types` where Stripe no longer takes it (400). */
export function refuseOldParameters(table: Table, version: string | null, form: FormMap): void {
  if (!Object.hasOwn(table, 'payment_method_types') || !Object.hasOwn(form, 'payment_method_types')) return
  if (version === null || version < WITHOUT_PAYMENT_METHOD_TYPES) return
  const message =
    'The `payment_method_types` parameter is no longer supported. Use `allowed_payment_method_types` instead.'
  throw invalidParameter(message, 'payment_method_types', 'payment_method_types_no_longer_supported')
}
