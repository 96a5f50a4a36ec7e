// People's requests about their data, as services and the desk handle them.
import { Hono } from 'hono'
import { accessPackagePage } from '../../checkout/access-package-page.ts'
import { pageOf } from '../../domain/page.ts'
import { cancelPrivacyRequest, cancelPrivacyRequestInput } from '../../domain/rights/cancel-privacy-request.ts'
import { confirmIdentity, confirmIdentityInput } from '../../domain/rights/confirm-identity.ts'
import { createPrivacyRequest } from '../../domain/rights/create-privacy-request.ts'
import { decidePrivacyRequest, decidePrivacyRequestInput } from '../../domain/rights/decide-privacy-request.ts'
import { extendPrivacyRequest, extendPrivacyRequestInput } from '../../domain/rights/extend-privacy-request.ts'
import { accessPackageInput, getAccessPackage } from '../../domain/rights/get-access-package.ts'
import { getPrivacyReceipt, privacyReceiptSchema } from '../../domain/rights/get-privacy-receipt.ts'
import { getPrivacyRequest } from '../../domain/rights/get-privacy-request.ts'
import { listPrivacyRequests, listPrivacyRequestsQuery } from '../../domain/rights/list-privacy-requests.ts'
import {
  type PrivacyRequestView,
  privacyRequestSchema,
  privacyRequestWithMessageSchema,
} from '../../domain/rights/privacy-request.ts'
import { type ReceivedRequest, receivedRequestSchema } from '../../domain/rights/record-request.ts'
import { privacyRequestInput } from '../../domain/rights/request-input.ts'
import {
  type IdentityCheckView,
  identityCheckSchema,
  startIdentityCheck,
  startIdentityCheckInput,
} from '../../domain/rights/start-identity-check.ts'
import { type AppEnv, bodyOf, ctxOf, jsonReply, queryOf, respond } from '../context.ts'
import { operation } from '../openapi.ts'
import { READING_PAGE } from '../page-policies.ts'

const TAG = 'Privacy requests'
const made = (value: ReceivedRequest) => jsonReply(201, value)
const sent = (value: IdentityCheckView) => jsonReply(201, value)
const done = (value: PrivacyRequestView) => jsonReply(200, value)
const theRequest = { 200: { description: 'The request.', schema: privacyRequestSchema } }

export function privacyRequestRoutes() {
  const app = new Hono<AppEnv>()

  app.post(
    '/v1/privacy-requests',
    operation({
      id: 'createPrivacyRequest',
      tag: TAG,
      summary: "Take in a person's request about their data",
      description:
        'The answer is the same whether the payer is there or not, and whether the contact is on file or not.',
      scope: 'privacy:write',
      idempotent: true,
      body: privacyRequestInput,
      answers: { 201: { description: 'The request is taken in.', schema: receivedRequestSchema } },
      errors: ['payer_erased'],
    }),
    async c => respond(c, await createPrivacyRequest(ctxOf(c, made), bodyOf(c)), made),
  )

  app.get(
    '/v1/privacy-requests',
    operation({
      id: 'listPrivacyRequests',
      tag: TAG,
      summary: 'List requests',
      scope: 'privacy:read',
      query: listPrivacyRequestsQuery,
      answers: { 200: { description: 'A page, newest first.', schema: pageOf(privacyRequestSchema) } },
    }),
    async c => c.json(await listPrivacyRequests(ctxOf(c), queryOf(c))),
  )

  app.get(
    '/v1/privacy-requests/:id',
    operation({
      id: 'getPrivacyRequest',
      tag: TAG,
      summary: 'Read a request, with what the person wrote',
      description: 'Reading what a person wrote is recorded.',
      scope: 'privacy:read',
      answers: { 200: { description: 'The request.', schema: privacyRequestWithMessageSchema } },
      errors: ['not_found'],
    }),
    async c => c.json(await getPrivacyRequest(ctxOf(c), c.req.param('id'))),
  )

  app.route('/', identityRoutes())
  app.route('/', decisionRoutes())
  return app
}

