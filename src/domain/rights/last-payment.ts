// The amount of a payer's last settled payment, which only the payer is expected to know.
import type { Ctx, Tx } from '../context.ts'

export type GivenAmount = { amount: number; currency: string } | { decimal: string }

/** A decimal as a person types it from a receipt: digits, with at most one separator before the last two or three. */
const DECIMAL = /^(\d{1,9})(?:[.,](\d{1,3}))?$/

/** Looked up the same way for somebody who is not there. */
export async function isLastPayment(
  tx: Tx,
  ctx: Ctx,
  payerId: string | null,
  given: GivenAmount,
  exponentOf: (currency: string) => number,
): Promise<boolean> {
  const [last] = await tx.sql<{ amount: number; currency: string }[]>`
    select amount_captured as amount, currency from charges
     where tenant_id = ${ctx.tenantId} and payer_id = ${payerId ?? ''} and status = 'succeeded'
     order by created_at desc limit 1`
  if (!last) return false
  if ('amount' in given) return Number(last.amount) === given.amount && last.currency === given.currency
  return Number(last.amount) === minorUnits(given.decimal, exponentOf(last.currency))
}

function minorUnits(decimal: string, exponent: number): number | null {
  const [, whole, fraction = ''] = DECIMAL.exec(decimal.normalize('NFKC').replaceAll(/[\s'’]/g, '')) ?? []
  if (whole === undefined) return null
  // A separator of thousands: `4,800` in a currency without a third decimal.
  if (fraction.length === 3 && exponent < 3) return Number(whole + fraction) * 10 ** exponent
  if (fraction.length > exponent && Number(fraction) !== 0) return null
  return Number(whole) * 10 ** exponent + Number(fraction.slice(0, exponent).padEnd(exponent, '0') || '0')
}
