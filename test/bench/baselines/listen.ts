// What every baseline shares with panless: its configuration, its check of access tokens, and its listener.
import { loadConfig } from '../../../src/config.ts'
import {
  type AccessTokenVerifier,
  createAccessTokenVerifier,
} from '../../../src/http/authentication/access-token-verifier.ts'
import { createTlsListener } from '../../../src/http/tls.ts'
import { createFetchJson } from '../../../src/outbound/fetch-json.ts'

export const config = loadConfig(process.env, 'serve')

export function ownVerifier(): AccessTokenVerifier {
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

/** Listens until SIGTERM. */
export async function listen({ fetch }: { fetch: unknown }): Promise<void> {
  const listener = await createTlsListener({
    certFile: config.TLS_CERT_FILE as string,
    keyFile: config.TLS_KEY_FILE as string,
    fetch: fetch as Parameters<typeof createTlsListener>[0]['fetch'],
    onError: () => {},
  })
  await listener.listen(config.PORT, '127.0.0.1')
  process.on('SIGTERM', () => process.exit(0))
}
