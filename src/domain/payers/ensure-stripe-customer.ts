// Stripe's customer of a payer: made once, under a key derived from the payer's id. Stripe is never told who it is.
import { setTimeout as sleep } from 'node:timers/promises'
import { createBatcher } from '../../db/batcher.ts'
import type { Database } from '../../db/client.ts'
import type { StripeAccount } from '../../stripe/gateway.ts'
import { withRetries } from '../../stripe/retries.ts'
import { StripeFailure } from '../../stripe/stripe-failure.ts'
import { auditRow } from '../audit/entry.ts'
import type { Ctx } from '../context.ts'
import { DomainError } from '../errors.ts'
import { joinFlight } from '../single-flight.ts'
import { stripeKeyOf } from '../stripe-keys.ts'
import { stripeAccountOf } from '../tenants/stripe-account.ts'

/** Tries within one request; a longer outage is for the caller to wait out. */
const ATTEMPTS = 4
/** Pages of the newest customers that are searched for one whose making was answered with a 500. */
const LOOK_PAGES = 5

type Row = { payer_id: string; customer: string; audit: object }
type Batch = (tenantId: string, row: Row & { now: Date }) => Promise<string>

const batches = new WeakMap<Database, Batch>()

/** The payer's customer, made at Stripe if there is none yet. @throws stripe_unavailable */
export async function ensureStripeCustomer(
  ctx: Ctx,
  payer: { id: string; stripeCustomerId: string | null },
): Promise<string> {
  if (payer.stripeCustomerId !== null) return payer.stripeCustomerId
  return joinFlight(ctx.db, `customer ${ctx.tenantId} ${payer.id}`, () => makeCustomer(ctx, payer.id))
}

async function makeCustomer(ctx: Ctx, payerId: string): Promise<string> {
  const account = await stripeAccountOf(ctx)
  try {
    return await keepCustomer(ctx, payerId, await createOrFind(ctx, account, payerId))
  } catch (error) {
    if (!(error instanceof StripeFailure)) throw error
    throw new DomainError('stripe_unavailable', 'Stripe cannot take this now. Send the same request again.', {
      retryAfterSeconds: error.retryAfterSeconds ?? 2,
      cause: error,
    })
  }
}

/** Stripe keeps a 500 under its key for a day: then the customer is looked for, and made under another key if it is not there. */
async function createOrFind(ctx: Ctx, account: StripeAccount, payerId: string): Promise<string> {
  const create = (key: string) =>
    retrying(async () => (await account.createCustomer({ metadata: { panless_payer: payerId } }, key)).id)
  try {
    return await create(stripeKeyOf(ctx, 'customer', payerId))
  } catch (error) {
    if (!(error instanceof StripeFailure) || error.kind !== 'unknown' || error.shouldRetry !== false) throw error
    return (await findCustomer(account, payerId)) ?? (await create(stripeKeyOf(ctx, 'customer', payerId, 'again')))
  }
}

async function findCustomer(account: StripeAccount, payerId: string): Promise<string | null> {
  let startingAfter: string | undefined
  for (let page = 1; page <= LOOK_PAGES; page++) {
    const { data, hasMore } = await retrying(() => account.listCustomers({ limit: 100, startingAfter }))
    const found = data.find(customer => customer.metadata.panless_payer === payerId)
    if (found) return found.id
    if (!hasMore) return null
    startingAfter = data.at(-1)?.id
  }
  return null
}

const retrying = <Answer>(send: () => Promise<Answer>): Promise<Answer> =>
  withRetries({ attempts: ATTEMPTS, sleep: ms => sleep(ms) }, send)

/** Binds a payer to a customer unless it has one already; answers the one that it has then. */
export function keepCustomer(ctx: Ctx, payerId: string, customer: string): Promise<string> {
  const audit = auditRow(ctx, {
    action: 'payer.bind-customer',
    object: { type: 'payer', id: payerId },
    payerId,
    details: { customer },
  })
  return batchOf(ctx.db)(ctx.tenantId, { payer_id: payerId, customer, audit, now: ctx.clock.now() })
}

function batchOf(db: Database): Batch {
  const known = batches.get(db)
  if (known) return known
  const batch: Batch = createBatcher(async (tenantId, rows) => {
    const [first] = rows
    const sent = JSON.stringify(rows.map(({ now, ...row }, i) => ({ i, ...row })))
    const kept = await db.sql<{ r_i: number; r_customer: string }[]>`
      select * from payer_keep_customer(${tenantId}, ${(first as { now: Date }).now}, ${sent}::text::jsonb)`
    return kept.toSorted((a, b) => a.r_i - b.r_i).map(row => row.r_customer)
  })
  batches.set(db, batch)
  return batch
}
