// What the baselines of an endpoint share: panless's own listener and everything that its requests pass before their route.
import { Hono } from 'hono'
import { loadConfig } from '../../../src/config.ts'
import type { Dependencies } from '../../../src/domain/context.ts'
import {
  type AccessTokenVerifier,
  createAccessTokenVerifier,
} from '../../../src/http/authentication/access-token-verifier.ts'
import type { AppEnv } from '../../../src/http/context.ts'
import { addDoor } from '../../../src/http/door.ts'
import { createTlsListener } from '../../../src/http/tls.ts'
import { createFetchJson } from '../../../src/outbound/fetch-json.ts'
import { openVault } from '../../../src/vault.ts'

export const config = loadConfig(process.env, 'serve')

/** Starts a server whose only route behind the door is the one that `addRoute` adds; ends with SIGTERM. */
export async function serveBehindTheDoor(
  addRoute: (app: Hono<AppEnv>, dependencies: Dependencies) => void,
  accessTokens: Pick<AccessTokenVerifier, 'verify'> = ownVerifier(),
): Promise<void> {
  const { dependencies } = await openVault({ config, process: 'serve' })
  const app = new Hono<AppEnv>()
  const perSecond = config.RATE_LIMIT_PER_SECOND
  addDoor(app, { dependencies, accessTokens, callerLimit: { burst: perSecond * 4, perSecond } })
  app.get('/healthz', c => c.json({ status: 'alive' }))
  addRoute(app, dependencies)
  const listener = await createTlsListener({
    certFile: config.TLS_CERT_FILE as string,
    keyFile: config.TLS_KEY_FILE as string,
    fetch: app.fetch as Parameters<typeof createTlsListener>[0]['fetch'],
    onError: () => {},
  })
  await listener.listen(config.PORT, '127.0.0.1')
  process.on('SIGTERM', () => process.exit(0))
}

function ownVerifier(): AccessTokenVerifier {
  const fetchJson = createFetchJson({})
  return createAccessTokenVerifier({
    issuer: config.AUTH_ISSUER,
    audience: config.AUTH_AUDIENCE,
    tenantClaim: config.AUTH_TENANT_CLAIM,
    scopeClaim: config.AUTH_SCOPE_CLAIM,
    wallNow: () => new Date(),
    fetchJwks: () => fetchJson(`${config.AUTH_ISSUER}/jwks`),
  })
}
