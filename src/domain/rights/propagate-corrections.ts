// Brings a correction to Stripe's customer, where Stripe holds what was corrected: panless never told it, but others may
// have. Run again it changes nothing more, so that a lost answer is simply asked for again.

import { claimRows } from '../../queue/claim-rows.ts'
import type { StripeCustomerContacts } from '../../stripe/card-objects.ts'
import { StripeFailure } from '../../stripe/stripe-failure.ts'
import type { Ctx, Dependencies } from '../context.ts'
import { recordStripeDisclosure } from '../disclosures/record-stripe-disclosure.ts'
import { errorShape } from '../error-shape.ts'
import { DomainError } from '../errors.ts'
import { loadPayer } from '../payers/get-payer.ts'
import { IDENTITY_FIELDS, type IdentityField } from '../payers/payer.ts'
import { openIdentity } from '../privacy/sealed-identity.ts'
import { workerContext } from '../tenants/operator-context.ts'
import { stripeAccountOf } from '../tenants/stripe-account.ts'
import { read, write } from '../write.ts'

const BATCH = 10
const MINUTE_MS = 60_000
/** Waits between the tries: three days all together, as long as an outage is waited out. */
const RETRY_AFTER_MINUTES = [1, 5, 30, 120, 360, 1_440, 2_880] as const

/** What Stripe calls each field. */
const STRIPE_NAMES = { real_name: 'name', email: 'email', phone: 'phone' } as const satisfies Record<
  IdentityField,
  string
>

type DueRow = { id: string; payer_id: string; attempts: number }
type Outcome =
  | { state: 'done' | 'failed'; fields: string[]; code: string | null }
  | { state: 'due'; code: string; at: Date }

/** How many were looked at. */
export async function propagateCorrections(dependencies: Dependencies, tenantId: string): Promise<number> {
  const ctx = workerContext(dependencies, tenantId)
  const rows = await claimRows<DueRow>(
    ctx.db,
    tenantId,
    {
      table: 'privacy_requests',
      due: `propagation = 'due' and next_attempt_at <= $now`,
      orderBy: 'next_attempt_at',
      set: 'attempts = attempts + 1',
      columns: 't.id, t.payer_id, t.attempts',
    },
    { now: ctx.clock.now(), wall: ctx.clock.wall() },
    BATCH,
  )
  for (const row of rows) await keepOutcome(ctx, row, await propagate(ctx, row))
  return rows.length
}

async function propagate(ctx: Ctx, row: DueRow): Promise<Outcome> {
  try {
    return { state: 'done', fields: await follow(ctx, row), code: null }
  } catch (error) {
    const code = codeOf(error)
    if (code === 'internal_error')
      ctx.log.error({ request: row.id, ...errorShape(error) }, 'a correction could not be brought to Stripe')
    // Gone at Stripe, or from here: nothing is left to correct.
    if (code === 'not_found' || code === 'payer_erased') return { state: 'done', fields: [], code }
    const wait = RETRY_AFTER_MINUTES[row.attempts - 1]
    if (wait === undefined) return { state: 'failed', fields: [], code }
    return { state: 'due', code, at: new Date(ctx.clock.now().getTime() + wait * MINUTE_MS) }
  }
}

const codeOf = (error: unknown): string =>
  error instanceof StripeFailure ? error.kind : error instanceof DomainError ? error.code : 'internal_error'

/** Reads what is held now, so that the last of several corrections is what arrives. Answers which fields it changed. */
async function follow(ctx: Ctx, { id, payer_id: payerId, attempts }: DueRow): Promise<string[]> {
  const { customer, values } = await read(ctx, async tx => {
    const { stripe_customer_id: customer } = await loadPayer(tx, payerId)
    return { customer, ...(await openIdentity(tx, ctx, payerId, 'rights_request', ['real_name', 'email', 'phone'])) }
  })
  if (customer === null) return []
  const account = await stripeAccountOf(ctx)
  const wrong = differences(await account.retrieveCustomerContacts(customer), values)
  if (Object.keys(wrong).length > 0)
    await account.updateCustomerContacts(customer, wrong, `panless/${id}/correct/${attempts}`)
  return Object.keys(wrong)
}

/** Where Stripe says something else than is held now; where it says nothing, it is told nothing. */
function differences(
  there: StripeCustomerContacts,
  here: Partial<Record<IdentityField, string | null>>,
): Partial<Record<'name' | 'email' | 'phone', string>> {
  const fields = Object.entries(STRIPE_NAMES) as [IdentityField, 'name' | 'email' | 'phone'][]
  return Object.fromEntries(
    fields
      .filter(([field, name]) => there[name] !== null && there[name] !== (here[field] ?? ''))
      .map(([field, name]) => [name, here[field] ?? '']),
  )
}

async function keepOutcome(ctx: Ctx, row: DueRow, outcome: Outcome): Promise<void> {
  if (outcome.state === 'due') {
    ctx.log.warn({ request: row.id, code: outcome.code }, 'a correction is not at Stripe yet')
    await ctx.db.transaction(
      ctx.tenantId,
      tx => tx.sql`
        update privacy_requests set next_attempt_at = ${outcome.at}, lease_until = null
         where tenant_id = ${ctx.tenantId} and id = ${row.id}`,
    )
    return
  }
  if (outcome.state === 'failed') ctx.meter.count('alerts', { name: 'correction_not_at_stripe' })
  await write(ctx, async tx => {
    await tx.sql`
      update privacy_requests set propagation = ${outcome.state}, next_attempt_at = null, lease_until = null
       where tenant_id = ${ctx.tenantId} and id = ${row.id}`
    const told = IDENTITY_FIELDS.filter(field => outcome.fields.includes(STRIPE_NAMES[field]))
    if (told.length > 0) await recordStripeDisclosure(tx, ctx, row.payer_id, 'rights_request', told)
    return {
      value: null,
      audit: {
        action: 'privacy-request.propagate',
        object: { type: 'privacy_request', id: row.id },
        outcome: outcome.state === 'done' ? 'ok' : 'failed',
        payerId: row.payer_id,
        details: { fields: outcome.fields, ...(outcome.code ? { code: outcome.code } : {}) },
      },
    }
  })
}
