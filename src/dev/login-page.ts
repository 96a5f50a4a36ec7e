// The embedded identity provider's own pages: choosing who one is, without a password, and signing out.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { html, raw } from 'hono/html'
import type { Provider } from 'oidc-provider'
import { accountOf, PEOPLE } from './people.ts'

/** Two short fields. */
const FORM_MAX_BYTES = 1_000
const INTERACTION = /^\/interaction\/[\w-]+$/

export const isLoginPage = (url: string | undefined): boolean => INTERACTION.test(url ?? '')

/** GET shows who one can be; POST goes back to the console as that person. */
export async function answerLogin(
  provider: Provider,
  tenants: readonly string[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    await provider.interactionDetails(request, response)
  } catch {
    response.writeHead(400, HEADERS).end(String(await page('This sign-in has ended', html`<p>Begin again.</p>`)))
    return
  }
  if (request.method !== 'POST') {
    response.writeHead(200, HEADERS).end(String(await loginPage(request.url as string, tenants)))
    return
  }
  const form = await formOf(request)
  const person = PEOPLE.find(({ id }) => id === form?.get('person'))
  const tenant = tenants.find(id => id === form?.get('tenant'))
  if (!person || !tenant) {
    response.writeHead(400, HEADERS).end(String(await loginPage(request.url as string, tenants)))
    return
  }
  const login = { accountId: accountOf(person.id, tenant) }
  await provider.interactionFinished(request, response, { login }, { mergeWithLastSubmission: false })
}

/** `form` is the provider's own, with its token. */
export const logoutPage = (form: string) =>
  page(
    'Sign out',
    html`${raw(form)}<p>End your session at the identity provider too?</p>
<p><button type="submit" form="op.logoutForm" name="logout" value="yes">Sign out</button>
<button type="submit" form="op.logoutForm">Stay signed in here</button></p>`,
  )

const HEADERS = { 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-store' }

const loginPage = (action: string, tenants: readonly string[]) =>
  page(
    'Sign in to panless',
    html`<p>This is the embedded identity provider. It asks for no password: choose who you are.</p>
<form method="post" action="${action}">
<p><label for="tenant">Tenant</label> <select id="tenant" name="tenant">${tenants.map(id => html`<option>${id}</option>`)}</select></p>
${PEOPLE.map(({ id, name }) => html`<p><button name="person" value="${id}">${name}</button></p>`)}
</form>`,
  )

const page = (title: string, body: ReturnType<typeof html>) => html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>:root { color-scheme: light dark } body { font: 16px/24px system-ui, sans-serif; max-width: 400px; margin: 48px auto; padding: 0 16px }
button, select { font: inherit; padding: 8px 16px } form button { width: 100%; text-align: left }</style></head>
<body><main><h1>${title}</h1>${body}</main></body></html>`

async function formOf(request: IncomingMessage): Promise<URLSearchParams | null> {
  let text = ''
  for await (const chunk of request) {
    text += chunk
    if (text.length > FORM_MAX_BYTES) return null
  }
  return new URLSearchParams(text)
}
