// Refunds: giving back what a charge took, whole or in part.
import { Hono } from 'hono'
import { DomainError, type ErrorCode } from '../../domain/errors.ts'
import type { StoredReply } from '../../domain/idempotency/request.ts'
import { pageOf } from '../../domain/page.ts'
import { createRefund, createRefundInput, type RefundResult } from '../../domain/refunds/create-refund.ts'
import { getRefund } from '../../domain/refunds/get-refund.ts'
import { listRefunds, listRefundsQuery } from '../../domain/refunds/list-refunds.ts'
import { refundSchema } from '../../domain/refunds/refund.ts'
import { type AppContext, type AppEnv, bodyOf, ctxOf, jsonReply, queryOf, respond } from '../context.ts'
import { operation } from '../openapi.ts'
import { PROBLEM_JSON, problemOf } from '../problem.ts'

type Refusal = { code: ErrorCode; detail: string }

/** Stripe's words for refusing a refund that the vault had no reason to refuse. */
const REFUSALS: Readonly<Record<string, Refusal>> = {
  charge_disputed: { code: 'charge_disputed', detail: 'A dispute of the charge is open: it decides about the money.' },
  charge_already_refunded: {
    code: 'amount_exceeds_refundable',
    detail: "The charge was refunded at Stripe's dashboard.",
  },
  refund_disputed_payment: {
    code: 'charge_disputed',
    detail: 'A dispute of the charge is open: it decides about the money.',
  },
}
const OTHER_REFUSAL: Refusal = {
  code: 'charge_refused',
  detail: 'Stripe would not take the refund. Nothing went back.',
}

const created =
  (c: AppContext) =>
  ({ refund, refusedCode }: RefundResult): StoredReply => {
    if (refusedCode !== null) return problemReply(c, REFUSALS[refusedCode] ?? OTHER_REFUSAL)
    switch (refund.status) {
      case 'pending':
      case 'succeeded':
        return jsonReply(201, refund)
      case 'failed':
      case 'cancelled':
        return problemReply(c, OTHER_REFUSAL)
      default:
        return jsonReply(202, refund)
    }
  }

function problemReply(c: AppContext, { code, detail }: Refusal): StoredReply {
  const problem = problemOf(new DomainError(code, detail), c.var.requestId)
  return { status: problem.status, body: JSON.stringify(problem), contentType: PROBLEM_JSON }
}

export function refundRoutes() {
  const app = new Hono<AppEnv>()

  app.post(
    '/v1/refunds',
    operation({
      id: 'createRefund',
      tag: 'Refunds',
      summary: 'Refund a charge, whole or in part',
      description: 'The sum of refunds never exceeds what was captured, less what disputes took.',
      scope: 'refunds:create',
      idempotent: true,
      body: createRefundInput,
      answers: {
        201: { description: '`succeeded`, or `pending` at the bank.', schema: refundSchema },
        202: { description: 'Taken, and not decided yet: read the refund until it is.', schema: refundSchema },
      },
      errors: [
        'not_found',
        'outcome_unknown',
        'invalid_state',
        'charge_disputed',
        'amount_exceeds_refundable',
        'charge_refused',
        'payer_erased',
        'stripe_unavailable',
      ],
    }),
    async c => respond(c, await createRefund(ctxOf(c, created(c)), bodyOf(c)), created(c)),
  )

  app.get(
    '/v1/refunds',
    operation({
      id: 'listRefunds',
      tag: 'Refunds',
      summary: 'List refunds, newest first',
      scope: 'charges:read',
      query: listRefundsQuery,
      answers: { 200: { description: 'A page.', schema: pageOf(refundSchema) } },
    }),
    async c => c.json(await listRefunds(ctxOf(c), queryOf(c))),
  )

  app.get(
    '/v1/refunds/:id',
    operation({
      id: 'getRefund',
      tag: 'Refunds',
      summary: 'Read a refund',
      scope: 'charges:read',
      answers: { 200: { description: 'The refund.', schema: refundSchema } },
      errors: ['not_found'],
    }),
    async c => c.json(await getRefund(ctxOf(c), c.req.param('id'))),
  )

  return app
}
