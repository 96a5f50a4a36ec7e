// Parses a verb's input by its own schema, and says what is wrong without repeating what was sent.
import { z } from 'zod'
import { DomainError, type FieldError } from './errors.ts'

/** More complaints than this help nobody. */
export const FAULTS_MAX = 20

/** Input that the door could not make of a request: refused when the verb would parse it, and not before. */
export class UnfitInput {
  readonly refusal: DomainError

  constructor(refusal: DomainError) {
    this.refusal = refusal
  }
}

/** @throws validation_failed with a JSON pointer (RFC 6901) for each fault */
export function parseInput<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  if (input instanceof UnfitInput) throw input.refusal
  const given = input === undefined ? {} : input
  const parsed = schema.safeParse(given)
  if (parsed.success) return parsed.data
  const errors = parsed.error.issues.flatMap(issue => faultsOf(issue, given)).slice(0, FAULTS_MAX)
  throw new DomainError(
    'validation_failed',
    'The request has members that cannot be accepted. Each is named in errors.',
    {
      errors,
    },
  )
}

function faultsOf(issue: z.core.$ZodIssue, input: unknown): FieldError[] {
  const pointer = toPointer(issue.path)
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map(key => ({
        pointer: toPointer([...issue.path, key]),
        code: 'unknown_field',
        detail: 'is not a member of this request',
      }))
    case 'invalid_type':
      return [
        isMissing(issue.path, input)
          ? { pointer, code: 'required', detail: 'is required' }
          : { pointer, code: 'wrong_type', detail: `must be ${withArticle(issue.expected)}` },
      ]
    case 'too_small':
      return [{ pointer, code: 'too_small', detail: `must be at least ${issue.minimum}${unitOf(issue.origin)}` }]
    case 'too_big':
      return [{ pointer, code: 'too_big', detail: `must be at most ${issue.maximum}${unitOf(issue.origin)}` }]
    case 'invalid_value':
      return [{ pointer, code: 'not_a_choice', detail: `must be one of ${issue.values.map(String).join(', ')}` }]
    case 'invalid_format':
      return [
        { pointer, code: 'wrong_format', detail: ownWords(issue.message) ?? `must be ${withArticle(issue.format)}` },
      ]
    case 'invalid_union':
      return [{ pointer, code: 'wrong_type', detail: 'has none of the forms that are taken here' }]
    case 'invalid_key':
      return [{ pointer, code: 'wrong_key', detail: 'has a key that is too long or empty' }]
    case 'custom':
      return [{ pointer, code: 'invalid', detail: ownWords(issue.message) ?? 'cannot be accepted' }]
    default:
      return [{ pointer, code: 'invalid', detail: 'cannot be accepted' }]
  }
}

/** Our own messages are written as the rest of a sentence about the member; the library's start in upper case. */
const ownWords = (message: string): string | null => (/^[a-z]/.test(message) ? message : null)

const unitOf = (origin: string) => (origin === 'string' ? ' characters long' : origin === 'array' ? ' items long' : '')

const withArticle = (noun: string) => (/^[aeiou]/.test(noun) ? `an ${noun}` : `a ${noun}`)

export const toPointer = (path: readonly PropertyKey[]): string =>
  path.map(part => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')

function isMissing(path: readonly PropertyKey[], input: unknown): boolean {
  let at: unknown = input
  for (const part of path) {
    if (at === null || typeof at !== 'object') return false
    at = (at as Record<PropertyKey, unknown>)[part]
  }
  return at === undefined
}

/** `metadata` of the contract: at most 50 keys of 40 characters, values of 500. */
export const metadataSchema = z
  .record(z.string().min(1).max(40), z.string().max(500))
  .refine(metadata => Object.keys(metadata).length <= 50, 'must have at most 50 keys')
  .describe('At most 50 keys of up to 40 characters, values of up to 500.')
