// A language school's shop, as a merchant would build it: its back end holds the checkout client, its page no secret.
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { requestAccessToken } from '../access-token.ts'
import { openHttpsClient } from '../https-client.ts'
import type { ClientCredentials } from '../identity-provider.ts'
import { shopPage } from './shop-page.ts'

export type ShopArguments = {
  port: number
  certFile: string
  keyFile: string
  caFile: string
  serviceUrl: string
  tokenEndpoint: string
  client: ClientCredentials
  tenant: string
  stripeJsUrl: string
}

const TOKEN_REUSE_MS = 60_000
const FORM_BYTES_MAX = 4_096
const SHORT_NAME_MAX = 80

export async function createShop(given: ShopArguments, ca: string) {
  const https = openHttpsClient(ca)
  const asset = (name: string) => readFileSync(new URL(`./assets/${name}`, import.meta.url), 'utf8')
  let token = { value: '', until: 0 }

  async function call(path: string, body: unknown): Promise<{ status: number; json: Record<string, unknown> }> {
    if (performance.now() > token.until) {
      const scope = 'payers:write checkout:create'
      const value = await requestAccessToken(https, {
        tokenEndpoint: given.tokenEndpoint,
        client: given.client,
        tenant: given.tenant,
        scope,
      })
      token = { value, until: performance.now() + TOKEN_REUSE_MS }
    }
    const headers = {
      authorization: `Bearer ${token.value}`,
      'content-type': 'application/json',
      'idempotency-key': `shop-${randomUUID()}`,
    }
    const answer = await https.send('POST', `${given.serviceUrl}${path}`, headers, JSON.stringify(body))
    return { status: answer.status, json: answer.json as Record<string, unknown> }
  }

  const integrity = async () => {
    const answer = await https.send('GET', `${given.serviceUrl}/checkout/v1.json`)
    return (answer.json as { integrity: string }).integrity
  }

  const app = new Hono()
  const policy = policyOf(given)
  app.use(async (c, next) => {
    await next()
    c.header('Content-Security-Policy', policy)
    c.header('Strict-Transport-Security', 'max-age=31536000')
    c.header('X-Content-Type-Options', 'nosniff')
    c.header('Referrer-Policy', 'no-referrer')
  })

  app.get('/', async c =>
    c.html(
      shopPage({
        moduleUrl: `${given.serviceUrl}/checkout/v1.js`,
        integrity: await integrity(),
        stripeJsUrl: given.stripeJsUrl,
      }),
    ),
  )
  app.get('/shop.js', c => c.body(asset('shop.js'), 200, { 'Content-Type': 'text/javascript; charset=utf-8' }))
  app.get('/shop.css', c => c.body(asset('shop.css'), 200, { 'Content-Type': 'text/css; charset=utf-8' }))

  app.post('/session', bodyLimit({ maxSize: FORM_BYTES_MAX }), async c => {
    const body = await c.req.json<{ short_name?: unknown }>().catch(() => ({ short_name: undefined }))
    const shortName = typeof body.short_name === 'string' ? body.short_name.trim().slice(0, SHORT_NAME_MAX) : ''
    if (shortName === '') return c.json({ message: 'Choose a short name.' }, 422)
    const payer = await call('/v1/payers', { short_name: shortName, locale: 'en' })
    if (payer.status !== 201) return c.json({ message: String(payer.json.detail) }, 422)
    const session = await call('/v1/checkout-sessions', {
      payer: payer.json.id,
      usage: 'off_session',
      consent: { text_version: '2026-11-01', locale: 'en' },
    })
    if (session.status !== 201) return c.json({ message: 'The checkout could not be opened. Please try again.' }, 502)
    const { setup_intent_client_secret, publishable_key, session_token } = session.json
    return c.json({ payer: payer.json.id, setup_intent_client_secret, publishable_key, session_token }, 201, {
      'Cache-Control': 'no-store',
    })
  })

  return app
}

/** Scripts: the shop's own, panless's module, Stripe.js. Frames: Stripe's. Nothing inline. */
function policyOf({ serviceUrl, stripeJsUrl }: ShopArguments): string {
  const stripe = new URL(stripeJsUrl).origin
  return [
    "default-src 'none'",
    `script-src 'self' ${serviceUrl}/checkout/v1.js ${stripeJsUrl}`,
    `connect-src 'self' ${serviceUrl} ${stripe}`,
    `frame-src ${stripe}`,
    "style-src 'self'",
    "img-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ')
}
