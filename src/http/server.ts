// Starts the HTTP door: TLS in the process or behind a trusted proxy, and the metrics on a port of their own.
import { createServer, type Server } from 'node:http'
import { errorFields } from '../observability/log.ts'
import { createFetchJson } from '../outbound/fetch-json.ts'
import type { Vault } from '../vault.ts'
import { createApp } from './app.ts'
import { createAccessTokenVerifier } from './authentication/access-token-verifier.ts'
import { createJwksSource } from './authentication/jwks-source.ts'
import { parseTrustedProxies } from './client-address.ts'
import { createPlainListener } from './plain-listener.ts'
import { createTlsListener } from './tls.ts'
import { VERSION } from './version.ts'

export type RunningServer = { port: number; metricsPort: number; close(graceMs: number): Promise<void> }

export async function startServer(vault: Vault): Promise<RunningServer> {
  const { config, dependencies } = vault
  const { log, clock } = dependencies
  const accessTokens = createAccessTokenVerifier({
    issuer: config.AUTH_ISSUER,
    audience: config.AUTH_AUDIENCE,
    tenantClaim: config.AUTH_TENANT_CLAIM,
    scopeClaim: config.AUTH_SCOPE_CLAIM,
    wallNow: clock.wall,
    fetchJwks: createJwksSource({
      issuer: config.AUTH_ISSUER,
      jwksUrl: config.AUTH_JWKS_URL,
      fetchJson: createFetchJson({ caFile: config.AUTH_CA_FILE }),
      wallNow: clock.wall,
    }),
    onFetchFailed: error => log.warn(errorFields(error), "the issuer's keys cannot be read"),
  })
  const trusted = config.TLS_MODE === 'proxy' ? parseTrustedProxies(config.TRUSTED_PROXIES ?? []) : undefined
  const publicUrl = dependencies.settings.publicUrl
  const signIn =
    config.CONSOLE_CLIENT_ID && config.CONSOLE_CLIENT_SECRET
      ? (await import('../outbound/sign-in.ts')).createSignIn({
          issuer: config.AUTH_ISSUER,
          clientId: config.CONSOLE_CLIENT_ID,
          clientSecret: config.CONSOLE_CLIENT_SECRET.reveal(),
          caFile: config.AUTH_CA_FILE,
          callbackUrl: `${publicUrl}/console/callback`,
          afterEndUrl: `${publicUrl}/console/signed-out`,
          wallNow: clock.wall,
        })
      : undefined
  const app = createApp({
    dependencies,
    accessTokens,
    trusted,
    callerLimit: { burst: config.RATE_LIMIT_PER_SECOND * 4, perSecond: config.RATE_LIMIT_PER_SECOND },
    stripeJsUrl: config.STRIPE_JS_URL,
    version: VERSION,
    signIn,
    claims: config,
  })
  const onError = (error: unknown, what: string) =>
    log.warn({ ...errorFields(error), cause: what }, 'a connection failed')
  const fetch = app.fetch as Parameters<typeof createPlainListener>[0]['fetch']
  const listener = trusted
    ? createPlainListener({ trusted, fetch, onError })
    : await createTlsListener({
        certFile: config.TLS_CERT_FILE as string,
        keyFile: config.TLS_KEY_FILE as string,
        fetch,
        onError,
        onReload: () => log.info({}, 'the certificate was replaced'),
      })
  void accessTokens.warmUp()
  const metrics = await serveMetrics(vault, config.METRICS_PORT)
  const port = await listener.listen(config.PORT, config.HOST).catch(async error => {
    await metrics.close()
    throw error
  })
  return {
    port,
    metricsPort: metrics.port,
    async close(graceMs) {
      await Promise.all([listener.close(graceMs), metrics.close()])
    },
  }
}

/** Metrics speak plain HTTP on an address of their own, loopback unless told; nothing else is served there. */
export async function serveMetrics(vault: Vault, port: number): Promise<{ port: number; close(): Promise<void> }> {
  const server: Server = createServer(async (request, response) => {
    if (request.method !== 'GET' || request.url !== '/metrics') {
      response.writeHead(404).end()
      return
    }
    const { contentType, body } = await vault.metrics.text()
    response.writeHead(200, { 'Content-Type': contentType, 'Cache-Control': 'no-store' }).end(body)
  })
  server.maxConnections = 20
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen(port, vault.config.METRICS_HOST, resolve)
  await promise
  return {
    port: (server.address() as { port: number }).port,
    close: () =>
      new Promise(done => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
}
