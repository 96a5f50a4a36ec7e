// Keeps unwrapped data keys for a short while: a payer's key is asked for many times in one request, and a key service
// would be asked each time. What is forgotten (an erased payer) is never put back by an unwrapping under way.
import { createSecretKey, hash, type KeyObject } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { KeyPlace, Keyring } from './keyring.ts'

// A KeyObject and its entry take under 1 KiB; this many are about 10 MB.
const DEFAULT_MAX_PAYERS = 10_000
// The bound on how long a key stays usable in another process after it was destroyed.
export const DATA_KEY_KEPT_MS = 60_000

export type StoredDataKey = { tenantId: string; payerId: string; wrapped: Buffer; keyVersion: number; place: KeyPlace }

export interface DataKeyCache {
  /** Unwraps a data key, or gives the one that is kept; parallel calls unwrap once. Throws what `unwrap` throws. */
  get(stored: StoredDataKey): Promise<KeyObject>
  /** Drops all keys of a payer from this process; keys that are being unwrapped are not kept either. */
  forget(tenantId: string, payerId: string): void
  readonly size: number
}

export type DataKeyCacheOptions = {
  keyring: Pick<Keyring, 'unwrap'>
  maxPayers?: number
  ttlMs?: number
  /** Monotonic milliseconds, for tests. */
  now?: () => number
}

type PayerKeys = Map<string, Promise<KeyObject>>

export function createDataKeyCache(options: DataKeyCacheOptions): DataKeyCache {
  const { keyring, maxPayers = DEFAULT_MAX_PAYERS, ttlMs = DATA_KEY_KEPT_MS, now } = options
  const payers = new LRUCache<string, PayerKeys>({
    max: maxPayers,
    ttl: ttlMs,
    ...(now ? { perf: { now }, ttlResolution: 0 } : {}),
  })

  async function unwrap(stored: StoredDataKey): Promise<KeyObject> {
    const bytes = await keyring.unwrap(stored.wrapped, stored.keyVersion, stored.place)
    const key = createSecretKey(bytes)
    bytes.fill(0)
    return key
  }

  return {
    get(stored) {
      const name = payerName(stored.tenantId, stored.payerId)
      let keys = payers.get(name)
      if (!keys) {
        keys = new Map()
        payers.set(name, keys)
      }
      const keyName = nameOf(stored)
      const known = keys.get(keyName)
      if (known) return known
      const unwrapping = unwrap(stored)
      keys.set(keyName, unwrapping)
      unwrapping.catch(() => keys.delete(keyName))
      return unwrapping
    },
    forget(tenantId, payerId) {
      payers.delete(payerName(tenantId, payerId))
    },
    get size() {
      return payers.size
    },
  }
}

function payerName(tenantId: string, payerId: string): string {
  return `${tenantId.length}:${tenantId}:${payerId}`
}

// The place is part of the name: a wrapped key asked for from another place must fail, kept or not.
function nameOf({ wrapped, keyVersion, place }: StoredDataKey): string {
  return `${keyVersion}:${hash('sha256', wrapped, 'base64')}:${JSON.stringify([place.tenantId, place.table, place.row])}`
}
