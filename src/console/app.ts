// The contents page of the console: the checks that every request passes, then the pages.
import { createHash } from 'node:crypto'
import { Hono } from 'hono'
import { DomainError } from '../domain/errors.ts'
import { answerOff, answerRefusal } from './answer.ts'
import type { ConsoleContext, ConsoleDoor, ConsoleEnv } from './door.ts'
import { auditPages } from './pages/audit.ts'
import { auditProofPages } from './pages/audit-proof.ts'
import { consentPages } from './pages/consents.ts'
import { disclosurePages } from './pages/disclosures.ts'
import { homePage, preferences } from './pages/home.ts'
import { inquiryPages } from './pages/inquiries.ts'
import { inquiryActions } from './pages/inquiry-actions.ts'
import { keyPages } from './pages/keys.ts'
import { newDisclosurePages } from './pages/new-disclosure.ts'
import { payerPage } from './pages/payer.ts'
import { payersPages } from './pages/payers.ts'
import { purposePages } from './pages/purposes.ts'
import { requestActions } from './pages/request-actions.ts'
import { requestPackagePages } from './pages/request-package.ts'
import { requestPages } from './pages/requests.ts'
import { revealPages } from './pages/reveal.ts'
import { sessionPages, signInPages } from './pages/sign-in.ts'
import { rememberViewer, requireOwnForm, requireStaff } from './session.ts'

const CONSOLE_PATH = '/console'

export const isConsolePath = (path: string): boolean => path === CONSOLE_PATH || path.startsWith(`${CONSOLE_PATH}/`)

export function createConsole(given: Omit<ConsoleDoor, 'assets'>) {
  const files = consoleFiles(given.readAsset)
  const door: ConsoleDoor = { ...given, assets: { style: files.style.path, script: files.script.path } }
  const app = new Hono<ConsoleEnv>()

  for (const { path, body, type } of [files.style, files.script]) {
    app.get(path, c =>
      c.body(body, 200, { 'Content-Type': type, 'Cache-Control': 'public, max-age=31536000, immutable' }),
    )
  }
  app.use(`${CONSOLE_PATH}/*`, async function consoleHeaders(c, next) {
    for (const [name, value] of Object.entries(headersOf(door))) c.header(name, value)
    await next()
  })
  app.use(`${CONSOLE_PATH}/*`, rememberViewer(door))
  if (door.signIn === null) {
    app.all(`${CONSOLE_PATH}/*`, c => answerOff(c, door))
    return { app, door }
  }
  app.use(`${CONSOLE_PATH}/*`, requireOwnForm(door))
  app.route('/', signInPages(door))
  app.route('/', preferences(door))
  app.use(`${CONSOLE_PATH}/*`, requireStaff(door))
  app.route('/', sessionPages(door))
  app.route('/', homePage(door))
  app.route('/', payersPages(door))
  app.route('/', payerPage(door))
  app.route('/', revealPages(door))
  app.route('/', consentPages(door))
  app.route('/', purposePages(door))
  app.route('/', requestActions(door))
  app.route('/', requestPages(door))
  app.route('/', requestPackagePages(door))
  app.route('/', newDisclosurePages(door))
  app.route('/', disclosurePages(door))
  app.route('/', inquiryPages(door))
  app.route('/', inquiryActions(door))
  app.route('/', auditPages(door))
  app.route('/', auditProofPages(door))
  app.route('/', keyPages(door))
  app.all(`${CONSOLE_PATH}/*`, () => {
    throw new DomainError('not_found', 'There is no such page.')
  })
  return { app, door }
}

/** Also for what is refused before the console's own checks ran: a body that cannot be read, a card number. */
export async function answerConsoleError(door: ConsoleDoor, error: unknown, c: ConsoleContext): Promise<Response> {
  if (c.var.view === undefined) {
    for (const [name, value] of Object.entries(headersOf(door))) c.header(name, value)
    await rememberViewer(door)(c, async () => {})
    // The address itself may hold what was refused.
    c.set('view', { ...c.get('view'), here: CONSOLE_PATH })
  }
  return answerRefusal(door, error, c)
}

/**
 * Nothing but our own stylesheet and script, no frame, no other origin. Forms go to this origin; signing out is sent on to
 * the issuer, and browsers hold redirects of a form against `form-action` too. With no referrer a browser would hide the
 * origin of our own forms, so it is sent to our own pages alone.
 */
function headersOf({ signIn }: ConsoleDoor): Record<string, string> {
  return {
    'Content-Security-Policy': [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      ["form-action 'self'", ...(signIn?.endOrigins() ?? [])].join(' '),
      "base-uri 'none'",
      "frame-ancestors 'none'",
      "require-trusted-types-for 'script'",
    ].join('; '),
    'Referrer-Policy': 'same-origin',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Permissions-Policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
  }
}

type File = { path: string; body: string; type: string }

/** One stylesheet and one script, each at an address that changes with what it holds. */
function consoleFiles(readAsset: (name: string) => string): { style: File; script: File } {
  const file = (name: string, type: string, body: string): File => {
    const hash = createHash('sha256').update(body).digest('hex').slice(0, 16)
    return { path: `${CONSOLE_PATH}/assets/${hash}/${name}`, body, type: `${type}; charset=utf-8` }
  }
  return {
    style: file('console.css', 'text/css', `${readAsset('modern-normalize.css')}\n${readAsset('console.css')}`),
    script: file('console.js', 'text/javascript', readAsset('console.js')),
  }
}
