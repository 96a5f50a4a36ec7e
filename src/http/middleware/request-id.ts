// Takes the caller's X-Request-Id when it is harmless, makes one otherwise, and gives it back with every answer.
import { randomUUID } from 'node:crypto'
import type { MiddlewareHandler } from 'hono'
import { containsCardNumber } from '../../crypto/pan.ts'
import type { Dependencies } from '../../domain/context.ts'
import type { AppEnv } from '../context.ts'

const FORM = /^[A-Za-z0-9._-]{8,128}$/

/** Also hands the dependencies to what follows. */
export function requestId(dependencies: Dependencies): MiddlewareHandler<AppEnv> {
  return async function requestId(c, next) {
    const given = c.req.header('x-request-id')
    const id = given !== undefined && FORM.test(given) && !containsCardNumber(given) ? given : randomUUID()
    c.set('dependencies', dependencies)
    c.set('requestId', id)
    c.header('X-Request-Id', id)
    await next()
  }
}
