// Hashes and seals of idempotency: nothing that a caller wrote is stored in the clear.
import { createHmac } from 'node:crypto'
import { open, seal } from '../../crypto/envelope.ts'
import { lengthPrefixed } from '../../crypto/length-prefixed.ts'
import { actorId } from '../audit/entry.ts'
import type { Actor, Ctx } from '../context.ts'
import { dataKeyOf, type PayerKey } from '../payers/data-key.ts'
import type { IdempotentRequest, StoredReply } from './request.ts'

/** Wall time for which the process that claimed a key owns it; longer than a Stripe call with its retries. */
export const LEASE_MS = 60_000

export type KeyHashes = { keyHash: Buffer; requestHash: Buffer }

/** Scope: tenant (it leads the row), caller, route. The raw and the quoted form were made one by the door. */
export function keyHashes(ctx: Ctx, request: IdempotentRequest): KeyHashes {
  const secret = ctx.keyring.derive('idempotency')
  const scope = lengthPrefixed([ctx.tenantId, ...callerOf(ctx.actor), request.route, request.key])
  return {
    keyHash: createHmac('sha256', secret).update('key\0').update(scope).digest(),
    requestHash: createHmac('sha256', secret)
      .update('request\0')
      .update(lengthPrefixed([request.route, request.fingerprint]))
      .digest(),
  }
}

/** Client and subject stand apart, so that no two callers read the same. */
const callerOf = (actor: Actor): string[] =>
  actor.kind === 'service' ? [actor.kind, actor.clientId, actor.subject] : [actor.kind, actorId(actor)]

const SYSTEM_ROW = 'no-payer'

/** Seals a reply with the payer's own data key, so that erasing the payer erases it too. */
export function sealReply(ctx: Ctx, keyHash: Buffer, reply: StoredReply, payer: PayerKey | null): Buffer {
  const text = JSON.stringify([reply.contentType, reply.body])
  const place = {
    tenantId: ctx.tenantId,
    table: 'idempotency_keys',
    column: 'reply_sealed',
    row: keyHash.toString('hex'),
  }
  return payer
    ? seal(payer.key, { ...place, keyVersion: payer.keyVersion }, text)
    : seal(
        ctx.keyring.derive('idempotency-replies'),
        { ...place, row: `${SYSTEM_ROW}/${place.row}`, keyVersion: ctx.keyring.currentVersion },
        text,
      )
}

export async function openReply(
  ctx: Ctx,
  keyHash: Buffer,
  stored: { status: number; sealed: Buffer; payerId: string | null },
): Promise<StoredReply> {
  const place = {
    tenantId: ctx.tenantId,
    table: 'idempotency_keys',
    column: 'reply_sealed',
    row: keyHash.toString('hex'),
  }
  let text: Buffer
  if (stored.payerId) {
    const payer = await dataKeyOf(ctx, stored.payerId)
    text = open(payer.key, { ...place, keyVersion: payer.keyVersion }, stored.sealed)
  } else {
    const version = stored.sealed.readUInt32BE(1)
    text = open(
      ctx.keyring.derive('idempotency-replies', version),
      { ...place, row: `${SYSTEM_ROW}/${place.row}`, keyVersion: version },
      stored.sealed,
    )
  }
  const [contentType, body] = JSON.parse(text.toString('utf8')) as [string, string]
  return { status: stored.status, body, contentType }
}
