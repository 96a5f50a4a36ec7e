// Payers: the people who pay, and what they agreed to.
import { Hono } from 'hono'
import { pageOf } from '../../domain/page.ts'
import { type ConsentView, consentSchema } from '../../domain/payers/consents.ts'
import { createPayer, createPayerInput } from '../../domain/payers/create-payer.ts'
import { getPayer } from '../../domain/payers/get-payer.ts'
import { listConsents, listConsentsQuery } from '../../domain/payers/list-consents.ts'
import { listPayers, listPayersQuery, searchPayers, searchPayersInput } from '../../domain/payers/list-payers.ts'
import { type PayerView, payerSchema } from '../../domain/payers/payer.ts'
import { recordConsent, recordConsentInput } from '../../domain/payers/record-consent.ts'
import { revealedSchema, revealPayer, revealPayerInput } from '../../domain/payers/reveal-payer.ts'
import { updatePayer, updatePayerInput } from '../../domain/payers/update-payer.ts'
import { withdrawConsent, withdrawConsentInput } from '../../domain/payers/withdraw-consent.ts'
import { type AppEnv, bodyOf, ctxOf, jsonReply, queryOf, respond } from '../context.ts'
import { limitEach } from '../middleware/rate-limit.ts'
import { operation } from '../openapi.ts'
import { createTokenBuckets } from '../token-buckets.ts'

const PATCH_TYPES = ['application/merge-patch+json', 'application/json'] as const
/** A person at a desk looks up a few people a minute; a harvest of addresses needs thousands. */
const SEARCHES = { burst: 60, perSecond: 2 }

const made = (value: PayerView | ConsentView) => jsonReply(201, value)
const done = (value: ConsentView) => jsonReply(200, value)

export function payerRoutes() {
  const app = new Hono<AppEnv>()
  const searches = limitEach(createTokenBuckets(SEARCHES))

  app.post(
    '/v1/payers',
    operation({
      id: 'createPayer',
      tag: 'Payers',
      summary: 'Register a payer',
      scope: 'payers:write',
      idempotent: true,
      body: createPayerInput,
      answers: { 201: { description: 'The payer.', schema: payerSchema } },
      errors: ['reference_in_use', 'payer_erased', 'field_without_purpose'],
    }),
    async c => respond(c, await createPayer(ctxOf(c, made), bodyOf(c)), made),
  )

  app.get(
    '/v1/payers',
    operation({
      id: 'listPayers',
      tag: 'Payers',
      summary: 'List payers',
      scope: 'payers:read',
      query: listPayersQuery,
      answers: { 200: { description: 'A page, newest first.', schema: pageOf(payerSchema) } },
    }),
    async c => c.json(await listPayers(ctxOf(c), queryOf(c))),
  )

  app.post(
    '/v1/payers/search',
    operation({
      id: 'searchPayers',
      tag: 'Payers',
      summary: 'Find payers by e-mail',
      description: 'A POST, so that an address is never in a URL. Recorded and rate-limited.',
      scope: 'payers:read',
      body: searchPayersInput,
      answers: { 200: { description: 'A page, newest first.', schema: pageOf(payerSchema) } },
      errors: ['purpose_not_allowed'],
    }),
    async c => {
      searches(c)
      return c.json(await searchPayers(ctxOf(c), bodyOf(c)))
    },
  )

  app.get(
    '/v1/payers/:id',
    operation({
      id: 'getPayer',
      tag: 'Payers',
      summary: 'Read a payer',
      scope: 'payers:read',
      answers: { 200: { description: 'The payer.', schema: payerSchema } },
      errors: ['not_found', 'payer_erased'],
    }),
    async c => c.json(await getPayer(ctxOf(c), c.req.param('id'))),
  )

  app.patch(
    '/v1/payers/:id',
    operation({
      id: 'updatePayer',
      tag: 'Payers',
      summary: 'Change a payer',
      scope: 'payers:write',
      body: updatePayerInput,
      bodyTypes: PATCH_TYPES,
      answers: { 200: { description: 'The payer.', schema: payerSchema } },
      errors: ['not_found', 'payer_erased', 'reference_in_use', 'field_without_purpose'],
    }),
    async c => c.json(await updatePayer(ctxOf(c), c.req.param('id'), bodyOf(c))),
  )

  app.post(
    '/v1/payers/:id/reveal',
    operation({
      id: 'revealPayer',
      tag: 'Payers',
      summary: 'Reveal sealed fields for a purpose',
      description:
        'Recorded, rate-limited, and allowed only for a purpose of the register whose basis holds for this person.',
      scope: 'payers:reveal',
      body: revealPayerInput,
      answers: { 200: { description: 'The fields asked for.', schema: revealedSchema } },
      errors: ['not_found', 'payer_erased', 'purpose_not_allowed'],
    }),
    async c => c.json(await revealPayer(ctxOf(c), c.req.param('id'), bodyOf(c))),
  )

  app.route('/', consentRoutes())
  return app
}

function consentRoutes() {
  const app = new Hono<AppEnv>()

  app.post(
    '/v1/payers/:id/consents',
    operation({
      id: 'recordConsent',
      tag: 'Consents',
      summary: 'Record a consent',
      scope: 'privacy:write',
      idempotent: true,
      body: recordConsentInput,
      answers: { 201: { description: 'The consent.', schema: consentSchema } },
      errors: ['not_found', 'payer_erased', 'field_without_purpose'],
    }),
    async c => respond(c, await recordConsent(ctxOf(c, made), c.req.param('id'), bodyOf(c)), made),
  )

  app.get(
    '/v1/payers/:id/consents',
    operation({
      id: 'listConsents',
      tag: 'Consents',
      summary: "List a payer's consents",
      scope: 'privacy:read',
      query: listConsentsQuery,
      answers: { 200: { description: 'A page, newest first.', schema: pageOf(consentSchema) } },
      errors: ['not_found', 'payer_erased'],
    }),
    async c => c.json(await listConsents(ctxOf(c), c.req.param('id'), queryOf(c))),
  )

  app.post(
    '/v1/payers/:id/consents/:consent/withdraw',
    operation({
      id: 'withdrawConsent',
      tag: 'Consents',
      summary: 'Withdraw a consent',
      description: 'In force before it is answered: no charge on a token of this consent is reserved afterwards.',
      scope: 'privacy:write',
      idempotent: true,
      body: withdrawConsentInput,
      answers: { 200: { description: 'The consent, withdrawn.', schema: consentSchema } },
      errors: ['not_found', 'payer_erased'],
    }),
    async c =>
      respond(c, await withdrawConsent(ctxOf(c, done), c.req.param('id'), c.req.param('consent'), bodyOf(c)), done),
  )

  return app
}
