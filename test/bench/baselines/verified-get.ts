// One small answer twice: bare, and behind panless's own authentication.
import { Hono } from 'hono'
import { loadConfig } from '../../../src/config.ts'
import { createSessionTokenSigner, ed25519FromSeed } from '../../../src/crypto/session-token.ts'
import { createAccessTokenVerifier } from '../../../src/http/authentication/access-token-verifier.ts'
import { type AuthenticateVariables, authenticate } from '../../../src/http/middleware/authenticate.ts'
import { createTlsListener } from '../../../src/http/tls.ts'
import { createFetchJson } from '../../../src/outbound/fetch-json.ts'

const config = loadConfig(process.env, 'serve')
const fetchJson = createFetchJson({})
const wallNow = () => new Date()
const accessTokens = createAccessTokenVerifier({
  issuer: config.AUTH_ISSUER,
  audience: config.AUTH_AUDIENCE,
  tenantClaim: 'tenant',
  scopeClaim: 'scope',
  wallNow,
  fetchJwks: () => fetchJson(`${config.AUTH_ISSUER}/jwks`),
})
const sessionTokens = createSessionTokenSigner({
  signing: { kid: 'bench', key: ed25519FromSeed(Buffer.alloc(32, 7)) },
})

const app = new Hono<{ Variables: AuthenticateVariables }>()
app.get('/healthz', c => c.json({ status: 'alive' }))
app.get('/bare', c => c.json({ status: 'alive' }))
app.use('/verified', authenticate({ accessTokens, sessionTokens, wallNow }) as never)
app.get('/verified', c => c.json({ status: 'alive' }))

const listener = await createTlsListener({
  certFile: config.TLS_CERT_FILE as string,
  keyFile: config.TLS_KEY_FILE as string,
  fetch: app.fetch as Parameters<typeof createTlsListener>[0]['fetch'],
  onError: () => {},
})
await listener.listen(config.PORT, '127.0.0.1')
process.on('SIGTERM', () => process.exit(0))
