// What a POST of the console does: one verb, once for each form, and back to a page that shows what became of it.
import { canonicalJson } from '../crypto/canonical-json.ts'
import type { Ctx } from '../domain/context.ts'
import { DomainError } from '../domain/errors.ts'
import type { Answer } from '../domain/idempotency/request.ts'
import { refusedBy } from './answer.ts'
import type { ConsoleContext, ConsoleDoor } from './door.ts'
import type { Refused } from './form.ts'

const KEY = /^[\x21-\x7e]{1,255}$/
/** Refusals that the form itself shows; any other has a page of its own. */
const SHOWN_BY_FORM: ReadonlySet<string> = new Set([
  'validation_failed',
  'purpose_not_allowed',
  'second_person_required',
  'invalid_state',
  'identity_not_verified',
  'field_without_purpose',
  'not_deidentified',
  'consent_withdrawn',
  'rate_limited',
  'not_sealed_yet',
])

/** The context of an action: the form's own key is its idempotency key, and the reply that is kept is where to go. */
export function actionCtx<Result>(
  c: ConsoleContext,
  door: ConsoleDoor,
  form: URLSearchParams,
  location: (result: Result) => string,
): Ctx {
  const key = form.get('key')
  return {
    ...door.ctxOf(c),
    idempotency:
      key === null || !KEY.test(key)
        ? { fault: key === null ? 'missing' : 'invalid' }
        : {
            key,
            route: `${c.req.method} ${c.req.routePath}`,
            fingerprint: canonicalJson([c.req.path, [...form].filter(([name]) => name !== 'csrf' && name !== 'key')]),
            render: result => ({ status: 303, body: location(result as Result), contentType: 'text/plain' }),
          },
  }
}

/** To the page of the result: of this time, or of the first. */
export function goOn<Result>(
  c: ConsoleContext,
  answer: Answer<Result>,
  location: (result: Result) => string,
): Response {
  return c.redirect(answer.kind === 'replayed' ? answer.reply.body : location(answer.result), 303)
}

/** Runs an action; what it refuses and a form can show, is shown by `again` with all that was typed. */
export async function tryAction(
  c: ConsoleContext,
  door: ConsoleDoor,
  act: () => Promise<Response> | Response,
  again: (refused: Refused & { status: number }) => Promise<Response> | Response,
): Promise<Response> {
  try {
    return await act()
  } catch (error) {
    if (!(error instanceof DomainError && SHOWN_BY_FORM.has(error.code))) throw error
    await door.noteRefusal(error, c)
    return again(refusedBy(c, door, error))
  }
}
