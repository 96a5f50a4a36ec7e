// Brings a token into line with its payment method as it was read again from Stripe: a card that was renewed, ran out, or
// was detached at Stripe. Stripe's events and the monthly look at expiry dates both end here.
import type { StripePaymentMethod } from '../../stripe/card-objects.ts'
import type { Ctx, Tx } from '../context.ts'
import { write } from '../write.ts'
import { isOutOfDate } from './card-expiry.ts'
import { tokenAudit } from './change-token.ts'
import { fingerprintHash } from './choose-token.ts'
import type { TokenRow } from './show-token.ts'
import { mayMove, type TokenStatus } from './state.ts'

export type PaymentMethodEffect = { tokenId: string; changed: string[] } | null

type Card = Pick<TokenRow, 'brand' | 'last4' | 'exp_month' | 'exp_year' | 'funding' | 'country' | 'fingerprint_hash'>

/**
 * Applies what Stripe says now; the same again changes nothing. Null when no token of the tenant has this card, or when
 * nothing is different.
 */
export async function applyPaymentMethod(ctx: Ctx, method: StripePaymentMethod): Promise<PaymentMethodEffect> {
  const known = await ctx.db.transaction(ctx.tenantId, tx => findByPaymentMethod(tx, method.id))
  if (!known || changesOf(ctx, known, method) === null) return null
  return write(ctx, async tx => {
    const row = (await findByPaymentMethod(tx, method.id, true)) as TokenRow
    const changes = changesOf(ctx, row, method) ?? { status: row.status, card: cardOf(row), fields: [] }
    const now = ctx.clock.now()
    const { card, status } = changes
    await tx.sql`
      update tokens
         set status = ${status}, brand = ${card.brand}, last4 = ${card.last4}, exp_month = ${card.exp_month},
             exp_year = ${card.exp_year}, funding = ${card.funding}, country = ${card.country},
             fingerprint_hash = ${card.fingerprint_hash},
             detached_at = ${status === 'detached' ? now : row.detached_at}, updated_at = ${now}
       where tenant_id = ${ctx.tenantId} and id = ${row.id}`
    return {
      value: { tokenId: row.id, changed: changes.fields },
      audit: tokenAudit(row, 'token.follow-stripe', { fields: changes.fields, from: row.status, to: status }),
    }
  })
}

async function findByPaymentMethod(tx: Tx, paymentMethodId: string, lock = false): Promise<TokenRow | undefined> {
  const [row] = await tx.sql<TokenRow[]>`
    select * from tokens where tenant_id = ${tx.tenantId} and stripe_payment_method_id = ${paymentMethodId}
     ${lock ? tx.sql`for no key update` : tx.sql``}`
  return row
}

/** What is different, or null. A token that has ended stays as it is. */
function changesOf(ctx: Ctx, row: TokenRow, method: StripePaymentMethod) {
  if (row.status === 'detached' || row.status === 'erased') return null
  const card = method.card ? toCard(ctx, row, method.card) : cardOf(row)
  const wanted = statusAfter(ctx, row, method, card)
  const status = wanted !== row.status && mayMove(row.status, wanted) ? wanted : row.status
  const fields = (Object.keys(card) as (keyof Card)[]).filter(name => !same(row[name], card[name]))
  if (status === row.status && fields.length === 0) return null
  return { card, status, fields: [...fields, ...(status === row.status ? [] : ['status'])] }
}

/** Frozen stays frozen: only a person thaws. */
function statusAfter(ctx: Ctx, row: TokenRow, method: StripePaymentMethod, card: Card): TokenStatus {
  if (method.customer === null) return 'detached'
  const outOfDate = isOutOfDate({ expMonth: card.exp_month, expYear: card.exp_year }, ctx.clock.now())
  if (row.status === 'active' && outOfDate) return 'expired'
  if (row.status === 'expired' && !outOfDate) return 'active'
  return row.status
}

const cardOf = (row: TokenRow): Card => ({
  brand: row.brand,
  last4: row.last4,
  exp_month: row.exp_month,
  exp_year: row.exp_year,
  funding: row.funding,
  country: row.country,
  fingerprint_hash: row.fingerprint_hash,
})

const toCard = (ctx: Ctx, row: TokenRow, card: NonNullable<StripePaymentMethod['card']>): Card => ({
  brand: card.brand,
  last4: card.last4,
  exp_month: card.expMonth,
  exp_year: card.expYear,
  funding: card.funding,
  country: card.country,
  fingerprint_hash: fingerprintHash(ctx, card.fingerprint) ?? row.fingerprint_hash,
})

const same = (before: unknown, after: unknown): boolean =>
  Buffer.isBuffer(before) && Buffer.isBuffer(after) ? before.equals(after) : before === after
