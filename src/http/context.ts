// From a request to the context of a verb, and from a verb's answer to the response.
import type { Context, Env } from 'hono'
import type { View } from '../console/view.ts'
import { addressHash } from '../crypto/address-hash.ts'
import { canonicalJson } from '../crypto/canonical-json.ts'
import type { Actor, Ctx, Dependencies } from '../domain/context.ts'
import { DomainError } from '../domain/errors.ts'
import type { Answer, IdempotencyInput, StoredReply } from '../domain/idempotency/request.ts'
import { FAULTS_MAX, toPointer, UnfitInput } from '../domain/parse-input.ts'
import type { Access } from './middleware/authenticate.ts'

export type AppEnv = Env & {
  Variables: {
    dependencies: Dependencies
    requestId: string
    access: Access
    clientAddress: string | null
    body: { raw: Buffer; json: unknown } | null
    /** Of a page of the console. */
    view: View
  }
}

export type AppContext = Context<AppEnv>

type Render<Result> = (result: Result) => StoredReply

const KEY = /^[\x21-\x7e]{1,255}$/

/** The context of a request that was authenticated. */
export function ctxOf<Result>(c: AppContext, render: Render<Result> | null = null): Ctx {
  const access = c.get('access')
  return { ...baseCtx(c), actor: actorOf(c, access), tenantId: access.tenantId, idempotency: idempotencyOf(c, render) }
}

/** The context of a request that carries its own proof: a signed link, a signed event. */
export function ctxFor(c: AppContext, actor: Actor, tenantId: string): Ctx {
  return { ...baseCtx(c), actor, tenantId, idempotency: null }
}

function baseCtx(c: AppContext) {
  // Each read of `c.var` makes an object of all variables.
  const dependencies = c.get('dependencies')
  const requestId = c.get('requestId')
  const clientAddress = c.get('clientAddress')
  const userAgent = c.req.header('user-agent')?.slice(0, 500) ?? null
  return {
    ...dependencies,
    requestId,
    addressHash: clientAddress ? addressHash(dependencies.keyring.derive('address-hash'), clientAddress) : null,
    client: { address: clientAddress, userAgent },
  }
}

function actorOf(c: AppContext, access: Access): Actor {
  switch (access.kind) {
    case 'service':
      return { kind: 'service', subject: access.subject, clientId: access.clientId, scopes: access.scopes }
    case 'staff':
      return { kind: 'staff', subject: access.subject, sessionId: access.sessionId, scopes: access.scopes }
    case 'session':
      return { kind: 'session', sessionId: access.sessionId, origin: c.req.header('origin') ?? null }
  }
}

function idempotencyOf<Result>(c: AppContext, render: Render<Result> | null): IdempotencyInput {
  if (render === null) return null
  const header = c.req.header('idempotency-key')
  if (header === undefined) return { fault: 'missing' }
  const quoted = /^"(.*)"$/s.exec(header)
  const key = quoted ? (quoted[1] as string) : header
  if (!KEY.test(key)) return { fault: 'invalid' }
  return {
    key,
    route: `${c.req.method} ${c.req.routePath}`,
    // Asked for once the verb has parsed its input, so what cannot be written canonically was refused before.
    get fingerprint() {
      return canonicalJson([c.req.path, c.get('body')?.json ?? null])
    },
    render: result => render(result as Result),
  }
}

export const jsonReply = (status: number, value: unknown): StoredReply => ({
  status,
  body: JSON.stringify(value),
  contentType: 'application/json',
})

/** The stored reply, or the one just made, as it was sent the first time. */
export function respond<Result>(c: AppContext, answer: Answer<Result>, render: Render<Result>): Response {
  const reply = answer.kind === 'replayed' ? answer.reply : (answer.reply ?? render(answer.result))
  const headers: Record<string, string> = { 'Content-Type': reply.contentType }
  if (answer.kind === 'replayed') headers['Idempotency-Replayed'] = 'true'
  return c.body(reply.body, reply.status as 200, headers)
}

/** The query as an object for the verb's schema. A name given twice is refused. @throws validation_failed */
export function queryOf(c: AppContext): Record<string, string> {
  const pairs = queryPairs(c)
  const names = pairs.map(([name]) => name)
  const repeated = names.find((name, at) => names.indexOf(name) !== at)
  if (repeated !== undefined) {
    throw new DomainError('validation_failed', 'A query parameter is given twice.', {
      errors: [{ pointer: toPointer([repeated]), code: 'repeated', detail: 'may be given once only' }],
    })
  }
  return Object.fromEntries(pairs)
}

/** The body for the verb's schema. A route with a body takes no query; the verb says so when it parses its input. */
export function bodyOf(c: AppContext): unknown {
  const fault = strayQuery(c)
  return fault === null ? c.get('body')?.json : new UnfitInput(fault)
}

/** The refusal of a query where there is none to give. */
export function strayQuery(c: AppContext): DomainError | null {
  const pairs = queryPairs(c)
  if (pairs.length === 0) return null
  return new DomainError('validation_failed', 'This request takes no query parameters.', {
    errors: [...new Set(pairs.map(([name]) => name))].slice(0, FAULTS_MAX).map(name => ({
      pointer: toPointer([name]),
      code: 'unknown_parameter',
      detail: 'is not a parameter of this request',
    })),
  })
}

function queryPairs(c: AppContext): [string, string][] {
  const { url } = c.req
  const mark = url.indexOf('?')
  return mark < 0 ? [] : [...new URLSearchParams(url.slice(mark + 1))]
}
