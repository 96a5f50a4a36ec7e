// Charges: taking money from a saved card, and what can be done with a charge afterwards.
import { Hono } from 'hono'
import { cancelCharge, cancelChargeInput } from '../../domain/charges/cancel-charge.ts'
import { captureCharge, captureChargeInput } from '../../domain/charges/capture-charge.ts'
import { type ChargeView, chargeSchema } from '../../domain/charges/charge.ts'
import { createCharge, createChargeInput } from '../../domain/charges/create-charge.ts'
import { getCharge } from '../../domain/charges/get-charge.ts'
import { listCharges, listChargesQuery } from '../../domain/charges/list-charges.ts'
import type { MovedCharge } from '../../domain/charges/move-charge.ts'
import { resolveCharge, resolveChargeInput } from '../../domain/charges/resolve-charge.ts'
import type { ChargeStatus } from '../../domain/charges/state.ts'
import { DomainError, type ErrorCode } from '../../domain/errors.ts'
import type { StoredReply } from '../../domain/idempotency/request.ts'
import { pageOf } from '../../domain/page.ts'
import { type AppContext, type AppEnv, bodyOf, ctxOf, jsonReply, queryOf, respond } from '../context.ts'
import { operation } from '../openapi.ts'
import { PROBLEM_JSON, problemOf } from '../problem.ts'

type Refusal = { code: ErrorCode; detail: string }

/** The status of an answer to POST /v1/charges, or the problem that carries the charge. Money that did not move is never a 201. */
const ANSWERS: Readonly<Record<ChargeStatus, number | Refusal>> = {
  succeeded: 201,
  requires_capture: 201,
  created: 202,
  sending: 202,
  processing: 202,
  unknown: 202,
  needs_review: 202,
  declined: { code: 'card_declined', detail: 'The card was declined. The failure says whether and when to try again.' },
  requires_action: {
    code: 'authentication_required',
    detail: 'The bank wants the payer to authenticate. Send the payer to the address in next_action.',
  },
  expired: { code: 'authentication_required', detail: 'The payer did not authenticate in time.' },
  errored: { code: 'charge_refused', detail: 'Stripe would not take the charge. Nothing was charged.' },
  cancelled: { code: 'charge_refused', detail: 'The charge was cancelled. Nothing was charged.' },
}

const problemReply = (c: AppContext, { code, detail }: Refusal, charge?: ChargeView): StoredReply => {
  const problem = problemOf(new DomainError(code, detail, charge ? { extra: { charge } } : {}), c.var.requestId)
  return { status: problem.status, body: JSON.stringify(problem), contentType: PROBLEM_JSON }
}

const created = (c: AppContext) => (charge: ChargeView) => {
  const answer = ANSWERS[charge.status]
  return typeof answer === 'number' ? jsonReply(answer, charge) : problemReply(c, answer, charge)
}

const moved =
  (c: AppContext) =>
  ({ charge, moved: outcome }: MovedCharge) => {
    if (outcome === 'done') return jsonReply(200, charge)
    if (outcome === 'open') return jsonReply(202, charge)
    if (outcome === 'declined') {
      return problemReply(c, { code: 'card_declined', detail: 'The bank would not release the amount.' }, charge)
    }
    return charge.status === 'requires_capture' || charge.status === 'requires_action'
      ? problemReply(
          c,
          { code: 'charge_refused', detail: 'Stripe would not do this. The charge is as it was.' },
          charge,
        )
      : problemReply(c, { code: 'invalid_state', detail: `The charge is ${charge.status} by now.` })
  }

const resolved = (charge: ChargeView) => jsonReply(200, charge)

const OPEN = { description: 'Taken, and not decided yet: read the charge until it is.', schema: chargeSchema }

export function chargeRoutes() {
  const app = new Hono<AppEnv>()

  app.post(
    '/v1/charges',
    operation({
      id: 'createCharge',
      tag: 'Charges',
      summary: 'Charge a token',
      description:
        'Nothing is charged twice: an outcome that is not known is `unknown` until it is, and never a failure.',
      scope: 'charges:create',
      idempotent: true,
      body: createChargeInput,
      answers: { 201: { description: '`succeeded`, or `requires_capture`.', schema: chargeSchema }, 202: OPEN },
      errors: [
        'field_without_purpose',
        'card_declined',
        'authentication_required',
        'charge_refused',
        'not_found',
        'token_detached',
        'payer_erased',
        'reference_in_use',
        'invalid_state',
        'token_frozen',
        'consent_withdrawn',
        'off_session_not_allowed',
        'limit_exceeded',
        'charging_paused',
        'stripe_unavailable',
      ],
    }),
    async c => respond(c, await createCharge(ctxOf(c, created(c)), bodyOf(c)), created(c)),
  )

  app.get(
    '/v1/charges',
    operation({
      id: 'listCharges',
      tag: 'Charges',
      summary: 'List charges, newest first',
      scope: 'charges:read',
      query: listChargesQuery,
      answers: { 200: { description: 'A page.', schema: pageOf(chargeSchema) } },
    }),
    async c => c.json(await listCharges(ctxOf(c), queryOf(c))),
  )

  app.get(
    '/v1/charges/:id',
    operation({
      id: 'getCharge',
      tag: 'Charges',
      summary: 'Read a charge',
      scope: 'charges:read',
      answers: { 200: { description: 'The charge.', schema: chargeSchema } },
      errors: ['not_found'],
    }),
    async c => c.json(await getCharge(ctxOf(c), c.req.param('id'))),
  )

  addMoves(app)
  return app
}

const MOVE_ERRORS = [
  'not_found',
  'invalid_state',
  'outcome_unknown',
  'card_declined',
  'charge_refused',
  'payer_erased',
  'stripe_unavailable',
] as const satisfies readonly ErrorCode[]

function addMoves(app: Hono<AppEnv>) {
  app.post(
    '/v1/charges/:id/capture',
    operation({
      id: 'captureCharge',
      tag: 'Charges',
      summary: 'Capture an authorized charge, whole or in part',
      scope: 'charges:write',
      idempotent: true,
      body: captureChargeInput,
      answers: { 200: { description: 'Captured.', schema: chargeSchema }, 202: OPEN },
      errors: MOVE_ERRORS,
    }),
    async c => respond(c, await captureCharge(ctxOf(c, moved(c)), c.req.param('id'), bodyOf(c)), moved(c)),
  )

  app.post(
    '/v1/charges/:id/cancel',
    operation({
      id: 'cancelCharge',
      tag: 'Charges',
      summary: 'Cancel a charge that holds money or waits for its payer',
      scope: 'charges:write',
      idempotent: true,
      body: cancelChargeInput,
      answers: { 200: { description: 'Cancelled.', schema: chargeSchema }, 202: OPEN },
      errors: MOVE_ERRORS,
    }),
    async c => respond(c, await cancelCharge(ctxOf(c, moved(c)), c.req.param('id'), bodyOf(c)), moved(c)),
  )

  app.post(
    '/v1/charges/:id/resolve',
    operation({
      id: 'resolveCharge',
      tag: 'Charges',
      summary: 'End the review of a charge, as a second person',
      description: 'Stripe is read again: only what it shows can be declared.',
      scope: 'reconciliation:write',
      idempotent: true,
      body: resolveChargeInput,
      answers: { 200: { description: 'Resolved.', schema: chargeSchema } },
      errors: ['not_found', 'invalid_state', 'second_person_required', 'payer_erased', 'stripe_unavailable'],
    }),
    async c => respond(c, await resolveCharge(ctxOf(c, resolved), c.req.param('id'), bodyOf(c)), resolved),
  )
}
