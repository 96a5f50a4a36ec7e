// The person's page behind a mailed link. The link itself is the proof that it was mailed; what it opens, a code decides.
import { Hono } from 'hono'
import { accessPackagePage } from '../../checkout/access-package-page.ts'
import { deadRightsPage, type RightsProblem, refusedRightsPage, rightsPage } from '../../checkout/rights-page.ts'
import { DomainError, type ErrorCode } from '../../domain/errors.ts'
import type { Language } from '../../domain/languages.ts'
import {
  confirmByLink,
  openPackageByLink,
  sendCodeByLink,
  showRequestOfLink,
} from '../../domain/rights/rights-by-link.ts'
import { RIGHTS_PATH, type RightsLink, readRightsLink } from '../../domain/rights/rights-link.ts'
import { type AppContext, type AppEnv, ctxFor } from '../context.ts'
import { formOf } from '../form-body.ts'
import { PAGE_REFUSALS } from '../middleware/page-errors.ts'
import { operation } from '../openapi.ts'
import { pageLanguage } from '../page-language.ts'
import { FORM_PAGE, setPageHeaders } from '../page-policies.ts'

const PAGE = { description: 'The page.', mediaType: 'text/html' }
const BACK = { description: 'Back to the page.', headers: { Location: 'The page.' } }

const PROBLEM_OF: Partial<Record<ErrorCode, { problem: RightsProblem | null; status: 200 | 422 | 429 }>> = {
  identity_not_verified: { problem: 'wrong', status: 422 },
  validation_failed: { problem: 'nothing', status: 422 },
  rate_limited: { problem: 'tooOften', status: 429 },
  // Somebody was quicker: the page says how it stands now.
  invalid_state: { problem: null, status: 200 },
}

const NOTHING_TYPED = { code: '', amount: '' }

export function rightsRoutes() {
  const app = new Hono<AppEnv>()
  app.get(
    `${RIGHTS_PATH}/:link`,
    operation({
      id: 'getRightsPage',
      tag: 'Pages',
      summary: "The page of a person's request about their data",
      scope: null,
      answers: { 200: PAGE, ...PAGE_REFUSALS },
    }),
    c => onPage(c, async (link, language) => page(c, link, language)),
  )

  app.post(
    `${RIGHTS_PATH}/:link/code`,
    operation({
      id: 'sendRightsCode',
      tag: 'Pages',
      summary: 'Send a code to the contact of the request',
      scope: null,
      answers: { 303: BACK, 200: PAGE, ...PAGE_REFUSALS },
    }),
    c =>
      onPage(c, async (link, language) => {
        try {
          await sendCodeByLink(personCtx(c, link), link.requestId)
          return c.redirect(`${pathOf(c)}?lang=${language}`, 303)
        } catch (error) {
          return again(c, link, language, error)
        }
      }),
  )

  app.post(
    `${RIGHTS_PATH}/:link`,
    operation({
      id: 'confirmRightsIdentity',
      tag: 'Pages',
      summary: 'Show who one is, with the code and the amount of the last payment',
      scope: null,
      answers: { 303: BACK, 200: PAGE, ...PAGE_REFUSALS },
    }),
    c =>
      onPage(c, async (link, language) => {
        const form = formOf(c)
        const typed = { code: form.get('code') ?? '', amount: form.get('last_payment_amount') ?? '' }
        const given = {
          ...(typed.code.trim() === '' ? {} : { code: typed.code }),
          ...(typed.amount.trim() === '' ? {} : { last_payment_amount: typed.amount }),
        }
        try {
          await confirmByLink(personCtx(c, link), link.requestId, given)
          return c.redirect(`${pathOf(c)}?lang=${language}`, 303)
        } catch (error) {
          return again(c, link, language, error, typed)
        }
      }),
  )

  app.route('/', packageRoutes())
  return app
}

function packageRoutes() {
  const app = new Hono<AppEnv>()

  app.post(
    `${RIGHTS_PATH}/:link/package`,
    operation({
      id: 'openRightsPackage',
      tag: 'Pages',
      summary: 'Open everything that is held about the person',
      scope: null,
      answers: {
        200: {
          description: 'The package, as a page or as a JSON file.',
          mediaTypes: ['text/html', 'application/json'],
          headers: { 'Content-Disposition': 'The name of the file.' },
        },
        ...PAGE_REFUSALS,
      },
    }),
    c =>
      onPage(c, async (link, language) => {
        const held = await openPackageByLink(personCtx(c, link), link.requestId, link.use)
        if (formOf(c).get('format') !== 'json') return c.html(accessPackagePage(held, language))
        return c.body(JSON.stringify(held, null, 2), 200, {
          'Content-Type': 'application/json',
          'Content-Disposition': 'attachment; filename="my-data.json"',
        })
      }),
  )

  return app
}

/** For what was refused before a page could say so itself. */
export function rightsErrorPage(c: AppContext, error: Error, status: number) {
  const language = pageLanguage(c)
  setPageHeaders(c, FORM_PAGE)
  if (status === 404 || status === 409 || status === 410) return deadRightsPage(language)
  const isCard = error instanceof DomainError && error.code === 'card_number_refused'
  return refusedRightsPage(language, isCard ? 'cardTyped' : 'failed')
}

/** Judges the link, and answers in the reader's language. */
async function onPage(
  c: AppContext,
  work: (link: RightsLink, language: Language) => Promise<Response>,
): Promise<Response> {
  const language = pageLanguage(c)
  setPageHeaders(c, FORM_PAGE)
  const { dependencies } = c.var
  const link = await readRightsLink(dependencies.keyring, c.req.param('link') ?? '')
  const good =
    link !== null && link.expiresAt > dependencies.clock.now() && (await dependencies.tenants.find(link.tenantId))
  if (!good) return c.html(deadRightsPage(language), 404)
  return work(link, language)
}

async function page(
  c: AppContext,
  link: RightsLink,
  language: Language,
  problem: RightsProblem | null = null,
  { status = 200, typed = NOTHING_TYPED }: { status?: 200 | 422 | 429; typed?: typeof NOTHING_TYPED } = {},
): Promise<Response> {
  const request = await showRequestOfLink(personCtx(c, link), link.requestId, link.use)
  return c.html(rightsPage({ request, language, path: pathOf(c), problem, typed }), status)
}

function again(c: AppContext, link: RightsLink, language: Language, error: unknown, typed = NOTHING_TYPED) {
  const known = error instanceof DomainError ? PROBLEM_OF[error.code] : undefined
  if (!known) throw error
  return page(c, link, language, known.problem, { status: known.status, typed })
}

const pathOf = (c: AppContext) => `${RIGHTS_PATH}/${c.req.param('link')}`

const personCtx = (c: AppContext, link: RightsLink) =>
  ctxFor(c, { kind: 'person', reference: link.requestId }, link.tenantId)
