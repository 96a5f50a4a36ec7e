// The links that are mailed to a person: one to show who they are, another to open what was asked for. Signed, for one
// request, good until a time; neither passes for the other.
import { createHmac, timingSafeEqual } from 'node:crypto'
import { lengthPrefixed } from '../../crypto/length-prefixed.ts'
import type { Keyring } from '../../keyring/keyring.ts'
import type { Ctx } from '../context.ts'
import { isId } from '../ids.ts'

export const LINK_USES = ['check', 'open'] as const
export type LinkUse = (typeof LINK_USES)[number]
export type RightsLink = { use: LinkUse; tenantId: string; requestId: string; expiresAt: Date }

/** Use, version of the key, tenant, request, expiry in seconds (base 36), signature. */
const FORM = /^(check|open)\.(\d{1,6})\.([a-z0-9][a-z0-9-]{0,39})\.([a-z0-9_]{1,40})\.([0-9a-z]{1,9})\.([\w-]{43})$/
const LABEL = 'panless/rights-link/1'

export const RIGHTS_PATH = '/rights'

export function rightsLinkUrl(
  ctx: Pick<Ctx, 'keyring' | 'tenantId' | 'settings'>,
  use: LinkUse,
  requestId: string,
  expiresAt: Date,
): string {
  const link = signRightsLink(ctx.keyring, { use, tenantId: ctx.tenantId, requestId, expiresAt })
  return `${ctx.settings.publicUrl.replace(/\/$/, '')}${RIGHTS_PATH}/${link}`
}

export function signRightsLink(keyring: Keyring, link: RightsLink): string {
  const version = keyring.currentVersion
  const expiry = Math.floor(link.expiresAt.getTime() / 1000).toString(36)
  const signed = signatureOf(keyring, version, [link.use, link.tenantId, link.requestId, expiry])
  return [link.use, version, link.tenantId, link.requestId, expiry, signed.toString('base64url')].join('.')
}

/** What a link says when its signature is ours, else null; the caller judges the expiry. */
export async function readRightsLink(keyring: Keyring, text: string): Promise<RightsLink | null> {
  const [, use, version, tenantId, requestId, expiry, signature] = FORM.exec(text) ?? []
  if (!use || !version || !tenantId || !requestId || !expiry || !signature) return null
  if (!isId('privacyRequest', requestId)) return null
  await keyring.meet(Number(version))
  if (!keyring.versions().includes(Number(version))) return null
  const given = Buffer.from(signature, 'base64url')
  const expected = signatureOf(keyring, Number(version), [use, tenantId, requestId, expiry])
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null
  if (given.toString('base64url') !== signature) return null
  return { use: use as LinkUse, tenantId, requestId, expiresAt: new Date(parseInt(expiry, 36) * 1000) }
}

const signatureOf = (keyring: Keyring, version: number, parts: readonly string[]): Buffer =>
  createHmac('sha256', keyring.derive('action-links', version))
    .update(lengthPrefixed([LABEL, ...parts]))
    .digest()