function identityRoutes() {
  const app = new Hono<AppEnv>()

  app.post(
    '/v1/privacy-requests/:id/identity-checks',
    operation({
      id: 'startIdentityCheck',
      tag: TAG,
      summary: 'Send a one-time code to the contact',
      description:
        'Sent only when the contact is the e-mail address on file and has been for 14 days; the answer is the same either ' +
        'way. At most three a day for a request and for a contact.',
      scope: 'privacy:write',
      idempotent: true,
      body: startIdentityCheckInput,
      answers: {
        201: { description: 'A code is on its way, if there is anybody to send it to.', schema: identityCheckSchema },
      },
      errors: ['not_found', 'invalid_state', 'payer_erased'],
    }),
    async c => respond(c, await startIdentityCheck(ctxOf(c, sent), c.req.param('id'), bodyOf(c)), sent),
  )

  app.post(
    '/v1/privacy-requests/:id/identity-checks/confirm',
    operation({
      id: 'confirmIdentity',
      tag: TAG,
      summary: 'Give evidence of who the person is',
      description: 'The code, and one more piece of evidence. All that is given must be right, or none of it counts.',
      scope: 'privacy:write',
      idempotent: true,
      body: confirmIdentityInput,
      answers: theRequest,
      errors: ['not_found', 'identity_not_verified', 'invalid_state', 'payer_erased'],
    }),
    async c => respond(c, await confirmIdentity(ctxOf(c, done), c.req.param('id'), bodyOf(c)), done),
  )

  return app
}

function decisionRoutes() {
  const app = new Hono<AppEnv>()

  app.post(
    '/v1/privacy-requests/:id/decide',
    operation({
      id: 'decidePrivacyRequest',
      tag: TAG,
      summary: 'Grant or refuse a verified request',
      description: 'An erasure, and whatever was verified without a code, needs the approval of a second person.',
      scope: 'privacy:write',
      idempotent: true,
      body: decidePrivacyRequestInput,
      answers: theRequest,
      errors: [
        'not_found',
        'identity_not_verified',
        'second_person_required',
        'invalid_state',
        'payer_erased',
        'field_without_purpose',
      ],
    }),
    async c => respond(c, await decidePrivacyRequest(ctxOf(c, done), c.req.param('id'), bodyOf(c)), done),
  )

  app.post(
    '/v1/privacy-requests/:id/extend',
    operation({
      id: 'extendPrivacyRequest',
      tag: TAG,
      summary: 'Take two months more, once',
      scope: 'privacy:write',
      idempotent: true,
      body: extendPrivacyRequestInput,
      answers: theRequest,
      errors: ['not_found', 'invalid_state', 'payer_erased'],
    }),
    async c => respond(c, await extendPrivacyRequest(ctxOf(c, done), c.req.param('id'), bodyOf(c)), done),
  )

  app.post(
    '/v1/privacy-requests/:id/cancel',
    operation({
      id: 'cancelPrivacyRequest',
      tag: TAG,
      summary: 'End a request that is not to be answered',
      scope: 'privacy:write',
      idempotent: true,
      body: cancelPrivacyRequestInput,
      answers: theRequest,
      errors: ['not_found', 'invalid_state', 'payer_erased'],
    }),
    async c => respond(c, await cancelPrivacyRequest(ctxOf(c, done), c.req.param('id'), bodyOf(c)), done),
  )

  app.get(
    '/v1/privacy-requests/:id/receipt',
    operation({
      id: 'getPrivacyReceipt',
      tag: TAG,
      summary: 'Read the signed receipt',
      scope: 'privacy:read',
      answers: { 200: { description: 'The receipt.', schema: privacyReceiptSchema } },
      errors: ['not_found', 'invalid_state'],
    }),
    async c => c.json(await getPrivacyReceipt(ctxOf(c), c.req.param('id'))),
  )

  app.post(
    '/v1/privacy-requests/:id/package',
    operation({
      id: 'getAccessPackage',
      tag: TAG,
      summary: 'Open the package of a granted access request',
      description:
        'Everything that is held about the person, as JSON or as a page. A look like any other: on record, with its reason.',
      scope: 'payers:reveal',
      body: accessPackageInput,
      answers: { 200: { description: 'The package.', mediaTypes: ['application/json', 'text/html'] } },
      errors: ['not_found', 'identity_not_verified', 'invalid_state', 'payer_erased'],
    }),
    async c => {
      const { held, format, locale } = await getAccessPackage(ctxOf(c), c.req.param('id'), bodyOf(c))
      if (format === 'json') return c.json(held)
      c.header('Content-Security-Policy', READING_PAGE)
      return c.html(accessPackagePage(held, locale))
    },
  )

  return app
}
