// The fields of a form that a browser sent to one of our pages.
import { DomainError } from '../domain/errors.ts'
import type { AppContext } from './context.ts'
import { decodeUtf8, MalformedJson } from './strict-json.ts'

/** No page of ours has a form with as many. */
const FIELDS_MAX = 200

/** A name may come several times, as the boxes of a group do. @throws malformed_request */
export function formOf(c: AppContext): URLSearchParams {
  const raw = c.var.body?.raw
  if (!raw) return new URLSearchParams()
  const form = new URLSearchParams(textOf(raw))
  if (form.size > FIELDS_MAX) throw new DomainError('malformed_request', 'The form has too many fields.')
  return form
}

function textOf(raw: Buffer): string {
  try {
    return decodeUtf8(raw)
  } catch (error) {
    if (error instanceof MalformedJson) throw new DomainError('malformed_request', 'The form is not UTF-8 text.')
    throw error
  }
}
