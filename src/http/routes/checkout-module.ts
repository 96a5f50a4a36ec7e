// The browser module that merchants' pages include, with the hash that lets them pin it (PCI DSS 6.4.3).
import { Hono } from 'hono'
import { z } from 'zod'
import { readAsset } from '../assets.ts'
import type { AppEnv } from '../context.ts'
import { operation } from '../openapi.ts'

const CROSS_ORIGIN = {
  'Access-Control-Allow-Origin': '*',
  'Cross-Origin-Resource-Policy': 'cross-origin',
  'Cache-Control': 'public, max-age=300',
}
const HEADERS = { 'Access-Control-Allow-Origin': 'Any page may load the module.' }

export function checkoutModuleRoutes() {
  const app = new Hono<AppEnv>()
  const module = readAsset('panless-checkout.js')

  app.get(
    '/checkout/v1.js',
    operation({
      id: 'getCheckoutModule',
      tag: 'Checkout',
      summary: 'The module that mounts the card form and saves the card',
      scope: null,
      answers: { 200: { description: 'An ECMAScript module.', mediaType: 'text/javascript', headers: HEADERS } },
    }),
    c => c.body(module.body, 200, { 'Content-Type': 'text/javascript; charset=utf-8', ...CROSS_ORIGIN }),
  )

  app.get(
    '/checkout/v1.json',
    operation({
      id: 'getCheckoutIntegrity',
      tag: 'Checkout',
      summary: 'The address and hash of the module, for the integrity attribute',
      scope: null,
      answers: {
        200: {
          description: 'Subresource integrity of the module as it is served now.',
          schema: z.object({ src: z.string(), integrity: z.string() }),
          headers: HEADERS,
        },
      },
    }),
    c => c.json({ src: '/checkout/v1.js', integrity: module.integrity }, 200, CROSS_ORIGIN),
  )

  return app
}
