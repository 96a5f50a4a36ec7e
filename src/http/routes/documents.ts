// The API's document, and the same for people: one page without a script.
import { Hono } from 'hono'
import { z } from 'zod'
import { type AppEnv, jsonReply } from '../context.ts'
import { docsPage } from '../docs-page.ts'
import { openapiDocument, operation } from '../openapi.ts'
import { READING_PAGE } from '../page-policies.ts'

const keySetSchema = z.object({
  keys: z.array(
    z.object({
      kty: z.literal('OKP'),
      crv: z.literal('Ed25519'),
      x: z.string().meta({ description: 'The public key, 32 bytes in base64url.' }),
      kid: z.string(),
      use: z.literal('sig'),
      alg: z.literal('EdDSA'),
    }),
  ),
})

export function documentRoutes(whole: Hono<AppEnv>, version: string) {
  const app = new Hono<AppEnv>()
  let made: Promise<Record<string, unknown>> | null = null
  const document = () => {
    made ??= openapiDocument(whole as unknown as Hono, version)
    return made
  }

  app.get(
    '/openapi.json',
    operation({
      id: 'getOpenapi',
      tag: 'Documents',
      summary: 'The OpenAPI 3.1 document of this API',
      scope: null,
      answers: { 200: { description: 'The document.', schema: z.looseObject({ openapi: z.string() }) } },
    }),
    async c => {
      const { body } = jsonReply(200, await document())
      return c.body(body, 200, { 'Content-Type': 'application/json' })
    },
  )

  app.get(
    '/.well-known/jwks.json',
    operation({
      id: 'getSigningKeys',
      tag: 'Documents',
      summary: 'The public keys that statements and session tokens are signed with, now and before',
      description:
        'A JWK set (RFC 7517) of Ed25519 keys (RFC 8037). It verifies receipts, checkpoints of the audit log and every ' +
        'other signed statement, also one whose private key is gone since, and the tokens of checkout sessions.',
      scope: null,
      answers: { 200: { description: 'The key set.', schema: keySetSchema } },
    }),
    c => {
      const { statements, sessionTokens } = c.var.dependencies
      const { body } = jsonReply(200, { keys: [...statements.publicKeys(), ...sessionTokens.publicKeys()] })
      return c.body(body, 200, { 'Content-Type': 'application/json', 'Cache-Control': 'public, max-age=300' })
    },
  )

  app.get(
    '/docs',
    operation({
      id: 'getDocs',
      tag: 'Documents',
      summary: 'The document for people',
      scope: null,
      answers: { 200: { description: 'A page without a script.', mediaType: 'text/html' } },
    }),
    async c => {
      c.header('Content-Security-Policy', READING_PAGE)
      return c.html(docsPage(await document()))
    },
  )

  app.get(
    '/docs/style.css',
    operation({
      id: 'getDocsStyle',
      tag: 'Documents',
      summary: 'The style of the page',
      scope: null,
      answers: { 200: { description: 'CSS.', mediaType: 'text/css' } },
    }),
    c =>
      c.body(DOCS_STYLE, 200, { 'Content-Type': 'text/css; charset=utf-8', 'Cache-Control': 'public, max-age=3600' }),
  )

  return app
}

const DOCS_STYLE = `:root{color-scheme:light dark;--ink:#1a1f26;--soft:#5b6572;--line:#d9dee5;--back:#fff;--block:#f5f7f9;--accent:#0b5cad}
@media (prefers-color-scheme:dark){:root{--ink:#e6e9ee;--soft:#9aa5b1;--line:#333b45;--back:#14181d;--block:#1c2229;--accent:#7ab8f5}}
*{box-sizing:border-box}body{margin:0;font:16px/24px system-ui,sans-serif;color:var(--ink);background:var(--back)}
main{max-width:960px;margin:0 auto;padding:24px 16px 64px}h1{font-size:28px;line-height:36px;margin:0 0 8px}h2{font-size:20px;line-height:28px;margin:40px 0 8px;border-bottom:1px solid var(--line)}
a{color:var(--accent)}nav ul{columns:2;padding-left:20px}@media (max-width:600px){nav ul{columns:1}}
details{border:1px solid var(--line);border-radius:8px;margin:8px 0;background:var(--block)}summary{padding:8px 12px;cursor:pointer}
summary code{font-weight:600}.method{display:inline-block;min-width:64px;font:600 13px/20px ui-monospace,monospace;color:var(--accent)}
details>div{padding:0 12px 12px}p{margin:8px 0}.soft{color:var(--soft)}code,pre{font:14px/20px ui-monospace,monospace}code{overflow-wrap:anywhere}
table{border-collapse:collapse;width:100%;font-size:14px;line-height:20px}th,td{text-align:left;vertical-align:top;padding:4px 8px 4px 0;border-bottom:1px solid var(--line)}
`
