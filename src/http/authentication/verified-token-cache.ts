// Tokens whose signature was good: verifying one again costs a hash. Holds hashes, never tokens.
import { hash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { VerifiedAccess } from './access-token-claims.ts'
import type { VerificationKey } from './verification-keys.ts'

/** Some 5 MB; a client uses one token at a time, so this is more clients than one instance serves. */
const MAX_TOKENS = 10_000

export type VerifiedTokenCache = {
  get(token: string): { access: VerifiedAccess; key: VerificationKey } | undefined
  put(token: string, verified: { access: VerifiedAccess; key: VerificationKey }): void
  drop(token: string): void
}

/**
 * Makes the cache. Strict base64url leaves one spelling of a token, so its hash names it; whoever reads judges expiry
 * and the key at every hit.
 */
export function createVerifiedTokenCache(maxTokens: number = MAX_TOKENS): VerifiedTokenCache {
  const verified = new LRUCache<string, { access: VerifiedAccess; key: VerificationKey }>({ max: maxTokens })
  const nameOf = (token: string) => hash('sha256', token, 'base64')
  return {
    get: token => verified.get(nameOf(token)),
    put: (token, entry) => void verified.set(nameOf(token), entry),
    drop: token => void verified.delete(nameOf(token)),
  }
}
