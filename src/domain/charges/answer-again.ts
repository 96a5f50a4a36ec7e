// The answer to a request whose key was used before: the stored reply, or the charge as it is now.
import type { Ctx } from '../context.ts'
import { type KeyHashes, openReply } from '../idempotency/keys.ts'
import { type Claim, completeKey } from '../idempotency/once.ts'
import { type Answer, idempotentRequest } from '../idempotency/request.ts'
import { dataKeyOf, openDataKey, type PayerKey } from '../payers/data-key.ts'
import { isLiving } from '../payers/payer-erased.ts'
import { read } from '../write.ts'
import { type ChargeView, type LoadedCharge, loadCharge, showCharge } from './charge.ts'
import { resolveAbandoned } from './resolve-abandoned.ts'

export async function answerAgain(ctx: Ctx, hashes: KeyHashes, claim: Claim): Promise<Answer<ChargeView>> {
  if (claim.kind === 'replay') return { kind: 'replayed', reply: await openReply(ctx, hashes.keyHash, claim) }
  if (claim.kind === 'claimed') throw new TypeError('a claimed key has no answer yet')
  await resolveAbandoned(ctx, claim.objectId)
  if (claim.payerId !== null) await dataKeyOf(ctx, claim.payerId)
  return answerFromCharge(ctx, hashes, claim.objectId)
}

/** Shows the charge as it is, and stores that under the key unless an answer is there already. */
export async function answerFromCharge(
  ctx: Ctx,
  hashes: KeyHashes | null,
  chargeId: string,
): Promise<Answer<ChargeView>> {
  const loaded = await read(ctx, tx => loadCharge(tx, chargeId))
  const result = await showCharge(ctx, loaded)
  const reply = idempotentRequest(ctx)?.render(result) ?? null
  if (hashes && reply) {
    const payer = await payerKeyOf(ctx, loaded)
    await read(ctx, tx => completeKey(tx, ctx, hashes, reply, chargeId, payer))
  }
  return { kind: 'fresh', result, reply }
}

/** Null once the payer is erased, or about to be: nothing is sealed for such a payer any more. */
export async function payerKeyOf(ctx: Ctx, { charge }: Pick<LoadedCharge, 'charge'>): Promise<PayerKey | null> {
  if (!isLiving(charge.payer_status)) return null
  return openDataKey(ctx, { payerId: charge.payer_id, wrapped: charge.wrapped_key, keyVersion: charge.key_version })
}
