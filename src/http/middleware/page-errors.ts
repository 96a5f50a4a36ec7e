// For pages that people outside see: whatever refuses a request, also the firewall, they get a page and no problem document.
import type { MiddlewareHandler } from 'hono'
import type { html } from 'hono/html'
import type { AppContext, AppEnv } from '../context.ts'
import type { OperationSpec } from '../openapi.ts'

const refusal = (description: string) => ({ description, mediaType: 'text/html' })
const wait = { headers: { 'Retry-After': 'Seconds until another try makes sense.' } }

/** What the routes of such pages document in place of problems. */
export const PAGE_REFUSALS: OperationSpec['answers'] = {
  400: refusal('The request cannot be read.'),
  403: refusal('The form came from elsewhere.'),
  404: refusal('There is no such page.'),
  409: refusal('It stands otherwise by now.'),
  410: refusal('The person is erased.'),
  413: refusal('The form is too large.'),
  415: refusal('This is no form.'),
  422: refusal('What is to be put right; a card number is never shown again.'),
  429: { ...refusal('Too many at once.'), ...wait },
  500: refusal('Something went wrong here.'),
  503: { ...refusal('The database is busy.'), ...wait },
}

/** The page for what was thrown, with its headers set; the status stays, and `Retry-After`. */
export type PageOfError = (
  c: AppContext,
  error: Error,
  status: number,
) => ReturnType<typeof html> | Promise<ReturnType<typeof html>>

/** Stands before the body is read. */
export function pageErrors(pageOf: PageOfError): MiddlewareHandler<AppEnv> {
  return async function pageErrors(c, next) {
    await next()
    const { error } = c
    if (error === undefined) return
    const { status } = c.res
    const retryAfter = c.res.headers.get('Retry-After')
    // Hono would carry the headers of the answer that is replaced over to the new one.
    c.res = undefined
    c.finalized = false
    if (retryAfter !== null) c.header('Retry-After', retryAfter)
    c.res = await c.html(await pageOf(c, error, status), status as 422)
  }
}
