// One log line and two metrics for each request: method, route pattern, status and time, never a path or a value.
import type { MiddlewareHandler } from 'hono'
import { routePath } from 'hono/route'
import type { Dependencies } from '../../domain/context.ts'
import { inSpan } from '../../observability/tracing.ts'
import type { AppEnv } from '../context.ts'

export function accessLog({ log, meter }: Pick<Dependencies, 'log' | 'meter'>): MiddlewareHandler<AppEnv> {
  return async function accessLog(c, next) {
    const started = performance.now()
    const { method } = c.req
    await inSpan(`HTTP ${method}`, { 'http.request.method': method }, async span => {
      await next()
      const route = routePath(c, -1)
      span?.setAttribute('http.route', route)
      span?.setAttribute('http.response.status_code', c.res.status)
      const ms = performance.now() - started
      meter.count('http_requests', { method, route, status: String(c.res.status) })
      meter.observe('http_request_seconds', ms / 1000, { method, route })
      const tenant = c.get('access')?.tenantId ?? null
      log.info(
        { request_id: c.get('requestId'), method, route, status: c.res.status, ms: Math.round(ms), tenant },
        'request',
      )
    })
  }
}
