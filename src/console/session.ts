// The browser's side of a session: its cookies, the token of its forms, and the checks that each request passes.
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { MiddlewareHandler } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import { DomainError } from '../domain/errors.ts'
import { findStaffSession } from '../domain/staff-sessions/find-staff-session.ts'
import { ABSOLUTE_LIMIT_MS } from '../domain/staff-sessions/staff-session.ts'
import type { ConsoleContext, ConsoleDoor, ConsoleEnv } from './door.ts'
import { viewOf } from './view.ts'

// `__Host-` keeps a cookie to this very host, over https; Lax, since people come back from the issuer by a link.
const HOST_COOKIE = { prefix: 'host', secure: true, httpOnly: true, sameSite: 'Lax', path: '/' } as const
const SESSION = 'panless-session'
const CHOICE = 'panless-view'
const CHOICE_SECONDS = 365 * 86_400
const SESSION_COOKIE = /^([a-z0-9][a-z0-9-]{0,39})\.([A-Za-z0-9_-]{43})$/

/** Their queries are of one sign-in and mean nothing afterwards. */
const ON_THE_WAY_IN = /^\/console\/(sign-in|callback|signed-out)(\/|$)/

/** A person reads and clicks; a page every few seconds is much. */
const PAGES = { burst: 120, perSecond: 5 }

type HeldSession = { tenantId: string; secret: string }

/** What the browser holds, whether or not there is a session behind it. */
export function heldSession(c: ConsoleContext): HeldSession | null {
  const match = SESSION_COOKIE.exec(getCookie(c, SESSION, 'host') ?? '')
  return match ? { tenantId: match[1] as string, secret: match[2] as string } : null
}

export function holdSession(c: ConsoleContext, { tenantId, secret }: HeldSession): void {
  setCookie(c, SESSION, `${tenantId}.${secret}`, { ...HOST_COOKIE, maxAge: ABSOLUTE_LIMIT_MS / 1000 })
}

export const dropSession = (c: ConsoleContext): void => void deleteCookie(c, SESSION, HOST_COOKIE)

export const holdChoice = (c: ConsoleContext, choice: string): void =>
  setCookie(c, CHOICE, choice, { ...HOST_COOKIE, maxAge: CHOICE_SECONDS })

/** Bound to the session by its secret, and worthless without the cookie. */
const formTokenOf = (secret: string): string =>
  createHmac('sha256', secret).update('panless/console/form/1').digest('base64url')

/** Sets `c.var.view`, and `c.var.access` where a living session is held. */
export function rememberViewer(door: ConsoleDoor): MiddlewareHandler<ConsoleEnv> {
  return async function rememberViewer(c, next) {
    const { pathname, search } = new URL(c.req.url)
    const view = viewOf({
      choice: getCookie(c, CHOICE, 'host'),
      acceptLanguage: c.req.header('accept-language'),
      here: c.req.method === 'GET' && !ON_THE_WAY_IN.test(pathname) ? pathname + search : '/console',
    })
    c.set('view', view)
    const held = heldSession(c)
    const staff = held ? await findStaffSession(door.dependencies, held.tenantId, held.secret) : null
    if (held && staff) {
      const { id: sessionId, ...who } = staff
      c.set('access', { kind: 'staff', sessionId, ...who })
      c.set('view', { ...view, staff, formToken: formTokenOf(held.secret) })
    }
    await next()
  }
}

/** Without a session every request leads to sign-in: from a GET and back, from a form and to the front page. */
export function requireStaff(door: ConsoleDoor): MiddlewareHandler<ConsoleEnv> {
  const pages = limitSession(door, PAGES)
  return async function requireStaff(c, next) {
    const { staff, here } = c.var.view
    if (staff === null) {
      return c.redirect(`/console/sign-in?${new URLSearchParams({ to: here, ended: '1' })}`, 303)
    }
    pages(c)
    await next()
  }
}

/** For an action of its own pace: throws rate_limited once a session has spent what it may do at once. */
export function limitSession(door: ConsoleDoor, limit: { burst: number; perSecond: number }) {
  const take = door.limiter(limit)
  return (c: ConsoleContext): void => {
    const wait = take(c.var.view.staff?.id ?? 'nobody')
    if (wait > 0) throw new DomainError('rate_limited', 'There are too many at once.', { retryAfterSeconds: wait })
  }
}

/** For every POST: sent by a page of this origin, and with the session's own token where there is a session. */
export function requireOwnForm(door: ConsoleDoor): MiddlewareHandler<ConsoleEnv> {
  const { origin } = new URL(door.dependencies.settings.publicUrl)
  return async function requireOwnForm(c, next) {
    if (c.req.method === 'POST' && !(isOwnOrigin(c, origin) && hasOwnToken(c, door))) {
      throw new DomainError('origin_not_allowed', 'The form was not sent from a page of this session.')
    }
    await next()
  }
}

function isOwnOrigin(c: ConsoleContext, own: string): boolean {
  const origin = c.req.header('origin')
  const site = c.req.header('sec-fetch-site')
  if (site !== undefined && site !== 'same-origin') return false
  return origin === undefined ? site === 'same-origin' : origin === own
}

function hasOwnToken(c: ConsoleContext, door: ConsoleDoor): boolean {
  const { formToken } = c.var.view
  if (formToken === null) return true
  const given = Buffer.from(door.formOf(c).get('csrf') ?? '')
  const own = Buffer.from(formToken)
  return given.length === own.length && timingSafeEqual(given, own)
}

/** A path of the console to go to, or its front page: never another origin, never an address that a link made up. */
export function ownPath(to: string | null | undefined): string {
  if (!to || to.length > 2_000 || !/^\/console(?:[/?]|$)/.test(to) || /[\\\x00-\x20\x7f]/.test(to)) return '/console'
  const url = new URL(to, 'https://own.invalid')
  const path = url.pathname + url.search
  return url.origin === 'https://own.invalid' && /^\/console(?:[/?]|$)/.test(path) ? path : '/console'
}
