// What a token may be charged: bounds that the payer agreed to, kept by the transaction that reserves a charge.
import { z } from 'zod'
import type { TokenLimits } from '../../db/schema/payers.ts'
import { invalidField } from '../errors.ts'
import { AMOUNT_MAX, currencySchema } from '../money.ts'

/** A window sums many charges, so it may be larger than one; this is far below 2^53. */
const WINDOW_AMOUNT_MAX = 1_000_000_000_000
/** Longer windows would have to sum years of charges under the token's lock. */
const WINDOW_DAYS_MAX = 366

const members = {
  currency: currencySchema.describe('Charges in another currency are refused.'),
  max_amount_per_charge: z.int().min(1).max(AMOUNT_MAX).describe('Minor units.'),
  max_amount_per_window: z.int().min(1).max(WINDOW_AMOUNT_MAX).describe('Minor units, over `window_days`.'),
  window_days: z.int().min(1).max(WINDOW_DAYS_MAX).describe('Days back from each charge; 30 unless told.'),
  billing_job: z.string().min(1).max(64).describe('Only charges that name this job are taken.'),
}

export const limitsInput = z.strictObject({
  currency: members.currency.optional(),
  max_amount_per_charge: members.max_amount_per_charge.optional(),
  max_amount_per_window: members.max_amount_per_window.optional(),
  window_days: members.window_days.optional(),
  billing_job: members.billing_job.optional(),
})

/** A merge patch of limits (RFC 7396): null clears a member. */
export const limitsPatch = z.strictObject({
  currency: members.currency.nullable().optional(),
  max_amount_per_charge: members.max_amount_per_charge.nullable().optional(),
  max_amount_per_window: members.max_amount_per_window.nullable().optional(),
  window_days: members.window_days.nullable().optional(),
  billing_job: members.billing_job.nullable().optional(),
})

export const limitsSchema = z.object({
  currency: z.string().optional(),
  max_amount_per_charge: z.number().int().optional(),
  max_amount_per_window: z.number().int().optional(),
  window_days: z.number().int().optional(),
  billing_job: z.string().optional(),
})

/** Limits that say something, or null. @throws validation_failed for an amount without a currency */
export function checkedLimits(limits: TokenLimits | null | undefined): TokenLimits | null {
  if (!limits || Object.keys(limits).length === 0) return null
  const bounded = limits.max_amount_per_charge !== undefined || limits.max_amount_per_window !== undefined
  if (bounded && limits.currency === undefined) {
    throw invalidField('/limits/currency', 'is required beside an amount', 'required')
  }
  if (limits.window_days !== undefined && limits.max_amount_per_window === undefined) {
    throw invalidField('/limits/max_amount_per_window', 'is required beside window_days', 'required')
  }
  return limits
}

/** Limits after a merge patch. @throws validation_failed */
export function patchedLimits(
  before: TokenLimits | null,
  patch: z.output<typeof limitsPatch> | null,
): TokenLimits | null {
  if (patch === null) return null
  const merged: Record<string, unknown> = { ...before }
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete merged[name]
    else if (value !== undefined) merged[name] = value
  }
  return checkedLimits(merged as TokenLimits)
}
