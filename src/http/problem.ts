// The one table from error code to HTTP status, and the RFC 9457 body made from a refusal.
import { DomainError, type ErrorCode, type FieldError } from '../domain/errors.ts'

type ProblemKind = { status: number; title: string }

export const PROBLEMS: Record<ErrorCode, ProblemKind> = {
  malformed_json: { status: 400, title: 'The body is not JSON that can be read' },
  malformed_request: { status: 400, title: 'The request cannot be read' },
  idempotency_key_required: { status: 400, title: 'An Idempotency-Key is required' },
  invalid_idempotency_key: { status: 400, title: 'The Idempotency-Key is ill-formed' },
  invalid_signature: { status: 400, title: 'The signature does not fit' },
  https_required: { status: 400, title: 'Only https is served' },
  invalid_token: { status: 401, title: 'A valid access token is required' },
  card_declined: { status: 402, title: 'The card was declined' },
  authentication_required: { status: 402, title: 'The payer must authenticate' },
  insufficient_scope: { status: 403, title: 'The token lacks the scope' },
  purpose_not_allowed: { status: 403, title: 'The purpose does not allow this' },
  second_person_required: { status: 403, title: 'A second person is required' },
  origin_not_allowed: { status: 403, title: 'The origin is not allowed' },
  not_found: { status: 404, title: 'Not found' },
  method_not_allowed: { status: 405, title: 'The method is not offered here' },
  identity_not_verified: { status: 409, title: 'The identity is not verified yet' },
  not_sealed_yet: { status: 409, title: 'The entry is not sealed yet' },
  idempotency_in_progress: { status: 409, title: 'The same request is still running' },
  invalid_state: { status: 409, title: 'The state does not allow this' },
  reference_in_use: { status: 409, title: 'The reference is in use' },
  outcome_unknown: { status: 409, title: 'An outcome is still unknown' },
  duplicate_card: { status: 409, title: 'The card is saved already' },
  charge_disputed: { status: 409, title: 'The charge is disputed' },
  session_used: { status: 409, title: 'The checkout session has been used' },
  token_detached: { status: 410, title: 'The token is detached' },
  payer_erased: { status: 410, title: 'The payer is erased' },
  payload_too_large: { status: 413, title: 'The body is too large' },
  unsupported_media_type: { status: 415, title: 'The media type is not taken here' },
  card_number_refused: { status: 422, title: 'Card numbers are refused' },
  validation_failed: { status: 422, title: 'The request is not valid' },
  idempotency_mismatch: { status: 422, title: 'The Idempotency-Key was used for another request' },
  setup_not_succeeded: { status: 422, title: 'The card set-up has not succeeded' },
  wrong_payer: { status: 422, title: 'This belongs to another payer' },
  field_without_purpose: { status: 422, title: 'No purpose covers the field' },
  not_deidentified: { status: 422, title: 'The cohort would not be de-identified' },
  consent_withdrawn: { status: 422, title: 'The consent has been withdrawn' },
  limit_exceeded: { status: 422, title: 'A limit would be exceeded' },
  token_frozen: { status: 422, title: 'The token is frozen' },
  off_session_not_allowed: { status: 422, title: 'The token may be charged on-session only' },
  amount_exceeds_refundable: { status: 422, title: 'More than can be refunded' },
  charge_refused: { status: 422, title: 'Stripe would not take the charge' },
  rate_limited: { status: 429, title: 'Too many requests' },
  charging_paused: { status: 503, title: 'Charging is paused' },
  stripe_unavailable: { status: 503, title: 'Stripe cannot be reached' },
  database_busy: { status: 503, title: 'The database is busy' },
  sealing_unavailable: { status: 503, title: 'The keys cannot be used now' },
  region_mismatch: { status: 503, title: 'Deployment, database and tenants are not of one region' },
  authentication_unavailable: { status: 503, title: 'Tokens cannot be verified now' },
  internal_error: { status: 500, title: 'Something went wrong here' },
}

export type Problem = {
  type: string
  title: string
  status: number
  code: ErrorCode
  detail: string
  request_id: string
  errors?: FieldError[]
  [extension: string]: unknown
}

const INTERNAL = 'The request failed for a reason of ours. Nothing of it is shown; the request id names it in the log.'

/** Anything thrown → the problem that the caller sees. Only a DomainError's own words ever leave. */
export function problemOf(error: unknown, requestId: string): Problem {
  const known = error instanceof DomainError ? error : new DomainError('internal_error', INTERNAL)
  const { status, title } = PROBLEMS[known.code]
  return {
    type: `https://panless.dev/problems/${known.code.replaceAll('_', '-')}`,
    title,
    status,
    code: known.code,
    detail: known.message,
    request_id: requestId,
    ...(known.errors ? { errors: known.errors } : {}),
    ...known.extra,
  }
}

export const PROBLEM_JSON = 'application/problem+json'
