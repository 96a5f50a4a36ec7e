// Signing in at the issuer and out again, on this device or on all.
import { createHmac, timingSafeEqual } from 'node:crypto'
import { Hono } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import { html } from 'hono/html'
import { addressBlock } from '../../crypto/address-hash.ts'
import { recordDenial } from '../../domain/audit/record-denial.ts'
import { DomainError } from '../../domain/errors.ts'
import { endStaffSession } from '../../domain/staff-sessions/end-staff-session.ts'
import { openStaffSession } from '../../domain/staff-sessions/open-staff-session.ts'
import { isStaffRole, type StaffRole, SUBJECT_LENGTH_MAX } from '../../domain/staff-sessions/staff-session.ts'
import type { BegunSignIn, SignedIn } from '../../outbound/sign-in.ts'
import { SignInFailed } from '../../outbound/sign-in-failed.ts'
import { notice, show } from '../answer.ts'
import { facts, titleLine } from '../detail.ts'
import type { ConsoleContext, ConsoleDoor, ConsoleEnv } from '../door.ts'
import { time } from '../format.ts'
import { formToken } from '../layout.ts'
import { dropSession, heldSession, holdSession, ownPath } from '../session.ts'
import { SIGN_IN_TEXTS } from '../texts/sign-in-texts.ts'

const COOKIE = 'panless-sign-in'
/** Time enough for a second factor. */
const BEGUN_SECONDS = 10 * 60
const COOKIE_RULES = { prefix: 'host', secure: true, httpOnly: true, sameSite: 'Lax', path: '/' } as const
/** Each try costs calls to the issuer; an office behind one address begins its day at nine. */
const TRIES = { burst: 200, perSecond: 2 }
const ROLES_MAX = 100

type Begun = BegunSignIn & { to: string; at: number }

export function signInPages(door: ConsoleDoor) {
  const app = new Hono<ConsoleEnv>()
  const take = door.limiter(TRIES)
  const limit = (c: ConsoleContext) => {
    const wait = take(addressBlock(c.var.clientAddress))
    if (wait > 0) throw new DomainError('rate_limited', 'There are too many sign-ins.', { retryAfterSeconds: wait })
  }

  app.get('/console/sign-in', c => {
    const to = ownPath(c.req.query('to'))
    if (c.var.view.staff) return c.redirect(to, 303)
    const texts = SIGN_IN_TEXTS[c.var.view.language]
    const begin = `/console/sign-in/begin?${new URLSearchParams({ to })}`
    c.set('view', { ...c.var.view, here: `/console/sign-in?${new URLSearchParams({ to })}` })
    const body = notice(
      texts.title,
      html`${c.req.query('ended') && to !== '/console' ? html`<p role="status">${texts.ended}</p>` : ''}
<p>${texts.lead}</p><p><a class="button main" href="${begin}">${texts.button}</a></p>`,
    )
    return show(c, door, { title: texts.title, body })
  })

  app.get('/console/sign-in/begin', async c => {
    limit(c)
    try {
      const { url, begun } = await signInOf(door).begin()
      holdBegun(c, door, { ...begun, to: ownPath(c.req.query('to')), at: wallSeconds(door) })
      return c.redirect(url, 303)
    } catch (error) {
      return failed(c, door, error)
    }
  })

  app.get('/console/callback', async c => {
    limit(c)
    const begun = takeBegun(c, door)
    if (begun === null) return failed(c, door, new SignInFailed('refused'))
    try {
      const person = await signInOf(door).finish(new URL(c.req.url).searchParams, begun)
      return await enter(c, door, person, begun.to)
    } catch (error) {
      return failed(c, door, error)
    }
  })

  app.get('/console/signed-out', c => {
    const texts = SIGN_IN_TEXTS[c.var.view.language]
    const body = notice(
      texts.signedOut,
      html`<p>${texts.signedOutHelp}</p><p><a class="button" href="/console/sign-in">${texts.signInAgain}</a></p>`,
    )
    return show(c, door, { title: texts.signedOut, body })
  })

  return app
}

/** For those who are signed in: their session, and its end. */
export function sessionPages(door: ConsoleDoor) {
  const app = new Hono<ConsoleEnv>()

  app.get('/console/account', c => {
    const { view } = c.var
    const texts = SIGN_IN_TEXTS[view.language]
    const { words, staff } = view
    const body = html`${titleLine({ title: texts.account, lead: texts.accountLead })}
${facts(view, [
  [texts.subject, html`<code>${staff?.subject}</code>`],
  [words.tenant, html`${staff?.tenantId}`],
  [words.roles, html`${staff?.roles.map(role => words.roleNames[role]).join(', ')}`],
  [texts.until, time(view, staff?.expiresAt.toISOString() ?? null)],
])}
<section><h2>${words.signOutEverywhere}</h2><p>${texts.everywhereLead}</p>
<form method="post" action="/console/sign-out-everywhere">${formToken(view)}<button class="danger">${words.signOutEverywhere}</button></form></section>`
    return show(c, door, { title: texts.account, section: 'account', body })
  })

  for (const [path, reach] of [
    ['/console/sign-out', 'this_one'],
    ['/console/sign-out-everywhere', 'everywhere'],
  ] as const) {
    app.post(path, async c => {
      await endStaffSession(door.ctxOf(c), reach)
      dropSession(c)
      return c.redirect((await door.signIn?.endUrl()) ?? '/console/signed-out', 303)
    })
  }

  return app
}

