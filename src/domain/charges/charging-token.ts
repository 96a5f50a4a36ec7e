// What charging a token needs before its row is locked: whose it is, and the payer's wrapped key. None of it changes
// in the life of a token, so it is kept for a while; everything that may forbid a charge is read under the lock.

import { LRUCache } from 'lru-cache'
import type { Database } from '../../db/client.ts'
import type { Ctx } from '../context.ts'
import { notFound } from '../errors.ts'
import { isTokenId } from '../ids.ts'
import { openDataKey, type PayerKey } from '../payers/data-key.ts'
import { requireLiving } from '../payers/payer-erased.ts'

export type ChargingToken = { tokenId: string; brand: string; payer: PayerKey }

type Kept = { payerId: string; wrapped: Buffer; keyVersion: number; brand: string }

// An entry takes about 300 bytes; this many are some 6 MB.
const KEPT_MAX = 20_000
// Bounds how long another process may go on with a key wrapping that has been replaced, or erased.
export const CHARGING_TOKEN_KEPT_MS = 60_000

const kept = new WeakMap<Database, LRUCache<string, Kept>>()

/** @throws not_found, payer_erased */
export async function chargingToken(ctx: Ctx, tokenId: string): Promise<ChargingToken> {
  if (!isTokenId(tokenId)) throw notFound()
  const cache = cacheOf(ctx.db)
  const name = `${ctx.tenantId} ${tokenId}`
  const known = cache.get(name)
  if (known !== undefined) {
    try {
      return { tokenId, brand: known.brand, payer: await openDataKey(ctx, known) }
    } catch {
      // Its key was wrapped anew since, and the version that is kept here retired.
      cache.delete(name)
    }
  }
  const read = await readToken(ctx, tokenId)
  const payer = await openDataKey(ctx, read)
  cache.set(name, read)
  return { tokenId, brand: read.brand, payer }
}

async function readToken(ctx: Ctx, tokenId: string): Promise<Kept> {
  const [row] = await ctx.db.transaction(
    ctx.tenantId,
    tx => tx.sql<{ payer_id: string; status: string; wrapped_key: Buffer; key_version: number; brand: string }[]>`
      select t.payer_id, t.brand, p.status, p.wrapped_key, p.key_version
        from tokens t join payers p on p.tenant_id = t.tenant_id and p.id = t.payer_id
       where t.tenant_id = ${ctx.tenantId} and t.id = ${tokenId}`,
  )
  if (!row) throw notFound()
  requireLiving(row.status)
  return { payerId: row.payer_id, wrapped: row.wrapped_key, keyVersion: row.key_version, brand: row.brand }
}

function cacheOf(db: Database): LRUCache<string, Kept> {
  const known = kept.get(db)
  if (known) return known
  const cache = new LRUCache<string, Kept>({ max: KEPT_MAX, ttl: CHARGING_TOKEN_KEPT_MS })
  kept.set(db, cache)
  return cache
}
