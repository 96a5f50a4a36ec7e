// The public form for requests about one's own data: for the default tenant, and for each by its name.
import { Hono } from 'hono'
import { type RightsForm, rightsFormPage } from '../../checkout/rights-form-page.ts'
import { deadRightsPage } from '../../checkout/rights-page.ts'
import { DomainError } from '../../domain/errors.ts'
import { RIGHTS_PATH } from '../../domain/rights/rights-link.ts'
import { startRequestAsPerson } from '../../domain/rights/start-request-as-person.ts'
import { type AppContext, type AppEnv, ctxFor } from '../context.ts'
import { formOf } from '../form-body.ts'
import { PAGE_REFUSALS } from '../middleware/page-errors.ts'
import { operation } from '../openapi.ts'
import { pageLanguage } from '../page-language.ts'
import { FORM_PAGE, setPageHeaders } from '../page-policies.ts'

const FORM = { description: 'The form.', mediaType: 'text/html' }
const ON = { description: 'To the page of the request.', headers: { Location: 'The page of the request.' } }

const NOTHING_TYPED: RightsForm['typed'] = { kind: '', contact: '', payer: '', message: '' }

export function rightsFormRoutes() {
  const app = new Hono<AppEnv>()
  for (const [path, name] of [
    [RIGHTS_PATH, 'Rights'],
    [`${RIGHTS_PATH}/of/:tenant`, 'TenantRights'],
  ] as const) {
    app.get(
      path,
      operation({
        id: `get${name}Form`,
        tag: 'Pages',
        summary: 'The form for requests about one’s own data',
        scope: null,
        answers: { 200: FORM, ...PAGE_REFUSALS },
      }),
      c => answer(c, c.req.param('tenant'), null),
    )
    app.post(
      path,
      operation({
        id: `send${name}Form`,
        tag: 'Pages',
        summary: 'Ask about one’s own data',
        description: 'The answer is the same whether the person is known or not. At most five a day from one address.',
        scope: null,
        answers: { 303: ON, ...PAGE_REFUSALS },
      }),
      c => send(c, c.req.param('tenant')),
    )
  }
  return app
}

async function send(c: AppContext, tenantId: string | undefined): Promise<Response> {
  const tenant = await c.var.dependencies.tenants.find(tenantId ?? c.var.dependencies.settings.defaultTenant)
  if (!tenant) return answer(c, tenantId, null)
  const language = pageLanguage(c)
  const form = formOf(c)
  const typed = {
    kind: form.get('kind') ?? '',
    contact: form.get('contact') ?? '',
    payer: form.get('payer') ?? '',
    // A form counts the end of a line once and sends it as two.
    message: (form.get('message') ?? '').replaceAll('\r\n', '\n'),
  }
  try {
    const asked = await startRequestAsPerson(ctxFor(c, { kind: 'person', reference: 'rights-form' }, tenant.id), {
      kind: typed.kind,
      contact: typed.contact,
      ...(typed.payer.trim() === '' ? {} : { payer: typed.payer }),
      ...(typed.message.trim() === '' ? {} : { message: typed.message }),
      locale: language,
    })
    if (asked.kind === 'replayed') throw new Error('a form has no key to be replayed under')
    return c.redirect(`${new URL(asked.result.verification_url).pathname}?lang=${language}`, 303)
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
    if (error.code === 'validation_failed') return answer(c, tenantId, 'formWrong', typed, 422)
    if (error.code === 'rate_limited') return answer(c, tenantId, 'tooOften', typed, 429)
    throw error
  }
}

async function answer(
  c: AppContext,
  tenantId: string | undefined,
  problem: RightsForm['problem'],
  typed = NOTHING_TYPED,
  status: 200 | 422 | 429 = 200,
): Promise<Response> {
  const { tenants, settings } = c.var.dependencies
  const language = pageLanguage(c)
  setPageHeaders(c, FORM_PAGE)
  const tenant = await tenants.find(tenantId ?? settings.defaultTenant)
  if (!tenant) return c.html(deadRightsPage(language), 404)
  return c.html(rightsFormPage({ merchant: tenant.name, language, path: c.req.path, problem, typed }), status)
}
