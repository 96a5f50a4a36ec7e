// Whether this process lives, and whether it can do its work.
import { Hono } from 'hono'
import { z } from 'zod'
import type { Dependencies } from '../../domain/context.ts'
import { createReadiness } from '../../domain/readiness.ts'
import type { AccessTokenVerifier } from '../authentication/access-token-verifier.ts'
import type { AppEnv } from '../context.ts'
import { operation } from '../openapi.ts'

const part = z.enum(['ok', 'degraded', 'failed'])
const readySchema = z.object({
  status: z.enum(['ready', 'not_ready']),
  checks: z.object({ database: part, keyring: part, region: part, stripe: part, issuer: part }),
})

export function healthRoutes(options: {
  dependencies: Dependencies
  accessTokens: Pick<AccessTokenVerifier, 'state'>
}) {
  const app = new Hono<AppEnv>()
  const readiness = createReadiness(options.dependencies)

  app.get(
    '/healthz',
    operation({
      id: 'getHealth',
      tag: 'Operations',
      summary: 'Whether the process is alive',
      scope: null,
      answers: { 200: { description: 'It is.', schema: z.object({ status: z.literal('alive') }) } },
    }),
    c => c.json({ status: 'alive' as const }),
  )

  app.get(
    '/readyz',
    operation({
      id: 'getReadiness',
      tag: 'Operations',
      summary: 'Whether the process can do its work',
      description:
        '503 only when the database or the keyring cannot be used, or deployment, database and tenants are not of one region; Stripe and the issuer are `degraded` with 200.',
      scope: null,
      answers: {
        200: { description: 'Ready.', schema: readySchema },
        503: { description: 'Not ready.', schema: readySchema },
      },
    }),
    async c => {
      const checks = await readiness(options.accessTokens.state())
      const ready = checks.database === 'ok' && checks.keyring === 'ok' && checks.region === 'ok'
      return c.json({ status: ready ? ('ready' as const) : ('not_ready' as const), checks }, ready ? 200 : 503)
    },
  )

  return app
}
