// A token for a tenant that this deployment does not hold opens nothing.
import type { MiddlewareHandler } from 'hono'
import type { Dependencies } from '../../domain/context.ts'
import { DomainError } from '../../domain/errors.ts'
import type { AppEnv } from '../context.ts'

/** Behind `authenticate`. @throws invalid_token */
export function tenantExists({ tenants }: Pick<Dependencies, 'tenants'>): MiddlewareHandler<AppEnv> {
  return async function tenantExists(c, next) {
    if (!(await tenants.find(c.get('access').tenantId))) {
      throw new DomainError('invalid_token', 'The token names a tenant that is not served here.')
    }
    await next()
  }
}
