// The styles and the script of the pages for people outside the company, each made once.
import { Hono } from 'hono'
import { readAsset, readPageStyle } from '../assets.ts'
import type { AppEnv } from '../context.ts'
import { operation } from '../openapi.ts'

const STYLE = 'text/css'
const FILES = [
  {
    id: 'getpayjs',
    path: '/checkout/pay.js',
    tag: 'Checkout',
    type: 'text/javascript',
    body: readAsset('pay.js').body,
  },
  { id: 'getpaycss', path: '/checkout/pay.css', tag: 'Checkout', type: STYLE, body: readPageStyle('pay.css') },
  {
    id: 'getContactCss',
    path: '/checkout/contact.css',
    tag: 'Inquiries',
    type: STYLE,
    body: readPageStyle('contact.css'),
  },
  { id: 'getRightsStyle', path: '/rights/page.css', tag: 'Pages', type: STYLE, body: readPageStyle('rights.css') },
  { id: 'getPrivacyStyle', path: '/privacy/style.css', tag: 'Pages', type: STYLE, body: readPageStyle('privacy.css') },
]

/** To stand before the pages, whose links and tenants would match some of the names. */
export function pageFileRoutes() {
  const app = new Hono<AppEnv>()
  for (const { id, path, tag, type, body } of FILES) {
    const described = operation({
      id,
      tag,
      summary: 'Part of a page',
      scope: null,
      answers: { 200: { description: 'The file.', mediaType: type } },
    })
    const headers = { 'Content-Type': `${type}; charset=utf-8`, 'Cache-Control': 'public, max-age=300' }
    app.get(path, described, c => c.body(body, 200, headers))
  }
  return app
}
