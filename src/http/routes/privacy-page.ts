// The privacy page, for anybody: of the default tenant, and of each by name.
import { Hono } from 'hono'
import { privacyPage } from '../../checkout/privacy-page.ts'
import { notFound } from '../../domain/errors.ts'
import { recentRegister } from '../../domain/privacy/register-in-force.ts'
import { RIGHTS_PATH } from '../../domain/rights/rights-link.ts'
import type { AppContext, AppEnv } from '../context.ts'
import { operation } from '../openapi.ts'
import { pageLanguage } from '../page-language.ts'
import { READING_PAGE, setPageHeaders } from '../page-policies.ts'

const PATH = '/privacy'
const PAGE = { description: 'The page, in the language of `?lang=` or of Accept-Language.', mediaType: 'text/html' }

export function privacyPageRoutes() {
  const app = new Hono<AppEnv>()

  app.get(
    PATH,
    operation({
      id: 'getPrivacyPage',
      tag: 'Pages',
      summary: 'What is held about people, what for, for how long and where',
      scope: null,
      answers: { 200: PAGE },
    }),
    c => show(c, c.var.dependencies.settings.defaultTenant, ''),
  )

  app.get(
    `${PATH}/:tenant`,
    operation({
      id: 'getTenantPrivacyPage',
      tag: 'Pages',
      summary: 'The same of a tenant by name',
      scope: null,
      answers: { 200: PAGE },
      errors: ['not_found'],
    }),
    c => show(c, c.req.param('tenant'), `/${c.req.param('tenant')}`),
  )

  return app
}

async function show(c: AppContext, tenantId: string, suffix: string) {
  const { db, tenants, settings } = c.var.dependencies
  const tenant = await tenants.find(tenantId)
  if (!tenant) throw notFound()
  setPageHeaders(c, READING_PAGE)
  return c.html(
    privacyPage({
      merchant: tenant.name,
      region: settings.region,
      register: await recentRegister({ db, tenantId }),
      language: pageLanguage(c),
      path: `${PATH}${suffix}`,
      rightsPath: suffix === '' ? RIGHTS_PATH : `${RIGHTS_PATH}/of${suffix}`,
      contactPath: `/contact${suffix}`,
    }),
  )
}
