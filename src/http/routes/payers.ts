// Payers: the people who pay.
import { Hono } from 'hono'
import { createPayer, createPayerInput } from '../../domain/payers/create-payer.ts'
import { getPayer } from '../../domain/payers/get-payer.ts'
import { type PayerView, payerSchema } from '../../domain/payers/payer.ts'
import { type AppEnv, bodyOf, ctxOf, jsonReply, respond } from '../context.ts'
import { operation } from '../openapi.ts'

const created = (payer: PayerView) => jsonReply(201, payer)

export function payerRoutes() {
  const app = new Hono<AppEnv>()

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
      errors: ['reference_in_use', 'payer_erased'],
    }),
    async c => respond(c, await createPayer(ctxOf(c, created), bodyOf(c)), created),
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

  return app
}
