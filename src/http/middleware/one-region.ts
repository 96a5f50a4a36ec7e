// Nothing is changed while deployment, database and tenants are not of one region; what only reads goes on.
import type { MiddlewareHandler } from 'hono'
import type { Dependencies } from '../../domain/context.ts'

const READS = new Set(['GET', 'HEAD', 'OPTIONS'])

/** @throws region_mismatch */
export function oneRegion({ region }: Pick<Dependencies, 'region'>): MiddlewareHandler {
  return async function oneRegion(c, next) {
    if (!READS.has(c.req.method)) await region.requireAgreement()
    await next()
  }
}
