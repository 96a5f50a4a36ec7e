// What the baselines of an endpoint share: everything that panless's requests pass before their route.
import { Hono } from 'hono'
import type { Dependencies } from '../../../src/domain/context.ts'
import type { AccessTokenVerifier } from '../../../src/http/authentication/access-token-verifier.ts'
import type { AppEnv } from '../../../src/http/context.ts'
import { addDoor } from '../../../src/http/door.ts'
import { openVault } from '../../../src/vault.ts'
import { config, listen, ownVerifier } from './listen.ts'

/** Starts a server whose only route behind the door is the one that `addRoute` adds. */
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
  await listen(app)
}
