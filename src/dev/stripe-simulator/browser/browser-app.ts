/** The browser's part, under /v3: the script for merchants' pages, and the pages of the frames that it opens. */
import { readFileSync } from 'node:fs'
import type { HttpBindings } from '@hono/node-server'
import type { Hono } from 'hono'
import { z } from 'zod'
import { completeAuthentication } from '../control/complete-authentication.ts'
import { bodyOf, ControlError, refuseBrowsers } from '../control/control-request.ts'
import type { Simulator } from '../state/simulator.ts'

/** The path of the script that stands in for js.stripe.com's. */
export const STRIPE_JS_PATH = '/v3/stripe.js'

/** A frame loads its own script and style and talks to its own origin, and may be put into any merchant's page. */
const FRAME_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors http: https:"

const TYPES = { css: 'text/css', html: 'text/html', js: 'text/javascript' } as const

interface Asset {
  path: string
  file: `${string}.${keyof typeof TYPES}`
}

const ASSETS: readonly Asset[] = [
  { path: STRIPE_JS_PATH, file: 'stripe.js' },
  { path: '/v3/element', file: 'element.html' },
  { path: '/v3/element.js', file: 'element.js' },
  { path: '/v3/element-texts.js', file: 'element-texts.js' },
  { path: '/v3/frame.css', file: 'frame.css' },
  { path: '/v3/authenticate', file: 'authenticate.html' },
  { path: '/v3/authenticate.js', file: 'authenticate.js' },
]

const authenticateSchema = z.strictObject({ client_secret: z.string().max(200), outcome: z.enum(['succeed', 'fail']) })

export function addBrowserSide(app: Hono<{ Bindings: HttpBindings }>, simulator: Simulator): void {
  for (const { path, file } of ASSETS) {
    const body = readFileSync(new URL(`./assets/${file}`, import.meta.url), 'utf8')
    const headers = headersFor(file)
    app.get(path, c => c.body(body, 200, headers))
  }
  app.post('/v3/authenticate', async c => {
    try {
      refuseBrowsers(simulator, c)
      const { client_secret, outcome } = await bodyOf(c, authenticateSchema)
      const intent = completeAuthentication(simulator, idOf(simulator, client_secret), outcome)
      return c.json({ status: intent.status })
    } catch (error) {
      if (!(error instanceof ControlError)) throw error
      return c.json({ error: { message: error.message } }, error.status)
    }
  })
}

/** The intent whose client secret this is; the secret is all that a payer's browser has. */
function idOf(simulator: Simulator, clientSecret: string): string {
  const id = clientSecret.split('_secret_')[0] ?? ''
  for (const { tables } of simulator.accounts.values()) {
    const intent = tables.payment_intents.get(id) ?? tables.setup_intents.get(id)
    if (intent?.view.client_secret === clientSecret) return id
  }
  throw new ControlError(404, 'No intent has this client secret')
}

function headersFor(file: Asset['file']): Record<string, string> {
  const extension = file.slice(file.lastIndexOf('.') + 1) as keyof typeof TYPES
  return {
    'content-type': `${TYPES[extension]}; charset=utf-8`,
    'cache-control': 'no-cache',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-resource-policy': 'cross-origin',
    ...(extension === 'html' && { 'content-security-policy': FRAME_POLICY }),
    ...(file === 'stripe.js' && { 'access-control-allow-origin': '*' }),
  }
}
