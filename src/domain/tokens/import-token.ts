// Takes over a card that a company has saved at Stripe: its payer, Stripe's customer, and a token with its consent.

import { lookupHash, normalizeExternalRef } from '../../crypto/keyed-hash.ts'
import type { Ctx } from '../context.ts'
import { DomainError, invalidField } from '../errors.ts'
import { parseInput } from '../parse-input.ts'
import { createPayer } from '../payers/create-payer.ts'
import { keepCustomer } from '../payers/ensure-stripe-customer.ts'
import { requireLiving } from '../payers/payer-erased.ts'
import { requirePermission } from '../permissions.ts'
import { stripeAccountOf } from '../tenants/stripe-account.ts'
import { read } from '../write.ts'
import { createToken } from './create-token.ts'
import { type ImportLine, importLineInput } from './import-line.ts'
import { retrievePaymentMethod } from './read-card.ts'
import { askingStripe, errorOfRefusal, TokenizeRefusal } from './tokenize-refusal.ts'

/** `known`: an earlier import has done this line. `reused`: the payer has a token of the same card. */
export type Imported = { outcome: 'imported' | 'reused' | 'known' | 'would_import'; token: string | null }

type Found = { known: { tokenId: string; customer: string | null } | null; payer: FoundPayer | null }
type FoundPayer = { id: string; status: string; stripe_customer_id: string | null }

/**
 * One line, which may be sent any number of times. A dry run asks Stripe and the database and writes nothing.
 * @throws insufficient_scope, validation_failed, invalid_state, payer_erased, stripe_unavailable
 */
export async function importToken(ctx: Ctx, input: unknown, { dryRun }: { dryRun: boolean }): Promise<Imported> {
  requirePermission(ctx, 'createPayer')
  requirePermission(ctx, 'createToken')
  const line = parseInput(importLineInput, input)
  const { known, payer } = await find(ctx, line)
  if (known) {
    if (known.customer !== line.stripe_customer) throw otherCustomer()
    return { outcome: 'known', token: known.tokenId }
  }
  if (payer) refuseOtherPayer(payer, line)
  await verifyAtStripe(ctx, line)
  if (dryRun) return { outcome: 'would_import', token: null }
  const payerId = payer?.id ?? (await makePayer(ctx, line))
  if ((await keepCustomer(ctx, payerId, line.stripe_customer)) !== line.stripe_customer) throw otherCustomer()
  return saveToken(ctx, payerId, line)
}

/** A payer is the one of Stripe's customer, else the one of the reference. */
async function find(ctx: Ctx, line: ImportLine): Promise<Found> {
  const key = ctx.keyring.derive('lookup-hash')
  const reference = normalizeExternalRef(referenceOf(line))
  const hash = lookupHash(key, ctx.tenantId, 'payers.external_ref', reference)
  return read(ctx, async tx => {
    const [known] = await tx.sql<{ token_id: string; stripe_customer_id: string | null }[]>`
      select s.token_id, p.stripe_customer_id
        from token_sources s join payers p on p.tenant_id = s.tenant_id and p.id = s.payer_id
       where s.tenant_id = ${ctx.tenantId} and s.stripe_id = ${line.payment_method}`
    const [payer] = await tx.sql<FoundPayer[]>`
      select id, status, stripe_customer_id from payers
       where tenant_id = ${ctx.tenantId} and (stripe_customer_id = ${line.stripe_customer} or external_ref_hash = ${hash})
       order by (stripe_customer_id = ${line.stripe_customer}) desc nulls last limit 1`
    return {
      known: known ? { tokenId: known.token_id, customer: known.stripe_customer_id } : null,
      payer: payer ?? null,
    }
  })
}

const referenceOf = (line: ImportLine): string => line.external_ref ?? line.stripe_customer

function refuseOtherPayer(payer: FoundPayer, line: ImportLine): void {
  requireLiving(payer.status)
  if (payer.stripe_customer_id !== null && payer.stripe_customer_id !== line.stripe_customer) throw otherCustomer()
}

const otherCustomer = () =>
  invalidField('/stripe_customer', 'is not the customer that this payer, or this card, has here already')

async function verifyAtStripe(ctx: Ctx, line: ImportLine): Promise<void> {
  const account = await stripeAccountOf(ctx)
  const method = await askingStripe('payment_method', () => retrievePaymentMethod(account, line.payment_method)).catch(
    error => {
      throw error instanceof TokenizeRefusal ? errorOfRefusal(error) : error
    },
  )
  if (method.customer === null) throw invalidField('/payment_method', 'is not saved for any customer at Stripe')
  if (method.customer !== line.stripe_customer) throw invalidField('/payment_method', 'belongs to another customer')
  if (method.card === null) throw invalidField('/payment_method', 'is not a card')
}

/** Another line of the same payer may be faster. */
async function makePayer(ctx: Ctx, line: ImportLine): Promise<string> {
  const { short_name, real_name, email, phone, locale } = line
  const wanted = { short_name, real_name, email, phone, locale, external_ref: referenceOf(line) }
  try {
    const made = await createPayer(ctx, wanted)
    if (made.kind === 'fresh') return made.result.id
  } catch (error) {
    if (!(error instanceof DomainError) || error.code !== 'reference_in_use') throw error
  }
  const { payer } = await find(ctx, line)
  if (payer === null) throw new DomainError('database_busy', 'The payer cannot be read. Try again.')
  refuseOtherPayer(payer, line)
  return payer.id
}

async function saveToken(ctx: Ctx, payerId: string, line: ImportLine): Promise<Imported> {
  const saved = await createToken(ctx, {
    payment_method: line.payment_method,
    payer: payerId,
    consent: {
      text_version: line.consent_text_version,
      accepted_at: line.consent_accepted_at,
      ip: line.consent_ip,
      user_agent: line.consent_user_agent,
    },
  })
  if (saved.kind === 'replayed') throw new DomainError('internal_error', 'An import has no keys.')
  const { result } = saved
  if (result.kind === 'declined') throw result.error
  return { outcome: result.kind === 'created' ? 'imported' : 'reused', token: result.token.id }
}
