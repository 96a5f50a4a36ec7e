// A public Ed25519 key as a JWK set lists it (RFC 8037 section 2).
import type { KeyObject } from 'node:crypto'

export type Ed25519Jwk = { kty: 'OKP'; crv: 'Ed25519'; x: string; kid: string; use: 'sig'; alg: 'EdDSA' }

export const jwksOf = (publicKeys: ReadonlyMap<string, KeyObject>): Ed25519Jwk[] =>
  [...publicKeys].map(([kid, key]) => {
    const { x } = key.export({ format: 'jwk' })
    return { kty: 'OKP', crv: 'Ed25519', x: x as string, kid, use: 'sig', alg: 'EdDSA' }
  })
