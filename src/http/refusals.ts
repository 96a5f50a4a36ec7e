// From what was thrown to the problem that the caller sees; the one place where an error becomes an answer.
import type { Context, Hono } from 'hono'
import { recordDenial } from '../domain/audit/record-denial.ts'
import { refusalOfDatabase } from '../domain/database-refusals.ts'
import { DomainError } from '../domain/errors.ts'
import { errorFields } from '../observability/log.ts'
import { type AppEnv, ctxOf } from './context.ts'
import { PROBLEM_JSON, problemOf } from './problem.ts'

/** Denials that the audit log keeps: somebody was known and asked for what is not theirs. */
const AUDITED = new Set(['insufficient_scope', 'purpose_not_allowed', 'second_person_required', 'origin_not_allowed'])

/** Logs what is a fault of ours, records a denial, and answers what was thrown as a refusal where it is one. */
export async function noteRefusal(error: unknown, c: Context<AppEnv>): Promise<unknown> {
  const refusal = refusalOfDatabase(error) ?? error
  const { dependencies, requestId } = c.var
  if (!(refusal instanceof DomainError) || refusal.code === 'sealing_unavailable') {
    dependencies.log.error({ request_id: requestId, route: c.req.routePath, ...errorFields(error) }, 'a request failed')
  } else if (AUDITED.has(refusal.code) && c.var.access) {
    await recordDenial(ctxOf(c), `${c.req.method} ${c.req.routePath}`, refusal.code).catch(cause =>
      dependencies.log.error({ request_id: requestId, ...errorFields(cause) }, 'a denial could not be recorded'),
    )
  }
  return refusal
}

export async function answerError(error: unknown, c: Context<AppEnv>): Promise<Response> {
  const refusal = await noteRefusal(error, c)
  const problem = problemOf(refusal, c.var.requestId)
  const headers: Record<string, string> = { 'Content-Type': PROBLEM_JSON }
  if (refusal instanceof DomainError && refusal.retryAfterSeconds !== undefined) {
    headers['Retry-After'] = String(Math.max(1, Math.ceil(refusal.retryAfterSeconds)))
  } else if (problem.status === 503) headers['Retry-After'] = '1'
  if (problem.status === 401 || problem.code === 'insufficient_scope') {
    headers['WWW-Authenticate'] = `Bearer realm="panless", error="${problem.code}"`
  }
  return c.body(JSON.stringify(problem), problem.status as 400, headers)
}

/** 405 with the methods that the path takes, else 404. */
export function answerUnknownRoute(app: Hono<AppEnv>, c: Context<AppEnv>): Promise<Response> {
  const offered = methodsOf(app, c.req.path)
  if (offered.length === 0) {
    return answerError(new DomainError('not_found', 'There is no such route. See /docs for those there are.'), c)
  }
  c.header('Allow', offered.join(', '))
  return answerError(new DomainError('method_not_allowed', `This path takes ${offered.join(', ')}.`), c)
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

function methodsOf(app: Hono<AppEnv>, path: string): string[] {
  const middleware = new Set(app.routes.filter(route => route.method === 'ALL').map(route => route.handler))
  return METHODS.filter(method =>
    app.router.match(method, path)[0].some(([[handler]]) => !middleware.has(handler as never)),
  )
}
