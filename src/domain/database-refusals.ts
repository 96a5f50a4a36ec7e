// What the database and the keyring themselves refuse, as refusals of ours; null for faults that are nobody's input.
import { KeyringError } from '../keyring/keyring.ts'
import { DomainError } from './errors.ts'

/** SQLSTATE → refusal. Class 53: no resources; 57P03, 08*: not reachable; 55P03, 57014: waited too long; 40*: try again. */
const BUSY = /^(53...|57P0[123]|08...|55P03|57014|40001|40P01|25P03)$/
const BUSY_NETWORK = new Set([
  'POOL_WAIT',
  'CONNECT_TIMEOUT',
  'CONNECTION_CLOSED',
  'CONNECTION_ENDED',
  'CONNECTION_DESTROYED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOENT',
])
/** Raised by the second net of drizzle/0002_guards.sql. */
const CARD_NUMBER = 'PL003'
/** What is stored does not open: a fault that no waiting mends. */
const DAMAGED = new Set(['not_unwrapped', 'bad_data_key_length'])
const NOT_STORABLE_TEXT = new Set(['22021', '22P05'])

export function refusalOfDatabase(error: unknown): DomainError | null {
  if (error instanceof DomainError) return null
  const coded = codedError(error)
  if (coded === null) return null
  const { code } = coded
  if (BUSY.test(code) || BUSY_NETWORK.has(code)) {
    return new DomainError('database_busy', 'The database cannot take this now. Send the same request again.', {
      retryAfterSeconds: 1,
      cause: error,
    })
  }
  if (coded instanceof KeyringError && !DAMAGED.has(code)) {
    const detail =
      code === 'key_used_up'
        ? 'A key has sealed as much as it may. An operator rotates the keys.'
        : 'The keys that this needs cannot be used here now. An operator looks after the keyring.'
    return new DomainError('sealing_unavailable', detail, { retryAfterSeconds: 60, cause: error })
  }
  if (code === CARD_NUMBER) {
    return new DomainError('card_number_refused', 'A card number is never taken here.', {
      errors: [{ pointer: '', code: 'card_number', detail: 'holds a card number' }],
    })
  }
  if (NOT_STORABLE_TEXT.has(code)) {
    return new DomainError('validation_failed', 'The request holds a character that cannot be stored, such as NUL.', {
      errors: [{ pointer: '', code: 'invalid_character', detail: 'holds a character that cannot be stored' }],
    })
  }
  return null
}

function codedError(error: unknown): (Error & { code: string }) | null {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 4; at = at.cause, depth++) {
    const { code } = at as { code?: unknown }
    if (typeof code === 'string') return at as Error & { code: string }
  }
  return null
}
