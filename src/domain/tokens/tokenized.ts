// What a tokenize ends with.
import type { DomainError } from '../errors.ts'
import type { TokenView } from './show-token.ts'

/** A declined card is an answer of its own, kept under the request's key. */
export type Tokenized = { kind: 'created' | 'reused'; token: TokenView } | { kind: 'declined'; error: DomainError }
