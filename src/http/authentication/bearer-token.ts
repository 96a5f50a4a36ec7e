// Takes the bearer token from a request: from one Authorization header and from nowhere else.
import { MAX_TOKEN_LENGTH } from '../../crypto/compact-jws.ts'
import { DomainError } from '../../domain/errors.ts'

/** RFC 6750 section 2.1 with the form of a compact JWT; a comma, as in two joined headers, never fits. */
const BEARER = /^bearer ([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)$/i

/** Whether a header value is Bearer and a JWT by its form. */
export const isBearerJwt = (value: string): boolean => value.length <= MAX_TOKEN_LENGTH + 7 && BEARER.test(value)

/**
 * Answers the token of a request; throws invalid_token when there is none, several, or one of another form.
 * `rawHeaders` are names and values in turn, as Node read them: it keeps only the first of several by name.
 */
export function bearerToken(header: string | undefined, rawHeaders: readonly string[] = []): string {
  if (header === undefined) throw new DomainError('invalid_token', 'The request has no access token.')
  let count = 0
  for (let at = 0; at < rawHeaders.length; at += 2) {
    if (rawHeaders[at]!.length === 13 && rawHeaders[at]!.toLowerCase() === 'authorization') count++
  }
  if (count > 1) throw new DomainError('invalid_token', 'The request has more than one Authorization header.')
  const match = header.length <= MAX_TOKEN_LENGTH + 7 ? BEARER.exec(header) : null
  if (!match) throw new DomainError('invalid_token', 'The Authorization header is not Bearer and a JWT.')
  return match[1]!
}
