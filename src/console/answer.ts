// From a page's content to the response, and from a refusal to a page that explains it.
import { html } from 'hono/html'
import { DomainError, type FieldError } from '../domain/errors.ts'
import { type Scope, ScopeMissing } from '../domain/permissions.ts'
import { STAFF_ROLES, scopesOfRoles } from '../domain/staff-sessions/staff-session.ts'
import { titleLine } from './detail.ts'
import type { ConsoleContext, ConsoleDoor } from './door.ts'
import { fieldOf, type Refused } from './form.ts'
import { icon } from './icons.ts'
import { type PageContent, page } from './layout.ts'
import { type ExplainedCode, REFUSAL_TEXTS } from './texts/refusal-texts.ts'
import { SIGN_IN_TEXTS } from './texts/sign-in-texts.ts'
import type { Html, View } from './view.ts'

/** A refusal with the status that its page is sent with. */
export type RefusedAnswer = Refused & { status: number }

export function show(
  c: ConsoleContext,
  door: ConsoleDoor,
  content: PageContent,
  status = 200,
): Response | Promise<Response> {
  return c.html(page(c.var.view, door.assets, content), status as 200)
}

/** What a refusal says, in the reader's language; the verb's own sentence stands below where it adds something. */
export function refusedBy(c: ConsoleContext, door: ConsoleDoor, error: unknown): RefusedAnswer {
  const { view, requestId } = c.var
  const texts = REFUSAL_TEXTS[view.language]
  const { code, status, detail, errors = [] } = door.problemOf(error, requestId)
  const { title, help } = code in texts ? texts[code as ExplainedCode] : texts.other
  const who = error instanceof ScopeMissing ? ` ${texts.holders(error.scope, rolesWith(view, error.scope))}` : ''
  const adds = error instanceof DomainError && !['insufficient_scope', 'validation_failed', 'not_found'].includes(code)
  return { status, title, help: help + who, detail: adds ? detail : null, errors: missingFirst(c, door, errors) }
}

/** Of a field that was left empty the verb may say that it is too short, or no choice: it is needed, that is all. */
function missingFirst(c: ConsoleContext, door: ConsoleDoor, errors: readonly FieldError[]): readonly FieldError[] {
  // The form itself may be what could not be read.
  if (errors.length === 0 || c.req.method !== 'POST') return errors
  const typed = door.formOf(c)
  return errors.map(error => (typed.get(fieldOf(error)) ? error : { ...error, code: 'required' }))
}

function rolesWith(view: View, scope: Scope): string {
  const roles = STAFF_ROLES.filter(role => scopesOfRoles([role]).has(scope))
  return roles.length === 0 ? view.words.none : roles.map(role => view.words.roleNames[role]).join(', ')
}

/** A page of its own for what was refused. */
export async function answerRefusal(door: ConsoleDoor, error: unknown, c: ConsoleContext): Promise<Response> {
  const refusal = await door.noteRefusal(error, c)
  const refused = refusedBy(c, door, refusal)
  const { view } = c.var
  if (refusal instanceof DomainError && refusal.retryAfterSeconds !== undefined) {
    c.header('Retry-After', String(Math.max(1, Math.ceil(refusal.retryAfterSeconds))))
  } else if (refused.status === 503) c.header('Retry-After', '1')
  const content = {
    title: refused.title,
    body: notice(
      refused.title,
      html`<p>${refused.help}</p>
${refused.detail === null ? '' : html`<p lang="en" class="soft">${refused.detail}</p>`}
${refused.errors.length === 0 ? '' : html`<ul lang="en">${refused.errors.map(({ pointer, detail }) => html`<li><code>${pointer}</code> ${detail}</li>`)}</ul>`}
<p class="soft">${REFUSAL_TEXTS[view.language].reference}: <code>${c.var.requestId}</code></p>
<p><a class="button" href="/console">${view.words.sectionNames.home}</a></p>`,
    ),
  }
  return show(c, door, content, refused.status)
}

/** A page that says one thing. */
export const notice = (title: string, body: Html): Html =>
  html`<div class="notice">${titleLine({ title })}${body}</div>`

/** While the console is off, it says so and nothing else. */
export function answerOff(c: ConsoleContext, door: ConsoleDoor): Response | Promise<Response> {
  const texts = SIGN_IN_TEXTS[c.var.view.language]
  const body = notice(texts.off, html`<p>${icon('note')} ${texts.offHelp}</p>`)
  return show(c, door, { title: texts.off, body }, 404)
}
