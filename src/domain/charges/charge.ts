// How a charge is stored and shown, with its attempts.

import { z } from 'zod'
import type { Ctx, Tx } from '../context.ts'
import { notFound } from '../errors.ts'
import { isId } from '../ids.ts'
import { openDataKey, openJson, type PayerKey } from '../payers/data-key.ts'
import { isLiving } from '../payers/payer-erased.ts'
import { actionLinkUrl } from './action-link.ts'
import type { Failure, Outcome } from './outcome-of-stripe.ts'
import {
  ATTEMPT_KINDS,
  ATTEMPT_STATUSES,
  type AttemptKind,
  type AttemptStatus,
  CHARGE_STATUSES,
  type ChargeStatus,
} from './state.ts'

const instant = z.iso.datetime().nullable()

const attemptSchema = z.object({
  id: z.string(),
  kind: z.enum(ATTEMPT_KINDS),
  status: z.enum(ATTEMPT_STATUSES),
  amount: z.number().int(),
  failure_code: z.string().nullable(),
  decline_code: z.string().nullable(),
  created_at: z.iso.datetime(),
  decided_at: instant,
})

export const failureSchema = z.object({
  code: z.string(),
  decline_code: z.string().nullable(),
  advice: z.string().nullable(),
  retry: z.enum(['never', 'after', 'new_card', 'payer_action']),
  retry_after: instant.describe('Not before this time, when `retry` is `after`.'),
})

export const chargeSchema = z
  .object({
    id: z.string(),
    object: z.literal('charge'),
    status: z.enum(CHARGE_STATUSES),
    amount: z.number().int(),
    amount_captured: z.number().int(),
    amount_refunded: z.number().int(),
    amount_disputed: z.number().int().describe('What disputes have taken back.'),
    currency: z.string(),
    token: z.string(),
    payer: z.string(),
    reference: z.string().nullable().describe('Null once the payer has been erased.'),
    description: z.string().nullable(),
    billing_job: z.string().nullable(),
    capture: z.enum(['automatic', 'manual']),
    metadata: z.record(z.string(), z.string()),
    disputed: z.boolean().describe('Whether a dispute is open.'),
    failure: failureSchema.nullable(),
    next_action: z
      .object({ url: z.string(), expires_at: z.iso.datetime() })
      .nullable()
      .describe('Where the payer authenticates this payment.'),
    attempts: z.array(attemptSchema),
    stripe: z.object({ payment_intent: z.string().nullable(), charge: z.string().nullable() }),
    created_at: z.iso.datetime(),
    settled_at: instant.describe("When Stripe's own event or a read confirmed the outcome."),
  })
  .meta({ id: 'Charge' })

export type ChargeView = z.infer<typeof chargeSchema>

/** What the caller wrote, sealed with the payer's key. */
export type ChargeDetails = {
  reference: string
  description: string | null
  metadata: Record<string, string>
  /** Why a second person ended the review as they did. */
  reviewReason?: string
}

export const detailsPlace = (chargeId: string) => ({ table: 'charges', column: 'details_sealed', row: chargeId })

/** A charge with what is needed to open it, ask Stripe about it and judge a decline. */
export type ChargeRow = {
  id: string
  payer_id: string
  token_id: string
  status: ChargeStatus
  amount: number
  amount_captured: number
  amount_refunded: number
  amount_disputed: number
  currency: string
  capture_method: 'automatic' | 'manual'
  billing_job: string | null
  details_sealed: Buffer
  failure_code: string | null
  decline_code: string | null
  advice_code: string | null
  retry: Failure['retry'] | null
  retry_after: Date | null
  disputed: boolean
  stripe_payment_intent_id: string | null
  stripe_charge_id: string | null
  authenticate_by: Date | null
  created_by: string
  created_at: Date
  settled_at: Date | null
  payer_status: string
  wrapped_key: Buffer
  key_version: number
  stripe_customer_id: string | null
  stripe_payment_method_id: string
  brand: string
}

export type AttemptRow = {
  id: string
  charge_id: string
  kind: AttemptKind
  status: AttemptStatus
  amount: number
  stripe_idempotency_key: string
  failure_code: string | null
  decline_code: string | null
  created_at: Date
  sent_at: Date | null
  decided_at: Date | null
  lease_until: Date | null
  looks: number
  next_look_at: Date | null
  missing_since: Date | null
}

/** `select ${chargeColumns(tx)} ${chargeSource(tx)} where c.tenant_id = …` gives a ChargeRow. */
export const chargeColumns = ({ sql }: Tx) => sql`
  c.id, c.payer_id, c.token_id, c.status, c.amount, c.amount_captured, c.amount_refunded, c.amount_disputed, c.currency,
  c.capture_method, c.billing_job, c.details_sealed, c.failure_code, c.decline_code, c.advice_code, c.retry,
  c.retry_after, c.disputed, c.stripe_payment_intent_id, c.stripe_charge_id, c.authenticate_by, c.created_by,
  c.created_at, c.settled_at, p.status as payer_status, p.wrapped_key, p.key_version, p.stripe_customer_id,
  t.stripe_payment_method_id, t.brand`

export const chargeSource = ({ sql }: Tx) => sql`
  from charges c
  join payers p on p.tenant_id = c.tenant_id and p.id = c.payer_id
  join tokens t on t.tenant_id = c.tenant_id and t.id = c.token_id`

