// Disclosures: who outside was told what, and on which basis.
import { Hono } from 'hono'
import { approveDisclosure, approveDisclosureInput } from '../../domain/disclosures/approve-disclosure.ts'
import { createDisclosure, createDisclosureInput } from '../../domain/disclosures/create-disclosure.ts'
import { type DisclosureView, disclosureSchema } from '../../domain/disclosures/disclosure.ts'
import { getDisclosure } from '../../domain/disclosures/get-disclosure.ts'
import { getDisclosurePackage } from '../../domain/disclosures/get-disclosure-package.ts'
import { listDisclosures, listDisclosuresQuery } from '../../domain/disclosures/list-disclosures.ts'
import { listPayerDisclosures, listPayerDisclosuresQuery } from '../../domain/disclosures/list-payer-disclosures.ts'
import { refuseDisclosure, refuseDisclosureInput } from '../../domain/disclosures/refuse-disclosure.ts'
import { pageOf } from '../../domain/page.ts'
import { type AppEnv, bodyOf, ctxOf, jsonReply, queryOf, respond } from '../context.ts'
import { limitEach } from '../middleware/rate-limit.ts'
import { operation } from '../openapi.ts'
import { createTokenBuckets } from '../token-buckets.ts'

/** A disclosure is a decision of a person; a harvest would need thousands. */
const DISCLOSURES = { burst: 200, perSecond: 1 }

const made = (value: DisclosureView) => jsonReply(201, value)
const done = (value: DisclosureView) => jsonReply(200, value)

export function disclosureRoutes() {
  const app = new Hono<AppEnv>()
  const disclosures = limitEach(createTokenBuckets(DISCLOSURES))

  app.post(
    '/v1/disclosures',
    operation({
      id: 'createDisclosure',
      tag: 'Disclosures',
      summary: 'Disclose something about a person or a cohort',
      description:
        'With a consent it is made at once, unless you entered the consent yourself; then, and for a legal request, it waits for a second person; a cohort must hide everybody in it. Logged for each person.',
      scope: 'disclosures:write',
      idempotent: true,
      body: createDisclosureInput,
      answers: { 201: { description: 'The disclosure.', schema: disclosureSchema } },
      errors: ['not_found', 'payer_erased', 'consent_withdrawn', 'purpose_not_allowed', 'not_deidentified'],
    }),
    async c => {
      disclosures(c)
      return respond(c, await createDisclosure(ctxOf(c, made), bodyOf(c)), made)
    },
  )

  app.get(
    '/v1/disclosures',
    operation({
      id: 'listDisclosures',
      tag: 'Disclosures',
      summary: 'List disclosures',
      scope: 'privacy:read',
      query: listDisclosuresQuery,
      answers: { 200: { description: 'A page, newest first.', schema: pageOf(disclosureSchema) } },
    }),
    async c => c.json(await listDisclosures(ctxOf(c), queryOf(c))),
  )

  app.get(
    '/v1/disclosures/:id',
    operation({
      id: 'getDisclosure',
      tag: 'Disclosures',
      summary: 'Read a disclosure',
      scope: 'privacy:read',
      answers: { 200: { description: 'The disclosure.', schema: disclosureSchema } },
      errors: ['not_found', 'payer_erased'],
    }),
    async c => c.json(await getDisclosure(ctxOf(c), c.req.param('id'))),
  )

  app.get(
    '/v1/disclosures/:id/package',
    operation({
      id: 'getDisclosurePackage',
      tag: 'Disclosures',
      summary: 'Fetch the package of a disclosure',
      description: 'For the one who made it, five times within 24 hours. Then it is forgotten and its hash stays.',
      scope: 'disclosures:write',
      answers: {
        200: {
          description: 'The package: JSON, NDJSON or CSV, as its disclosure says.',
          mediaTypes: ['application/json', 'application/x-ndjson', 'text/csv'],
          headers: {
            'Content-Disposition': 'The name of the file.',
            'X-Panless-Region': 'The region that the data is kept in.',
          },
        },
      },
      errors: ['not_found', 'payer_erased', 'purpose_not_allowed', 'invalid_state'],
    }),
    async c => {
      const { fileName, contentType, text } = await getDisclosurePackage(ctxOf(c), c.req.param('id'))
      return c.body(text, 200, {
        'Content-Type': contentType,
        'Content-Disposition': `attachment; filename="${fileName}"`,
        'X-Panless-Region': c.var.dependencies.settings.region,
      })
    },
  )

  app.route('/', decisionRoutes())
  return app
}

function decisionRoutes() {
  const app = new Hono<AppEnv>()

  app.post(
    '/v1/disclosures/:id/approve',
    operation({
      id: 'approveDisclosure',
      tag: 'Disclosures',
      summary: 'Let a disclosure be made that waits for a second person',
      scope: 'disclosures:write',
      idempotent: true,
      body: approveDisclosureInput,
      answers: { 200: { description: 'The disclosure, made.', schema: disclosureSchema } },
      errors: ['not_found', 'payer_erased', 'consent_withdrawn', 'second_person_required', 'invalid_state'],
    }),
    async c => respond(c, await approveDisclosure(ctxOf(c, done), c.req.param('id'), bodyOf(c)), done),
  )

  app.post(
    '/v1/disclosures/:id/refuse',
    operation({
      id: 'refuseDisclosure',
      tag: 'Disclosures',
      summary: 'Refuse a disclosure that waits for a second person',
      scope: 'disclosures:write',
      idempotent: true,
      body: refuseDisclosureInput,
      answers: { 200: { description: 'The disclosure, refused.', schema: disclosureSchema } },
      errors: ['not_found', 'payer_erased', 'invalid_state'],
    }),
    async c => respond(c, await refuseDisclosure(ctxOf(c, done), c.req.param('id'), bodyOf(c)), done),
  )

  app.get(
    '/v1/payers/:id/disclosures',
    operation({
      id: 'listPayerDisclosures',
      tag: 'Disclosures',
      summary: 'Who was told what about a payer',
      scope: 'privacy:read',
      query: listPayerDisclosuresQuery,
      answers: { 200: { description: 'A page, newest first; Stripe is in it.', schema: pageOf(disclosureSchema) } },
      errors: ['not_found', 'payer_erased'],
    }),
    async c => c.json(await listPayerDisclosures(ctxOf(c), c.req.param('id'), queryOf(c))),
  )

  return app
}
