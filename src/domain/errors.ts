// What a verb may refuse with: a closed list of codes that callers can rely on.

export const ERROR_CODES = [
  'malformed_json',
  'malformed_request',
  'idempotency_key_required',
  'invalid_idempotency_key',
  'invalid_signature',
  'invalid_token',
  'insufficient_scope',
  'purpose_not_allowed',
  'second_person_required',
  'origin_not_allowed',
  'https_required',
  'card_declined',
  'authentication_required',
  'not_found',
  'method_not_allowed',
  'token_detached',
  'payer_erased',
  'idempotency_in_progress',
  'invalid_state',
  'reference_in_use',
  'outcome_unknown',
  'duplicate_card',
  'charge_disputed',
  'session_used',
  'payload_too_large',
  'unsupported_media_type',
  'card_number_refused',
  'validation_failed',
  'idempotency_mismatch',
  'setup_not_succeeded',
  'wrong_payer',
  'consent_withdrawn',
  'limit_exceeded',
  'token_frozen',
  'off_session_not_allowed',
  'amount_exceeds_refundable',
  'charge_refused',
  'charging_paused',
  'identity_not_verified',
  'field_without_purpose',
  'not_deidentified',
  'not_sealed_yet',
  'rate_limited',
  'stripe_unavailable',
  'database_busy',
  'region_mismatch',
  'authentication_unavailable',
  'sealing_unavailable',
  'internal_error',
] as const

export type ErrorCode = (typeof ERROR_CODES)[number]

/** One complaint about one place of the request; `pointer` is a JSON pointer, `detail` never repeats a value. */
export type FieldError = { pointer: string; code: string; detail: string }

export type ErrorOptions = {
  errors?: FieldError[]
  /** Seconds until another try makes sense; becomes `Retry-After`. */
  retryAfterSeconds?: number
  /** Members that the problem carries besides the standard ones, such as `charge` or `failure`. */
  extra?: Record<string, unknown>
  cause?: unknown
}

/** A refusal that the caller is meant to see; anything else that is thrown becomes a 500 with fixed text. */
export class DomainError extends Error {
  readonly code: ErrorCode
  readonly errors: FieldError[] | undefined
  readonly retryAfterSeconds: number | undefined
  readonly extra: Record<string, unknown> | undefined

  constructor(code: ErrorCode, detail: string, options: ErrorOptions = {}) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'DomainError'
    this.code = code
    this.errors = options.errors
    this.retryAfterSeconds = options.retryAfterSeconds
    this.extra = options.extra
  }
}

export const notFound = () => new DomainError('not_found', 'There is no such object. Check the id and the tenant.')

export const invalidState = (detail: string) => new DomainError('invalid_state', detail)

/** A refusal of one member of the input, in the shape that the verb's own schema would have given. */
export const invalidField = (pointer: string, detail: string, code = 'invalid') =>
  new DomainError('validation_failed', 'The request has members that cannot be accepted.', {
    errors: [{ pointer, code, detail }],
  })