export type LoadedCharge = { charge: ChargeRow; attempts: AttemptRow[] }

/** Reads a charge and its attempts, oldest first; `lock` keeps others from changing it. @throws not_found */
export async function loadCharge(tx: Tx, chargeId: string, lock = false): Promise<LoadedCharge> {
  if (!isId('charge', chargeId)) throw notFound()
  const [charge] = await tx.sql<ChargeRow[]>`
    select ${chargeColumns(tx)} ${chargeSource(tx)}
     where c.tenant_id = ${tx.tenantId} and c.id = ${chargeId}
     ${lock ? tx.sql`for no key update of c` : tx.sql``}`
  if (!charge) throw notFound()
  return { charge, attempts: await loadAttempts(tx, [chargeId]) }
}

export async function loadAttempts(tx: Tx, chargeIds: readonly string[]): Promise<AttemptRow[]> {
  return [
    ...(await tx.sql<AttemptRow[]>`
      select id, charge_id, kind, status, amount, stripe_idempotency_key, failure_code, decline_code, created_at,
             sent_at, decided_at, lease_until, looks, next_look_at, missing_since
        from charge_attempts
       where tenant_id = ${tx.tenantId} and charge_id = any(${chargeIds as string[]})
       order by id`),
  ]
}

/** Opens a charge for showing. */
export async function showCharge(ctx: Ctx, { charge, attempts }: LoadedCharge): Promise<ChargeView> {
  if (!isLiving(charge.payer_status)) return viewOfCharge(ctx, charge, attempts, null)
  const payer = await openDataKey(ctx, {
    payerId: charge.payer_id,
    wrapped: charge.wrapped_key,
    keyVersion: charge.key_version,
  })
  return viewOfCharge(ctx, charge, attempts, openDetails(ctx, payer, charge))
}

const openDetails = (ctx: Ctx, payer: PayerKey, charge: ChargeRow) =>
  openJson<ChargeDetails>(ctx, payer, detailsPlace(charge.id), charge.details_sealed)

type Shown = Omit<ChargeRow, 'details_sealed' | 'created_by' | 'payer_status' | 'wrapped_key' | 'key_version'>
type ShownAttempt = Pick<
  AttemptRow,
  'id' | 'kind' | 'status' | 'amount' | 'failure_code' | 'decline_code' | 'created_at' | 'decided_at'
>

export function viewOfCharge(
  ctx: Ctx,
  charge: Shown,
  attempts: readonly ShownAttempt[],
  details: ChargeDetails | null,
): ChargeView {
  return {
    id: charge.id,
    object: 'charge',
    status: charge.status,
    amount: charge.amount,
    amount_captured: charge.amount_captured,
    amount_refunded: charge.amount_refunded,
    amount_disputed: charge.amount_disputed,
    currency: charge.currency,
    token: charge.token_id,
    payer: charge.payer_id,
    reference: details?.reference ?? null,
    description: details?.description ?? null,
    billing_job: charge.billing_job,
    capture: charge.capture_method,
    metadata: details?.metadata ?? {},
    disputed: charge.disputed,
    failure: showFailure(charge),
    next_action: nextAction(ctx, charge),
    attempts: attempts.map(attempt => ({
      id: attempt.id,
      kind: attempt.kind,
      status: attempt.status,
      amount: attempt.amount,
      failure_code: attempt.failure_code,
      decline_code: attempt.decline_code,
      created_at: attempt.created_at.toISOString(),
      decided_at: attempt.decided_at?.toISOString() ?? null,
    })),
    stripe: { payment_intent: charge.stripe_payment_intent_id, charge: charge.stripe_charge_id },
    created_at: charge.created_at.toISOString(),
    settled_at: charge.settled_at?.toISOString() ?? null,
  }
}

function showFailure(charge: Shown): ChargeView['failure'] {
  if (charge.failure_code === null) return null
  return {
    code: charge.failure_code,
    decline_code: charge.decline_code,
    advice: charge.advice_code,
    retry: charge.retry ?? 'never',
    retry_after: charge.retry_after?.toISOString() ?? null,
  }
}

function nextAction(ctx: Ctx, charge: Shown): ChargeView['next_action'] {
  const { status, authenticate_by: until } = charge
  if (status !== 'requires_action' || until === null) return null
  return { url: actionLinkUrl(ctx, charge.id, until), expires_at: until.toISOString() }
}

/** The row as charge_settle leaves it when it books this outcome. */
export function afterOutcome<Row extends Shown>(charge: Row, outcome: Outcome): Row {
  const { chargeStatus, failure } = outcome
  const ids = {
    stripe_payment_intent_id: charge.stripe_payment_intent_id ?? outcome.paymentIntent,
    stripe_charge_id: outcome.stripeCharge ?? charge.stripe_charge_id,
  }
  if (chargeStatus === null) return { ...charge, ...ids }
  return {
    ...charge,
    ...ids,
    status: chargeStatus,
    amount_captured: outcome.amountCaptured ?? charge.amount_captured,
    failure_code: failure?.code ?? null,
    decline_code: failure?.declineCode ?? null,
    advice_code: failure?.adviceCode ?? null,
    retry: failure?.retry ?? null,
    retry_after: failure?.retryAfter ?? null,
    authenticate_by: outcome.authenticateBy,
    settled_at: null,
  }
}
