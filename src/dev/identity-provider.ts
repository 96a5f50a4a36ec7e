// The embedded identity provider: OAuth 2.0 client credentials, access tokens as RFC 9068 asks (at+jwt), over TLS.
import { createServer, type Server } from 'node:https'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose'
import { type Configuration, errors, Provider } from 'oidc-provider'
import { SCOPES_BY_ROLE } from '../domain/permissions.ts'
import { keptJson, newSecret } from './private-files.ts'

/** The clients of the embedded environment: one for each role that a program has. */
export const CLIENT_ROLES = ['checkout', 'billing', 'finance', 'privacy', 'admin'] as const
export type ClientRole = (typeof CLIENT_ROLES)[number]

export interface ClientCredentials {
  client_id: string
  client_secret: string
}

/** What a restart keeps: tokens stay valid and configured clients keep working. */
export interface IdentityProviderKeys {
  keys: JWK[]
  cookieKeys: string[]
  clients: Record<ClientRole, ClientCredentials>
}

export interface IdentityProviderOptions {
  issuer: string
  audience: string
  tenants: readonly string[]
  kept: IdentityProviderKeys
}

const ALGORITHM = 'ES256'
/** panless refuses access tokens that live longer than an hour. */
const ACCESS_TOKEN_SECONDS = 3600
/** The form fields of a token request are few and short. */
const TENANT_MAX_LENGTH = 64

/** Keys and client secrets in this file (0600), made on first use. */
export function keptIdentityProviderKeys(file: string): Promise<IdentityProviderKeys> {
  return keptJson(file, async () => {
    const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true })
    const jwk = await exportJWK(privateKey)
    const clients = CLIENT_ROLES.map(role => [role, { client_id: role, client_secret: newSecret() }])
    return {
      keys: [{ ...jwk, alg: ALGORITHM, use: 'sig', kid: await calculateJwkThumbprint(jwk) }],
      cookieKeys: [newSecret()],
      clients: Object.fromEntries(clients) as IdentityProviderKeys['clients'],
    }
  })
}

/** An HTTPS server (not yet listening) that serves discovery, keys and the token endpoint of this issuer. */
export function identityProviderServer(options: IdentityProviderOptions, tls: { cert: string; key: string }): Server {
  const provider = new Provider(options.issuer, configuration(options))
  provider.on('server_error', (_ctx, error: Error) => console.error('identity provider:', error.stack))
  const handle = provider.callback()
  return createServer({ ...tls, minVersion: 'TLSv1.2' }, (request, response) => void handle(request, response))
}

function configuration({ audience, tenants, kept }: IdentityProviderOptions): Configuration {
  const scopesOf = (role: ClientRole) => SCOPES_BY_ROLE[role].join(' ')
  const allScopes = [...new Set(CLIENT_ROLES.flatMap(role => [...SCOPES_BY_ROLE[role]]))]
  return {
    jwks: { keys: kept.keys } as Configuration['jwks'],
    cookies: { keys: kept.cookieKeys },
    scopes: allScopes,
    clients: CLIENT_ROLES.map(role => ({
      ...kept.clients[role],
      scope: scopesOf(role),
      grant_types: ['client_credentials'],
      response_types: [],
      redirect_uris: [],
      token_endpoint_auth_method: 'client_secret_basic',
      id_token_signed_response_alg: ALGORITHM,
    })),
    clientDefaults: { id_token_signed_response_alg: ALGORITHM },
    ttl: { ClientCredentials: ACCESS_TOKEN_SECONDS },
    features: {
      devInteractions: { enabled: false },
      userinfo: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => audience,
        useGrantedResource: () => true,
        getResourceServerInfo: (_ctx, resource) => {
          if (resource !== audience) throw new errors.InvalidTarget()
          return {
            scope: allScopes.join(' '),
            audience,
            accessTokenTTL: ACCESS_TOKEN_SECONDS,
            accessTokenFormat: 'jwt',
            jwt: { sign: { alg: ALGORITHM } },
          }
        },
      },
    },
    extraTokenClaims: ctx => ({ tenant: tenantOf(ctx.oidc.body, tenants) }),
  }
}

/** The tenant that the token is for; the value that was sent is not repeated. */
function tenantOf(body: Record<string, unknown> | undefined, tenants: readonly string[]): string {
  const tenant = body?.tenant
  if (typeof tenant !== 'string' || tenant.length > TENANT_MAX_LENGTH || !tenants.includes(tenant)) {
    throw new errors.InvalidRequest(`tenant must be one of ${tenants.join(', ')}`)
  }
  return tenant
}
