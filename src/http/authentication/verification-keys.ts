// From a published JWK set to keys that may verify: strong, meant for signatures, each bound to one algorithm.
import { createHash } from 'node:crypto'
import { type CryptoKey, importJWK, type JWK } from 'jose'

/** Asymmetric algorithms that can be allowed; `none` and HMAC are not among them (RFC 8725 section 3.1). */
export const SIGNATURE_ALGORITHMS = {
  RS256: { kty: 'RSA' },
  RS384: { kty: 'RSA' },
  RS512: { kty: 'RSA' },
  PS256: { kty: 'RSA' },
  PS384: { kty: 'RSA' },
  PS512: { kty: 'RSA' },
  ES256: { kty: 'EC', crv: 'P-256' },
  ES384: { kty: 'EC', crv: 'P-384' },
  EdDSA: { kty: 'OKP', crv: 'Ed25519' },
  Ed25519: { kty: 'OKP', crv: 'Ed25519' },
} as const satisfies Record<string, { kty: string; crv?: string }>

export type SignatureAlgorithm = keyof typeof SIGNATURE_ALGORITHMS

export const DEFAULT_ALGORITHMS: readonly SignatureAlgorithm[] = ['RS256', 'PS256', 'ES256', 'EdDSA']

export type VerificationKey = {
  kid: string | null
  alg: SignatureAlgorithm
  /** RFC 7638 members, hashed: the same key material has the same thumbprint after a refresh. */
  thumbprint: string
  key: CryptoKey
}

/** More keys than any issuer publishes; a larger set is cut off so that one look-up stays cheap. */
const MAX_KEYS = 64
const MAX_KID_LENGTH = 128
const RSA_MIN_BITS = 2048
/** Verification with longer moduli costs milliseconds and is no safer. */
const RSA_MAX_BITS = 8192
const RSA_MIN_EXPONENT = 65537n
const RSA_MAX_EXPONENT_BITS = 64

/**
 * Imports the keys of a JWK set that may verify an access token; the others (symmetric, for encryption, weak, private,
 * of an algorithm not allowed) are left out, and so is every key whose `kid` another one has too.
 */
export async function importVerificationKeys(
  jwks: unknown,
  allowed: readonly SignatureAlgorithm[],
): Promise<VerificationKey[]> {
  const keys = typeof jwks === 'object' && jwks !== null ? (jwks as { keys?: unknown }).keys : undefined
  if (!Array.isArray(keys)) throw new Error('The issuer did not answer with a JWK set.')
  const candidates = keys.slice(0, MAX_KEYS)
  const uses = countKids(candidates)
  const imported: VerificationKey[] = []
  for (const jwk of candidates) {
    const key = await importOne(jwk, allowed)
    if (key && (key.kid === null || uses.get(key.kid) === 1)) imported.push(key)
  }
  return imported
}

function countKids(keys: unknown[]): Map<unknown, number> {
  const uses = new Map<unknown, number>()
  for (const key of keys) {
    const kid = typeof key === 'object' && key !== null ? (key as { kid?: unknown }).kid : undefined
    uses.set(kid, (uses.get(kid) ?? 0) + 1)
  }
  return uses
}

async function importOne(value: unknown, allowed: readonly SignatureAlgorithm[]): Promise<VerificationKey | null> {
  if (typeof value !== 'object' || value === null) return null
  const jwk = value as Record<string, unknown>
  const alg = algorithmOf(jwk)
  if (!alg || !allowed.includes(alg) || !isForVerifying(jwk) || !isStrong(jwk)) return null
  if (jwk.kid !== undefined && (typeof jwk.kid !== 'string' || jwk.kid.length > MAX_KID_LENGTH)) return null
  const { kty, n, e, crv, x, y } = jwk as JWK
  const material = kty === 'RSA' ? { e, kty, n } : kty === 'EC' ? { crv, kty, x, y } : { crv, kty, x }
  try {
    const key = (await importJWK({ ...material, alg } as JWK, alg)) as CryptoKey
    const thumbprint = createHash('sha256').update(JSON.stringify(material)).digest('base64url')
    return { kid: (jwk.kid as string | undefined) ?? null, alg, thumbprint, key }
  } catch {
    return null
  }
}

/** The one algorithm of a key; an RSA key that names none is an RS256 key, as issuers that leave it out mean. */
function algorithmOf(jwk: Record<string, unknown>): SignatureAlgorithm | null {
  const { kty, crv, alg } = jwk
  const implied =
    kty === 'RSA'
      ? 'RS256'
      : kty === 'EC' && crv === 'P-256'
        ? 'ES256'
        : kty === 'EC' && crv === 'P-384'
          ? 'ES384'
          : kty === 'OKP' && crv === 'Ed25519'
            ? 'EdDSA'
            : null
  if (alg === undefined || implied === null) return implied
  if (typeof alg !== 'string' || !Object.hasOwn(SIGNATURE_ALGORITHMS, alg)) return null
  const named: { kty: string; crv?: string } = SIGNATURE_ALGORITHMS[alg as SignatureAlgorithm]
  return named.kty === kty && (named.crv === undefined || named.crv === crv) ? (alg as SignatureAlgorithm) : null
}

function isForVerifying({ use, key_ops, d, k }: Record<string, unknown>): boolean {
  if (use !== undefined && use !== 'sig') return false
  if (key_ops !== undefined && !(Array.isArray(key_ops) && key_ops.includes('verify'))) return false
  return d === undefined && k === undefined
}

function isStrong({ kty, n, e }: Record<string, unknown>): boolean {
  if (kty !== 'RSA') return true
  const modulus = integerOf(n)
  const exponent = integerOf(e)
  if (modulus === null || exponent === null) return false
  const bits = modulus.toString(2).length
  if (bits < RSA_MIN_BITS || bits > RSA_MAX_BITS || modulus % 2n === 0n) return false
  if (exponent < RSA_MIN_EXPONENT || exponent % 2n === 0n) return false
  return exponent.toString(2).length <= RSA_MAX_EXPONENT_BITS && !isRocaModulus(modulus)
}

function integerOf(base64url: unknown): bigint | null {
  if (typeof base64url !== 'string' || !/^[A-Za-z0-9_-]{2,2048}$/.test(base64url)) return null
  return BigInt(`0x${Buffer.from(base64url, 'base64url').toString('hex')}`)
}

/** Primes by which moduli of the flawed Infineon library are told (CVE-2017-15361, "The Return of Coppersmith's Attack"). */
const ROCA_PRIMES = [11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157] as const
const ROCA_RESIDUES = new Map(ROCA_PRIMES.map(prime => [prime, powersOf65537(prime)]))

function powersOf65537(prime: number): Set<number> {
  const powers = new Set<number>()
  for (let power = 1; !powers.has(power); power = (power * (65537 % prime)) % prime) powers.add(power)
  return powers
}

function isRocaModulus(modulus: bigint): boolean {
  return ROCA_PRIMES.every(prime => ROCA_RESIDUES.get(prime)?.has(Number(modulus % BigInt(prime))))
}
