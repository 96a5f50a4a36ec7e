// The register of purposes, for anybody.
import { Hono } from 'hono'
import { pageOf } from '../../domain/page.ts'
import { listPurposes, listPurposesQuery, purposeViewSchema } from '../../domain/privacy/list-purposes.ts'
import { type AppEnv, ctxFor, queryOf } from '../context.ts'
import { operation } from '../openapi.ts'

export function purposeRoutes() {
  const app = new Hono<AppEnv>()

  app.get(
    '/v1/purposes',
    operation({
      id: 'listPurposes',
      tag: 'Privacy',
      summary: 'List the purposes that personal data is used for',
      description: 'The register in force: legal basis, fields, recipients and retention of each purpose. No token.',
      scope: null,
      query: listPurposesQuery,
      answers: { 200: { description: 'A page, in the order of the register.', schema: pageOf(purposeViewSchema) } },
      errors: ['not_found'],
    }),
    async c => {
      const { defaultTenant } = c.var.dependencies.settings
      return c.json(await listPurposes(ctxFor(c, { kind: 'person', reference: 'public' }, defaultTenant), queryOf(c)))
    },
  )

  return app
}
