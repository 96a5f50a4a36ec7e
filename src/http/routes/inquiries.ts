// Inquiries: questions, wishes and complaints, and how they are answered.
import { Hono } from 'hono'
import { answerInquiry, answerInquiryInput } from '../../domain/inquiries/answer-inquiry.ts'
import { assignInquiry, assignInquiryInput } from '../../domain/inquiries/assign-inquiry.ts'
import { closeInquiry, closeInquiryInput } from '../../domain/inquiries/close-inquiry.ts'
import { createInquiry, createInquiryInput } from '../../domain/inquiries/create-inquiry.ts'
import { getInquiry } from '../../domain/inquiries/get-inquiry.ts'
import { type InquiryView, inquirySchema, inquiryWithMessagesSchema } from '../../domain/inquiries/inquiry.ts'
import { linkInquiryRequest, linkInquiryRequestInput } from '../../domain/inquiries/link-inquiry-request.ts'
import { listInquiries, listInquiriesQuery } from '../../domain/inquiries/list-inquiries.ts'
import {
  inquiryContactSchema,
  revealInquiryContact,
  revealInquiryContactInput,
} from '../../domain/inquiries/reveal-inquiry-contact.ts'
import { pageOf } from '../../domain/page.ts'
import { type AppEnv, bodyOf, ctxOf, jsonReply, queryOf, respond } from '../context.ts'
import { limitEach } from '../middleware/rate-limit.ts'
import { operation } from '../openapi.ts'
import { createTokenBuckets } from '../token-buckets.ts'

/** A form on a company's own page passes on what people write; a thousand at once is a flood. */
const INQUIRIES = { burst: 200, perSecond: 1 }

const made = (value: InquiryView) => jsonReply(201, value)
const done = (value: InquiryView) => jsonReply(200, value)

export function inquiryRoutes() {
  const app = new Hono<AppEnv>()
  const inquiries = limitEach(createTokenBuckets(INQUIRIES))

  app.post(
    '/v1/inquiries',
    operation({
      id: 'createInquiry',
      tag: 'Inquiries',
      summary: 'Pass on a question, a wish or a complaint',
      description: 'It is acknowledged by mail where there is an address, and to be answered within its term.',
      scope: 'privacy:write',
      idempotent: true,
      body: createInquiryInput,
      answers: { 201: { description: 'The inquiry.', schema: inquirySchema } },
      errors: ['not_found', 'payer_erased'],
    }),
    async c => {
      inquiries(c)
      return respond(c, await createInquiry(ctxOf(c, made), bodyOf(c)), made)
    },
  )

  app.get(
    '/v1/inquiries',
    operation({
      id: 'listInquiries',
      tag: 'Inquiries',
      summary: 'List inquiries',
      scope: 'privacy:read',
      query: listInquiriesQuery,
      answers: { 200: { description: 'A page, newest first.', schema: pageOf(inquirySchema) } },
    }),
    async c => c.json(await listInquiries(ctxOf(c), queryOf(c))),
  )

  app.get(
    '/v1/inquiries/:id',
    operation({
      id: 'getInquiry',
      tag: 'Inquiries',
      summary: 'Read an inquiry with its messages',
      description: 'For the purpose `answer_messages`; recorded.',
      scope: 'privacy:read',
      answers: { 200: { description: 'The inquiry.', schema: inquiryWithMessagesSchema } },
      errors: ['not_found', 'payer_erased'],
    }),
    async c => c.json(await getInquiry(ctxOf(c), c.req.param('id'))),
  )

  app.post(
    '/v1/inquiries/:id/reveal',
    operation({
      id: 'revealInquiryContact',
      tag: 'Inquiries',
      summary: 'Show where the person who wrote can be reached',
      description: 'Recorded, rate-limited, and for the purpose `answer_messages` alone.',
      scope: 'payers:reveal',
      body: revealInquiryContactInput,
      answers: { 200: { description: 'The contact.', schema: inquiryContactSchema } },
      errors: ['not_found', 'payer_erased', 'purpose_not_allowed'],
    }),
    async c => c.json(await revealInquiryContact(ctxOf(c), c.req.param('id'), bodyOf(c))),
  )

  app.route('/', handlingRoutes())
  return app
}

function handlingRoutes() {
  const app = new Hono<AppEnv>()

  app.post(
    '/v1/inquiries/:id/assign',
    operation({
      id: 'assignInquiry',
      tag: 'Inquiries',
      summary: 'Give an inquiry to somebody',
      scope: 'privacy:write',
      idempotent: true,
      body: assignInquiryInput,
      answers: { 200: { description: 'The inquiry.', schema: inquirySchema } },
      errors: ['not_found', 'payer_erased', 'invalid_state'],
    }),
    async c => respond(c, await assignInquiry(ctxOf(c, done), c.req.param('id'), bodyOf(c)), done),
  )

  app.post(
    '/v1/inquiries/:id/answer',
    operation({
      id: 'answerInquiry',
      tag: 'Inquiries',
      summary: 'Answer an inquiry by mail',
      scope: 'privacy:write',
      idempotent: true,
      body: answerInquiryInput,
      answers: { 200: { description: 'The inquiry.', schema: inquirySchema } },
      errors: ['not_found', 'payer_erased', 'invalid_state'],
    }),
    async c => respond(c, await answerInquiry(ctxOf(c, done), c.req.param('id'), bodyOf(c)), done),
  )

  app.post(
    '/v1/inquiries/:id/close',
    operation({
      id: 'closeInquiry',
      tag: 'Inquiries',
      summary: 'Close an inquiry',
      scope: 'privacy:write',
      idempotent: true,
      body: closeInquiryInput,
      answers: { 200: { description: 'The inquiry.', schema: inquirySchema } },
      errors: ['not_found', 'payer_erased', 'invalid_state'],
    }),
    async c => respond(c, await closeInquiry(ctxOf(c, done), c.req.param('id'), bodyOf(c)), done),
  )

  app.post(
    '/v1/inquiries/:id/link-request',
    operation({
      id: 'linkInquiryRequest',
      tag: 'Inquiries',
      summary: 'Make a privacy request of an inquiry that is one',
      description: 'Once. The request starts with its own identity check, whatever the inquiry said.',
      scope: 'privacy:write',
      idempotent: true,
      body: linkInquiryRequestInput,
      answers: { 200: { description: 'The inquiry, with its request.', schema: inquirySchema } },
      errors: ['not_found', 'payer_erased', 'invalid_state'],
    }),
    async c => respond(c, await linkInquiryRequest(ctxOf(c, done), c.req.param('id'), bodyOf(c)), done),
  )

  return app
}
