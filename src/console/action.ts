// What a POST of the console does: one verb, once for each form, and back to a page that shows what became of it.
import type { Hono } from 'hono'
import { html } from 'hono/html'
import { canonicalJson } from '../crypto/canonical-json.ts'
import type { Ctx } from '../domain/context.ts'
import { DomainError } from '../domain/errors.ts'
import type { Answer } from '../domain/idempotency/request.ts'
import { type RefusedAnswer, refusedBy, show } from './answer.ts'
import { type TitleLine, titleLine } from './detail.ts'
import type { ConsoleContext, ConsoleDoor, ConsoleEnv } from './door.ts'
import { actionForm, type Field, NOTHING_TYPED, refusalSummary, type Typed } from './form.ts'
import type { PageContent } from './layout.ts'
import type { Html } from './view.ts'

const KEY = /^[\x21-\x7e]{1,255}$/
/** Refusals that the form itself shows; any other has a page of its own. */
const SHOWN_BY_FORM: ReadonlySet<string> = new Set([
  'validation_failed',
  // Of something that was named in the form; the page of something that is not there refuses by itself.
  'not_found',
  'payer_erased',
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
function actionCtx<Result>(
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
function goOn<Result>(c: ConsoleContext, answer: Answer<Result>, location: (result: Result) => string): Response {
  return c.redirect(answer.kind === 'replayed' ? answer.reply.body : location(answer.result), 303)
}

/** Runs an action; what it refuses and a form can show, is shown by `again` with all that was typed. */
export async function tryAction(
  c: ConsoleContext,
  door: ConsoleDoor,
  act: () => Promise<Response> | Response,
  again: (refused: RefusedAnswer) => Promise<Response> | Response,
): Promise<Response> {
  try {
    return await act()
  } catch (error) {
    if (!(error instanceof DomainError && SHOWN_BY_FORM.has(error.code))) throw error
    await door.noteRefusal(error, c)
    return again(refusedBy(c, door, error))
  }
}

/** What an action's own page says before it is done: what it means, what it needs to know, and the effect in the button. */
export type ActionContent = Pick<TitleLine, 'title' | 'lead'> & {
  name: string
  section: PageContent['section']
  back: { path: string; label: string }
  /** Between the title and the form. */
  before?: Html
  fields: readonly Field[]
  button: string
  danger?: boolean
}

type ActionSteps<Result> = {
  /** Asks for the permission first, so that nobody fills in a form in vain. */
  page: (c: ConsoleContext) => Promise<ActionContent>
  act: (c: ConsoleContext, ctx: Ctx, form: URLSearchParams) => Promise<Answer<Result>>
  /** Where its result is seen. */
  location: (c: ConsoleContext, result: Result) => string
}

/** One action at one path: GET explains and asks, POST does it once and goes on, or shows why not. */
export function addAction<Result>(
  app: Hono<ConsoleEnv>,
  door: ConsoleDoor,
  path: string,
  steps: ActionSteps<Result>,
): void {
  const show = async (c: ConsoleContext, typed: Typed, refused: RefusedAnswer | null) =>
    showAction(c, door, await steps.page(c), typed, refused)

  app.get(path, c => show(c, new URL(c.req.url).searchParams, null))
  app.post(path, c => {
    const form = door.formOf(c)
    const location = (result: Result) => steps.location(c, result)
    return tryAction(
      c,
      door,
      async () => goOn(c, await steps.act(c, actionCtx(c, door, form, location), form), location),
      refused => show(c, form, refused),
    )
  })
}

type LookSteps = {
  page: ActionSteps<unknown>['page']
  /** Shows what it asked for, once: there is no page to go on to, and no reply is kept for a repeat. */
  look: (c: ConsoleContext, ctx: Ctx, form: URLSearchParams) => Promise<Response>
}

/** A look at what is sealed: as an action, but its result is the answer. No link fills in what is to be said of it. */
export function addLook(app: Hono<ConsoleEnv>, door: ConsoleDoor, path: string, { page, look }: LookSteps): void {
  app.get(path, async c => showAction(c, door, await page(c), NOTHING_TYPED, null))
  app.post(path, c => {
    const form = door.formOf(c)
    return tryAction(
      c,
      door,
      () => look(c, door.ctxOf(c), form),
      async refused => showAction(c, door, await page(c), form, refused),
    )
  })
}

export function showAction(
  c: ConsoleContext,
  door: ConsoleDoor,
  { name, title, lead, section, back, before, fields, button, danger }: ActionContent,
  typed: Typed,
  refused: RefusedAnswer | null,
) {
  const { view } = c.var
  const action = { path: c.req.path, fields, typed, refused, button, danger: danger ?? false }
  const body = html`${titleLine({ title, above: back, lead })}
${refusalSummary(view, refused, fields)}${before ?? ''}
${actionForm(view, { ...action, back: { path: back.path, label: view.words.form.back } })}`
  return show(c, door, { title: name, section, body }, refused?.status ?? 200)
}
