// Derives keys for one purpose each from a root key with HKDF-SHA-256 (RFC 5869), and keeps them: a derivation is slow.
import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto'
import { lengthPrefixed } from './length-prefixed.ts'

const LABEL = 'panless/derive-key/1'
const DERIVED_KEY_BYTES = 32
// Purposes are few; only a context such as a tenant id multiplies them. The oldest derivation goes first.
const MAX_CACHED_PER_ROOT = 4096

const derivedKeys = new WeakMap<KeyObject, Map<string, KeyObject>>()

/**
 * Derives the 32-byte key of `purpose` (and `context`, such as a tenant id) from `root`; the same arguments give the
 * same key in every process.
 */
export function deriveKey(root: KeyObject, purpose: string, context: readonly string[] = []): KeyObject {
  const info = lengthPrefixed([LABEL, purpose, ...context])
  const name = info.toString('latin1')
  let cache = derivedKeys.get(root)
  if (!cache) {
    cache = new Map()
    derivedKeys.set(root, cache)
  }
  const known = cache.get(name)
  if (known) return known
  const bytes = Buffer.from(hkdfSync('sha256', root, Buffer.alloc(0), info, DERIVED_KEY_BYTES))
  const key = createSecretKey(bytes)
  bytes.fill(0)
  if (cache.size >= MAX_CACHED_PER_ROOT) {
    for (const oldest of cache.keys()) {
      cache.delete(oldest)
      break
    }
  }
  cache.set(name, key)
  return key
}
