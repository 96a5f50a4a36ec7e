// Reconciliation for finance: runs, payouts, exceptions, coverage; the exports stand beside.
import { Hono } from 'hono'
import { pageOf } from '../../domain/page.ts'
import { exceptionSchema } from '../../domain/reconciliation/exception.ts'
import { coverageQuery, coverageSchema, getCoverage } from '../../domain/reconciliation/get-coverage.ts'
import { getPayout } from '../../domain/reconciliation/get-payout.ts'
import { getReconciliation } from '../../domain/reconciliation/get-reconciliation.ts'
import { listExceptions, listExceptionsQuery } from '../../domain/reconciliation/list-exceptions.ts'
import { listPayouts, listPayoutsQuery } from '../../domain/reconciliation/list-payouts.ts'
import { listReconciliations, listReconciliationsQuery } from '../../domain/reconciliation/list-reconciliations.ts'
import { payoutDetailSchema, payoutSchema } from '../../domain/reconciliation/payout.ts'
import { type ReconciliationView, reconciliationSchema } from '../../domain/reconciliation/reconciliation.ts'
import { startReconciliation, startReconciliationInput } from '../../domain/reconciliation/start-reconciliation.ts'
import { type AppEnv, bodyOf, ctxOf, jsonReply, queryOf, respond } from '../context.ts'
import { operation } from '../openapi.ts'
import { exportRoutes } from './exports.ts'

const accepted = (reconciliation: ReconciliationView) => jsonReply(202, reconciliation)

export function reconciliationRoutes() {
  const app = new Hono<AppEnv>()
  runs(app)
  findings(app)
  app.route('/', exportRoutes())
  return app
}

function runs(app: Hono<AppEnv>): void {
  app.post(
    '/v1/reconciliations',
    operation({
      id: 'startReconciliation',
      tag: 'Reconciliation',
      summary: 'Reconcile a stretch of time',
      description: "Stripe's balance transactions and payouts of the time are read again whole, matched, and compared.",
      scope: 'reconciliation:write',
      idempotent: true,
      body: startReconciliationInput,
      answers: { 202: { description: 'It will run.', schema: reconciliationSchema } },
    }),
    async c => respond(c, await startReconciliation(ctxOf(c, accepted), bodyOf(c)), accepted),
  )

  app.get(
    '/v1/reconciliations',
    operation({
      id: 'listReconciliations',
      tag: 'Reconciliation',
      summary: 'List reconciliations',
      scope: 'reconciliation:read',
      query: listReconciliationsQuery,
      answers: { 200: { description: 'A page, newest first.', schema: pageOf(reconciliationSchema) } },
    }),
    async c => c.json(await listReconciliations(ctxOf(c), queryOf(c))),
  )

  app.get(
    '/v1/reconciliations/:id',
    operation({
      id: 'getReconciliation',
      tag: 'Reconciliation',
      summary: 'Read a reconciliation',
      scope: 'reconciliation:read',
      answers: { 200: { description: 'The reconciliation.', schema: reconciliationSchema } },
      errors: ['not_found'],
    }),
    async c => c.json(await getReconciliation(ctxOf(c), c.req.param('id'))),
  )
}

function findings(app: Hono<AppEnv>): void {
  app.get(
    '/v1/payouts',
    operation({
      id: 'listPayouts',
      tag: 'Reconciliation',
      summary: 'List payouts with their tie-outs',
      scope: 'reconciliation:read',
      query: listPayoutsQuery,
      answers: { 200: { description: 'A page, newest first.', schema: pageOf(payoutSchema) } },
    }),
    async c => c.json(await listPayouts(ctxOf(c), queryOf(c))),
  )

  app.get(
    '/v1/payouts/:id',
    operation({
      id: 'getPayout',
      tag: 'Reconciliation',
      summary: 'Read a payout: vault, balance lines and amount, and the rows that differ',
      scope: 'reconciliation:read',
      answers: { 200: { description: 'The payout.', schema: payoutDetailSchema } },
      errors: ['not_found'],
    }),
    async c => c.json(await getPayout(ctxOf(c), c.req.param('id'))),
  )

  app.get(
    '/v1/exceptions',
    operation({
      id: 'listExceptions',
      tag: 'Reconciliation',
      summary: 'List differences between the vault and Stripe',
      scope: 'reconciliation:read',
      query: listExceptionsQuery,
      answers: { 200: { description: 'A page, newest first.', schema: pageOf(exceptionSchema) } },
    }),
    async c => c.json(await listExceptions(ctxOf(c), queryOf(c))),
  )

  app.get(
    '/v1/coverage',
    operation({
      id: 'getCoverage',
      tag: 'Reconciliation',
      summary: 'Whether every balance line is classed and every settled charge matched, or listed',
      scope: 'reconciliation:read',
      query: coverageQuery,
      answers: { 200: { description: 'The coverage.', schema: coverageSchema } },
    }),
    async c => c.json(await getCoverage(ctxOf(c), queryOf(c))),
  )
}
