// Hashes and seals of idempotency: nothing that a caller wrote is stored in the clear.
import { createHmac } from 'node:crypto'
import { open, seal, sealedKeyVersion } from '../../crypto/envelope.ts'
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

/** A row's name of its own, so that no reply about a payer passes for one that is about none. */
export const systemReplyRow = (keyHash: Buffer): string => `no-payer/${keyHash.toString('hex')}`

/** Seals a reply with the payer's own data key, so that erasing the payer erases it too. */
export function sealReply(ctx: Ctx, keyHash: Buffer, reply: StoredReply, payer: PayerKey): Buffer {
  return seal(payer.key, { ...placeOf(ctx, keyHash.toString('hex')), keyVersion: payer.keyVersion }, textOf(reply))
}

/** Seals a reply that is about no payer. */
export async function sealSystemReply(ctx: Ctx, keyHash: Buffer, reply: StoredReply): Promise<Buffer> {
  const { key, version } = await ctx.keyring.sealingKey('idempotency-replies')
  return seal(key, { ...placeOf(ctx, systemReplyRow(keyHash)), keyVersion: version }, textOf(reply))
}

export async function openReply(
  ctx: Ctx,
  keyHash: Buffer,
  stored: { status: number; sealed: Buffer; payerId: string | null },
): Promise<StoredReply> {
  let text: Buffer
  if (stored.payerId) {
    const payer = await dataKeyOf(ctx, stored.payerId)
    text = open(payer.key, { ...placeOf(ctx, keyHash.toString('hex')), keyVersion: payer.keyVersion }, stored.sealed)
  } else {
    const version = sealedKeyVersion(stored.sealed)
    const key = await ctx.keyring.openingKey('idempotency-replies', version)
    text = open(key, { ...placeOf(ctx, systemReplyRow(keyHash)), keyVersion: version }, stored.sealed)
  }
  const [contentType, body] = JSON.parse(text.toString('utf8')) as [string, string]
  return { status: stored.status, body, contentType }
}

const placeOf = (ctx: Ctx, row: string) => ({
  tenantId: ctx.tenantId,
  table: 'idempotency_keys',
  column: 'reply_sealed',
  row,
})

const textOf = (reply: StoredReply): string => JSON.stringify([reply.contentType, reply.body])
