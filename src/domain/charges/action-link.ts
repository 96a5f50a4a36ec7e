// The link that lets a payer authenticate one charge: signed, bound to its tenant and its charge, good until a time.
import { createHmac, timingSafeEqual } from 'node:crypto'
import { lengthPrefixed } from '../../crypto/length-prefixed.ts'
import type { Keyring } from '../../keyring/keyring.ts'
import type { Ctx } from '../context.ts'
import { isId } from '../ids.ts'

export type ActionLink = { tenantId: string; chargeId: string; expiresAt: Date }

/** Version of the key, tenant, charge, expiry in seconds (base 36), signature. */
const FORM = /^(\d{1,6})\.([a-z0-9][a-z0-9-]{0,39})\.([a-z0-9_]{1,40})\.([0-9a-z]{1,9})\.([\w-]{43})$/
const LABEL = 'panless/action-link/1'

export const PAY_PATH = '/pay'

/** The address that `next_action.url` shows: the same each time for the same charge and expiry. */
export function actionLinkUrl(
  ctx: Pick<Ctx, 'keyring' | 'tenantId' | 'settings'>,
  chargeId: string,
  until: Date,
): string {
  return `${ctx.settings.publicUrl.replace(/\/$/, '')}${PAY_PATH}/${signActionLink(ctx.keyring, { tenantId: ctx.tenantId, chargeId, expiresAt: until })}`
}

export function signActionLink(keyring: Keyring, link: ActionLink): string {
  const version = keyring.currentVersion
  const expiry = Math.floor(link.expiresAt.getTime() / 1000).toString(36)
  const signature = signatureOf(keyring, version, link.tenantId, link.chargeId, expiry).toString('base64url')
  return `${version}.${link.tenantId}.${link.chargeId}.${expiry}.${signature}`
}

/** What a link says when its signature is ours, else null; the caller judges the expiry. */
export async function readActionLink(keyring: Keyring, text: string): Promise<ActionLink | null> {
  const [, version, tenantId, chargeId, expiry, signature] = FORM.exec(text) ?? []
  if (!version || !tenantId || !chargeId || !expiry || !signature || !isId('charge', chargeId)) return null
  await keyring.meet(Number(version))
  if (!keyring.versions().includes(Number(version))) return null
  const given = Buffer.from(signature, 'base64url')
  const expected = signatureOf(keyring, Number(version), tenantId, chargeId, expiry)
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null
  if (given.toString('base64url') !== signature) return null
  return { tenantId, chargeId, expiresAt: new Date(parseInt(expiry, 36) * 1000) }
}

function signatureOf(keyring: Keyring, version: number, tenantId: string, chargeId: string, expiry: string): Buffer {
  return createHmac('sha256', keyring.derive('action-links', version))
    .update(lengthPrefixed([LABEL, tenantId, chargeId, expiry]))
    .digest()
}
