/** The simulator's HTTP side, as a table of contents: the API, the control side, the browser's files. */
import type { HttpBindings } from '@hono/node-server'
import { Hono } from 'hono'
import { answerApiRequest } from './api/door.ts'
import { addBrowserSide } from './browser/browser-app.ts'
import { controlApp } from './control/control-app.ts'
import { ALL_ROUTES } from './resources/all-routes.ts'
import type { Simulator } from './state/simulator.ts'

export function simulatorApp(simulator: Simulator): Hono<{ Bindings: HttpBindings }> {
  const app = new Hono<{ Bindings: HttpBindings }>()
  for (const route of ALL_ROUTES) {
    app.on(route.method, route.path, c => answerApiRequest(simulator, route, c))
  }
  const browserPaths = new Set(ALL_ROUTES.filter(route => route.browser !== 'no').map(route => route.path))
  for (const path of browserPaths) {
    app.options(path, c => c.body(null, 204, PREFLIGHT))
  }
  app.route('/_simulator', controlApp(simulator))
  addBrowserSide(app, simulator)
  app.notFound(c => answerApiRequest(simulator, null, c))
  app.onError((error, c) => {
    console.error(error)
    return c.json({ error: { type: 'api_error', message: 'The simulator failed; see its standard error.' } }, 500)
  })
  return app
}

/** What Stripe.js may send from any page. */
const PREFLIGHT = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'GET, POST',
  'access-control-allow-headers': 'authorization, content-type, idempotency-key, stripe-account, stripe-version',
  'access-control-max-age': '300',
}
