// Which register of a tenant is in force: the last one that it published, or the built-in one.
import { LRUCache } from 'lru-cache'
import type { Ctx, Database, Tx } from '../context.ts'
import { BUILT_IN_REGISTER } from './built-in-register.ts'
import type { Register } from './register.ts'
import { type RetentionRecordName, recordOf } from './retention-records.ts'

export type RegisterInForce = Register & { publishedAt: Date | null }

/** How long a register that another process published may go unseen where it is read often: as for tenants. */
const TTL_MS = 3_000
const TENANTS_MAX = 1_000

const kept = new WeakMap<Database, LRUCache<string, Promise<RegisterInForce>>>()

/**
 * The register, read in the caller's transaction. Until that ends no other can be published, so what was decided by it
 * still holds when it is committed.
 */
export async function registerInForce(tx: Tx): Promise<RegisterInForce> {
  await tx.sql`select pg_advisory_xact_lock_shared(hashtextextended(${lockName(tx)}, 0))`
  return lastPublished(tx)
}

/** Keeps everybody else from reading or publishing the register until the transaction ends. */
export async function lockRegister(tx: Tx): Promise<void> {
  await tx.sql`select pg_advisory_xact_lock(hashtextextended(${lockName(tx)}, 0))`
}

/** The register as it was a few seconds ago at most. */
export function recentRegister(ctx: Pick<Ctx, 'db' | 'tenantId'>): Promise<RegisterInForce> {
  const cache = cacheOf(ctx.db)
  const known = cache.get(ctx.tenantId)
  if (known) return known
  const loading = ctx.db.transaction(ctx.tenantId, lastPublished)
  cache.set(ctx.tenantId, loading)
  loading.catch(() => cache.delete(ctx.tenantId))
  return loading
}

export const forgetRegister = (ctx: Pick<Ctx, 'db' | 'tenantId'>): void => void cacheOf(ctx.db).delete(ctx.tenantId)

export async function lastPublished(tx: Tx): Promise<RegisterInForce> {
  const [row] = await tx.sql<RegisterRow[]>`
    select version, document, created_at from purpose_registers
     where tenant_id = ${tx.tenantId} order by version desc limit 1`
  return row ? registerOfRow(row) : { ...BUILT_IN_REGISTER, publishedAt: null }
}

export type RegisterRow = { version: number; document: Pick<Register, 'purposes'>; created_at: Date }

export const registerOfRow = ({ version, document, created_at }: RegisterRow): RegisterInForce => ({
  version,
  purposes: document.purposes,
  publishedAt: created_at,
})

/**
 * Days that a record is kept; null until the person is erased. A register that was published before there was such a
 * record leaves it to the built-in one.
 */
export function daysKept(register: Register, record: RetentionRecordName): number | null {
  if (recordOf(record).days === undefined) return null
  const stated = [register, BUILT_IN_REGISTER]
    .flatMap(({ purposes }) => purposes.flatMap(({ retention }) => retention))
    .find(one => one.record === record)
  if (stated?.days == null) throw new Error(`the built-in register does not say how long ${record} is kept`)
  return stated.days
}

function cacheOf(db: Database) {
  const known = kept.get(db)
  if (known) return known
  const cache = new LRUCache<string, Promise<RegisterInForce>>({ max: TENANTS_MAX, ttl: TTL_MS })
  kept.set(db, cache)
  return cache
}

const lockName = (tx: Tx) => `purposes:${tx.tenantId}`
