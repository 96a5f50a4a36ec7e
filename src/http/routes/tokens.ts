// Vault tokens: saving a card, and the life of what was saved.
import { Hono } from 'hono'
import { z } from 'zod'
import { pageOf } from '../../domain/page.ts'
import { createToken } from '../../domain/tokens/create-token.ts'
import { detachToken } from '../../domain/tokens/detach-token.ts'
import { freezeToken, freezeTokenInput } from '../../domain/tokens/freeze-token.ts'
import { getToken } from '../../domain/tokens/get-token.ts'
import { listTokens, listTokensQuery } from '../../domain/tokens/list-tokens.ts'
import { type TokenView, tokenSchema } from '../../domain/tokens/show-token.ts'
import { thawToken, thawTokenInput } from '../../domain/tokens/thaw-token.ts'
import { serviceTokenInput, sessionTokenInput } from '../../domain/tokens/token-input.ts'
import type { Tokenized } from '../../domain/tokens/tokenized.ts'
import { updateToken, updateTokenInput } from '../../domain/tokens/update-token.ts'
import { type AppContext, type AppEnv, bodyOf, ctxOf, jsonReply, queryOf, respond } from '../context.ts'
import { operation } from '../openapi.ts'
import { PROBLEM_JSON, problemOf } from '../problem.ts'

const tag = 'Tokens'
const changed = (token: TokenView) => jsonReply(200, token)

/** A decline is stored with its request id, and given again byte for byte. */
const tokenizedIn = (c: AppContext) => (result: Tokenized) => {
  if (result.kind !== 'declined') return jsonReply(result.kind === 'created' ? 201 : 200, result.token)
  const problem = problemOf(result.error, c.var.requestId)
  return { status: problem.status, body: JSON.stringify(problem), contentType: PROBLEM_JSON }
}

export function tokenRoutes() {
  const app = new Hono<AppEnv>()

  app.post(
    '/v1/tokens',
    operation({
      id: 'createToken',
      tag,
      summary: 'Save a card',
      description:
        "Takes one of Stripe's ids, attaches the card to the payer's customer and gives a vault token. The same single-use id always gives the same token. With a session token, consent comes from the session and time, address and user agent are as panless sees them.",
      scope: 'tokens:create',
      session: true,
      idempotent: true,
      body: z.union([serviceTokenInput, sessionTokenInput]),
      answers: {
        201: { description: 'A new token.', schema: tokenSchema },
        200: { description: 'The token that this card, or this id, has already.', schema: tokenSchema },
      },
      errors: [
        'card_declined',
        'origin_not_allowed',
        'not_found',
        'payer_erased',
        'token_detached',
        'duplicate_card',
        'session_used',
        'setup_not_succeeded',
        'wrong_payer',
        'stripe_unavailable',
      ],
    }),
    async c => {
      const render = tokenizedIn(c)
      return respond(c, await createToken(ctxOf(c, render), bodyOf(c)), render)
    },
  )

  app.get(
    '/v1/tokens/:id',
    operation({
      id: 'getToken',
      tag,
      summary: 'Read a token',
      scope: 'tokens:read',
      answers: { 200: { description: 'The token.', schema: tokenSchema } },
      errors: ['not_found', 'payer_erased'],
    }),
    async c => c.json(await getToken(ctxOf(c), c.req.param('id'))),
  )

  app.get(
    '/v1/tokens',
    operation({
      id: 'listTokens',
      tag,
      summary: 'List tokens',
      description: 'Newest first.',
      scope: 'tokens:read',
      query: listTokensQuery,
      answers: { 200: { description: 'A page of tokens.', schema: pageOf(tokenSchema) } },
    }),
    async c => c.json(await listTokens(ctxOf(c), queryOf(c))),
  )

  app.patch(
    '/v1/tokens/:id',
    operation({
      id: 'updateToken',
      tag,
      summary: 'Change metadata or limits',
      description: 'A merge patch (RFC 7396): null clears a member.',
      scope: 'tokens:write',
      body: updateTokenInput,
      bodyTypes: ['application/merge-patch+json', 'application/json'],
      answers: { 200: { description: 'The token.', schema: tokenSchema } },
      errors: ['not_found', 'payer_erased', 'token_detached', 'field_without_purpose'],
    }),
    async c => c.json(await updateToken(ctxOf(c), c.req.param('id'), bodyOf(c))),
  )

  app.post(
    '/v1/tokens/:id/freeze',
    operation({
      id: 'freezeToken',
      tag,
      summary: 'Freeze a token',
      description: 'No new charge is made with it from now on. Captures and refunds go on.',
      scope: 'tokens:write',
      idempotent: true,
      body: freezeTokenInput,
      answers: { 200: { description: 'The token.', schema: tokenSchema } },
      errors: ['not_found', 'payer_erased', 'invalid_state'],
    }),
    async c => respond(c, await freezeToken(ctxOf(c, changed), c.req.param('id'), bodyOf(c)), changed),
  )

  app.post(
    '/v1/tokens/:id/thaw',
    operation({
      id: 'thawToken',
      tag,
      summary: 'Thaw a frozen token',
      description: 'A card that has run out meanwhile comes back as `expired`.',
      scope: 'tokens:write',
      idempotent: true,
      body: thawTokenInput,
      answers: { 200: { description: 'The token.', schema: tokenSchema } },
      errors: ['not_found', 'payer_erased', 'invalid_state'],
    }),
    async c => respond(c, await thawToken(ctxOf(c, changed), c.req.param('id'), bodyOf(c)), changed),
  )

  app.delete(
    '/v1/tokens/:id',
    operation({
      id: 'detachToken',
      tag,
      summary: 'Detach a token',
      description: 'For ever: here at once, then at Stripe.',
      scope: 'tokens:write',
      answers: { 200: { description: 'The token, detached.', schema: tokenSchema } },
      errors: ['not_found', 'payer_erased', 'invalid_state', 'token_detached'],
    }),
    async c => c.json(await detachToken(ctxOf(c), c.req.param('id'), bodyOf(c))),
  )

  return app
}
