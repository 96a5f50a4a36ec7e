// Erasures: what one would do, how far each has come, and its receipt.
import { Hono } from 'hono'
import { erasureSchema } from '../../domain/erasures/erasure.ts'
import { getErasure } from '../../domain/erasures/get-erasure.ts'
import { listErasures, listErasuresQuery } from '../../domain/erasures/list-erasures.ts'
import { erasurePreviewSchema, previewErasure } from '../../domain/erasures/preview-erasure.ts'
import { pageOf } from '../../domain/page.ts'
import { type AppEnv, ctxOf, queryOf } from '../context.ts'
import { operation } from '../openapi.ts'

export function erasureRoutes() {
  const app = new Hono<AppEnv>()

  app.get(
    '/v1/payers/:id/erasure-preview',
    operation({
      id: 'previewErasure',
      tag: 'Erasures',
      summary: 'See what erasing a payer would do',
      description: 'What goes, what must stay and by which law, and what must be decided first. Nothing is changed.',
      scope: 'privacy:read',
      answers: { 200: { description: 'The preview.', schema: erasurePreviewSchema } },
      errors: ['not_found', 'payer_erased'],
    }),
    async c => c.json(await previewErasure(ctxOf(c), c.req.param('id'))),
  )

  app.get(
    '/v1/erasures',
    operation({
      id: 'listErasures',
      tag: 'Erasures',
      summary: 'List erasures',
      scope: 'privacy:read',
      query: listErasuresQuery,
      answers: { 200: { description: 'A page, newest first.', schema: pageOf(erasureSchema) } },
    }),
    async c => c.json(await listErasures(ctxOf(c), queryOf(c))),
  )

  app.get(
    '/v1/erasures/:id',
    operation({
      id: 'getErasure',
      tag: 'Erasures',
      summary: 'Read an erasure and its receipt',
      scope: 'privacy:read',
      answers: { 200: { description: 'The erasure.', schema: erasureSchema } },
      errors: ['not_found'],
    }),
    async c => c.json(await getErasure(ctxOf(c), c.req.param('id'))),
  )

  return app
}
