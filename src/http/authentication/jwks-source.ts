// Where the issuer's keys are read: a configured address, or the one that the issuer's own metadata names.
import { isAllowedAddress } from '../../outbound/exchange.ts'
import type { FetchJson } from '../../outbound/fetch-json.ts'

/** The address named by the metadata is looked up anew after this long, or after it failed. */
const DISCOVERY_MAX_AGE_MS = 24 * 60 * 60 * 1000

/** Makes the function that reads the JWK set of an issuer; without `jwksUrl` the address is discovered. */
export function createJwksSource(options: {
  issuer: string
  jwksUrl?: string
  fetchJson: FetchJson
  wallNow: () => Date
}): () => Promise<unknown> {
  const { issuer, jwksUrl, fetchJson, wallNow } = options
  let discovered: { url: string; at: number } | null = null

  return async () => {
    if (jwksUrl !== undefined) return fetchJson(jwksUrl)
    const now = wallNow().getTime()
    if (!discovered || now - discovered.at >= DISCOVERY_MAX_AGE_MS) {
      discovered = { url: await discoverJwksUrl(issuer, fetchJson), at: now }
    }
    try {
      return await fetchJson(discovered.url)
    } catch (error) {
      discovered = null
      throw error
    }
  }
}

/**
 * Reads `jwks_uri` from the issuer's metadata (OpenID Connect Discovery 1.0 section 4, else RFC 8414 section 3) and
 * refuses metadata that names another issuer.
 */
export async function discoverJwksUrl(issuer: string, fetchJson: FetchJson): Promise<string> {
  const [openid, oauth] = metadataUrls(issuer)
  const metadata = await fetchJson(openid).catch((error: unknown) => {
    if (error instanceof Error && (error as { status?: number }).status !== undefined) return fetchJson(oauth)
    throw error
  })
  if (typeof metadata !== 'object' || metadata === null) throw new Error('The metadata of the issuer is no object.')
  const named = metadata as { issuer?: unknown; jwks_uri?: unknown }
  if (named.issuer !== issuer) throw new Error('The metadata names another issuer than the one configured.')
  if (typeof named.jwks_uri !== 'string' || !isAllowedAddress(named.jwks_uri)) {
    throw new Error('The metadata names no https address of a JWK set.')
  }
  return named.jwks_uri
}

/** The two places of the metadata: appended to the issuer, and between its host and its path. */
export function metadataUrls(issuer: string): [openid: string, oauth: string] {
  const { origin, pathname } = new URL(issuer)
  const path = pathname.replace(/\/$/, '')
  return [
    `${origin}${path}/.well-known/openid-configuration`,
    `${origin}/.well-known/oauth-authorization-server${path}`,
  ]
}
