// Baseline: panless's own listener, authentication and body reading, and the Stripe calls of tokenize; no database.
import { Hono } from 'hono'
import { loadConfig } from '../../../src/config.ts'
import { createAccessTokenVerifier } from '../../../src/http/authentication/access-token-verifier.ts'
import { createTlsListener } from '../../../src/http/tls.ts'
import { createFetchJson } from '../../../src/outbound/fetch-json.ts'
import { createStripeGateway } from '../../../src/stripe/gateway.ts'

const config = loadConfig(process.env, 'serve')
const stripe = createStripeGateway({ apiBase: config.STRIPE_API_BASE, requestsPerSecond: 0 })
const account = stripe.forAccount(config.STRIPE_SECRET_KEY?.reveal() as string)
const fetchJson = createFetchJson({})
const accessTokens = createAccessTokenVerifier({
  issuer: config.AUTH_ISSUER,
  audience: config.AUTH_AUDIENCE,
  tenantClaim: 'tenant',
  scopeClaim: 'scope',
  wallNow: () => new Date(),
  fetchJwks: () => fetchJson(`${config.AUTH_ISSUER}/jwks`),
})

const app = new Hono()
app.get('/healthz', c => c.json({ status: 'alive' }))
app.get('/bare', c => c.json({ status: 'alive' }))
app.post('/v1/tokens', async c => {
  await accessTokens.verify((c.req.header('authorization') ?? '').slice(7))
  const { payment_method: name } = await c.req.json<{ payment_method: string }>()
  const read = await account.retrievePaymentMethod(name)
  const attached = await account.attachPaymentMethod(read.id, 'cus_bench', `attach-${read.id}`)
  return c.json({ id: attached.id, object: 'token' }, 201)
})

const listener = await createTlsListener({
  certFile: config.TLS_CERT_FILE as string,
  keyFile: config.TLS_KEY_FILE as string,
  fetch: app.fetch as Parameters<typeof createTlsListener>[0]['fetch'],
  onError: () => {},
})
await listener.listen(config.PORT, '127.0.0.1')
process.on('SIGTERM', () => process.exit(0))