/** The issuer vouches for the person; the tenant and the roles that it names must be ours. */
async function enter(c: ConsoleContext, door: ConsoleDoor, { subject, claims }: SignedIn, to: string) {
  const { AUTH_TENANT_CLAIM: tenantClaim, AUTH_ROLES_CLAIM: rolesClaim } = door.claims
  const tenantId = Object.hasOwn(claims, tenantClaim) ? claims[tenantClaim] : undefined
  const roles = rolesOf(Object.hasOwn(claims, rolesClaim) ? claims[rolesClaim] : undefined)
  const texts = SIGN_IN_TEXTS[c.var.view.language]
  const tenant = typeof tenantId === 'string' ? await door.dependencies.tenants.find(tenantId) : null
  if (tenant === null || roles.length === 0 || subject.length > SUBJECT_LENGTH_MAX) {
    if (tenant) await recordDenial(door.ctxOfNobody(c, tenant.id), 'staff-session.open', 'no_role')
    const body = notice(texts.noRole, html`<p>${texts.noRoleHelp}</p>${tryAgain(c)}`)
    return show(c, door, { title: texts.noRole, body }, 403)
  }
  const held = heldSession(c)
  const { secret } = await openStaffSession(door.ctxOfNobody(c, tenant.id), {
    subject,
    roles,
    replaces: held?.tenantId === tenant.id ? held.secret : null,
  })
  holdSession(c, { tenantId: tenant.id, secret })
  return c.redirect(to, 303)
}

function rolesOf(claim: unknown): StaffRole[] {
  const list = typeof claim === 'string' ? claim.split(' ') : Array.isArray(claim) ? claim.slice(0, ROLES_MAX) : []
  return [...new Set(list.filter(role => typeof role === 'string'))].filter(isStaffRole)
}

function failed(c: ConsoleContext, door: ConsoleDoor, error: unknown): Response | Promise<Response> {
  if (!(error instanceof SignInFailed)) throw error
  const { cause } = error
  const fields = { request_id: c.var.requestId, kind: error.kind, cause: cause instanceof Error ? cause.name : null }
  door.dependencies.log.warn(fields, 'a sign-in failed')
  const texts = SIGN_IN_TEXTS[c.var.view.language]
  const [title, help, status] =
    error.kind === 'unavailable'
      ? [texts.unavailable, texts.unavailableHelp, 503]
      : [texts.failed, texts.failedHelp, 400]
  return show(c, door, { title, body: notice(title, html`<p>${help}</p>${tryAgain(c)}`) }, status)
}

const tryAgain = (c: ConsoleContext) =>
  html`<p><a class="button main" href="/console/sign-in">${SIGN_IN_TEXTS[c.var.view.language].again}</a></p>`

function signInOf({ signIn }: ConsoleDoor) {
  if (signIn === null) throw new SignInFailed('unavailable')
  return signIn
}

const wallSeconds = ({ dependencies }: ConsoleDoor) => Math.floor(dependencies.clock.wall().getTime() / 1000)

/** What was begun, and proof that it was begun here. */
const proofOf = ({ dependencies: { keyring } }: ConsoleDoor, text: string, version: number): Buffer =>
  createHmac('sha256', keyring.derive('console-sign-in', version)).update(text).digest()

function holdBegun(c: ConsoleContext, door: ConsoleDoor, begun: Begun): void {
  const { currentVersion } = door.dependencies.keyring
  const text = Buffer.from(JSON.stringify(begun)).toString('base64url')
  const value = `${text}.${currentVersion}.${proofOf(door, text, currentVersion).toString('base64url')}`
  setCookie(c, COOKIE, value, { ...COOKIE_RULES, maxAge: BEGUN_SECONDS })
}

/** What this browser began, once and not too long ago; null for anything else. */
function takeBegun(c: ConsoleContext, door: ConsoleDoor): Begun | null {
  const match = /^([\w-]+)\.(\d{1,9})\.([\w-]{43})$/.exec(getCookie(c, COOKIE, 'host') ?? '')
  deleteCookie(c, COOKIE, COOKIE_RULES)
  if (!match) return null
  const [, text, version, proof] = match as unknown as [string, string, string, string]
  const { keyring } = door.dependencies
  if (!keyring.versions().includes(Number(version))) return null
  if (!timingSafeEqual(proofOf(door, text, Number(version)), Buffer.from(proof, 'base64url'))) return null
  const begun = JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as Begun
  return wallSeconds(door) - begun.at < BEGUN_SECONDS ? begun : null
}
