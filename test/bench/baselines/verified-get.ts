// One small answer twice: bare, and behind panless's own authentication.
import { Hono } from 'hono'
import { createSessionTokenSigner, ed25519FromSeed } from '../../../src/crypto/session-token.ts'
import { type AuthenticateVariables, authenticate } from '../../../src/http/middleware/authenticate.ts'
import { listen, ownVerifier } from './listen.ts'

const sessionTokens = createSessionTokenSigner({
  signing: { kid: 'bench', key: ed25519FromSeed(Buffer.alloc(32, 7)) },
})

const app = new Hono<{ Variables: AuthenticateVariables }>()
app.get('/healthz', c => c.json({ status: 'alive' }))
app.get('/bare', c => c.json({ status: 'alive' }))
app.use('/verified', authenticate({ accessTokens: ownVerifier(), sessionTokens, wallNow: () => new Date() }) as never)
app.get('/verified', c => c.json({ status: 'alive' }))

await listen(app)
