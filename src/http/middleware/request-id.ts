// Takes the caller's X-Request-Id when it is harmless, makes one otherwise, and gives it back with every answer.
import { randomUUID } from 'node:crypto'
import type { MiddlewareHandler } from 'hono'
import { containsCardNumber } from '../../crypto/pan.ts'
import type { Dependencies } from '../../domain/context.ts'
import type { AppEnv } from '../context.ts'

type RequestIdEnv = AppEnv & { Bindings: { outgoing?: { setHeader(name: string, value: string): unknown } } }

const FORM = /^[A-Za-z0-9._-]{8,128}$/

/** Also hands the dependencies to what follows. */
export function requestId(dependencies: Dependencies): MiddlewareHandler<RequestIdEnv> {
  return async function requestId(c, next) {
    const given = c.req.header('x-request-id')
    const id = given !== undefined && FORM.test(given) && !containsCardNumber(given) ? given : randomUUID()
    c.set('dependencies', dependencies)
    c.set('requestId', id)
    const outgoing = c.env?.outgoing
    // As the security headers: Node keeps it beside the answer's own headers, and no Headers object has to be made.
    if (outgoing) outgoing.setHeader('X-Request-Id', id)
    else c.header('X-Request-Id', id)
    await next()
  }
}
