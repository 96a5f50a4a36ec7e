// The embedded identity provider, over TLS: client credentials for programs (access tokens as RFC 9068 asks, at+jwt), and
// OpenID Connect's code flow for people at the console.
import { createHmac } from 'node:crypto'
import { createServer, type Server } from 'node:https'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose'
import { type Configuration, errors, Provider } from 'oidc-provider'
import { SCOPES_BY_ROLE } from '../domain/permissions.ts'
import { answerLogin, isLoginPage, logoutPage } from './login-page.ts'
import { personOf } from './people.ts'
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
  /** Where the console is; people come back to it. */
  consoleUrl: string
  kept: IdentityProviderKeys
}

const ALGORITHM = 'ES256'
/** panless refuses access tokens that live longer than an hour. */
const ACCESS_TOKEN_SECONDS = 3600
/** A day at the desk. */
const SESSION_SECONDS = 12 * 3600
const INTERACTION_SECONDS = 3600
const CODE_SECONDS = 60
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

/** The console's client; its secret is as lasting as the kept keys are. */
export function consoleClient(kept: IdentityProviderKeys): ClientCredentials {
  const secret = createHmac('sha256', kept.cookieKeys[0] as string).update('console client')
  return { client_id: 'console', client_secret: secret.digest('base64url') }
}

/** An HTTPS server (not yet listening) that serves discovery, keys and the token endpoint of this issuer, and its pages. */
export function identityProviderServer(options: IdentityProviderOptions, tls: { cert: string; key: string }): Server {
  const provider = new Provider(options.issuer, configuration(options))
  provider.on('server_error', (_ctx, error: Error) => console.error('identity provider:', error.stack))
  const handle = provider.callback()
  return createServer({ ...tls, minVersion: 'TLSv1.2' }, (request, response) => {
    if (isLoginPage(request.url)) void answerLogin(provider, options.tenants, request, response)
    else void handle(request, response)
  })
}

function configuration({ audience, tenants, consoleUrl, kept }: IdentityProviderOptions): Configuration {
  const scopesOf = (role: ClientRole) => SCOPES_BY_ROLE[role].join(' ')
  const allScopes = [...new Set(CLIENT_ROLES.flatMap(role => [...SCOPES_BY_ROLE[role]]))]
  return {
    jwks: { keys: kept.keys } as Configuration['jwks'],
    cookies: { keys: kept.cookieKeys },
    scopes: ['openid', ...allScopes],
    clients: [
      ...CLIENT_ROLES.map(role => ({
        ...kept.clients[role],
        scope: scopesOf(role),
        grant_types: ['client_credentials'],
        response_types: [],
        redirect_uris: [],
        token_endpoint_auth_method: 'client_secret_basic' as const,
        id_token_signed_response_alg: ALGORITHM as 'ES256',
      })),
      {
        ...consoleClient(kept),
        scope: 'openid',
        grant_types: ['authorization_code'],
        response_types: ['code'],
        redirect_uris: [`${consoleUrl}/callback`],
        post_logout_redirect_uris: [`${consoleUrl}/signed-out`],
        token_endpoint_auth_method: 'client_secret_basic',
        id_token_signed_response_alg: ALGORITHM,
      },
    ],
    claims: { openid: ['sub', 'tenant', 'roles'] },
    conformIdTokenClaims: false,
    findAccount: (_ctx, account) => accountOfPerson(account),
    loadExistingGrant: async ctx => {
      const { client, session, provider } = ctx.oidc
      const known = session?.grantIdFor(client?.clientId as string)
      if (known) return provider.Grant.find(known)
      const grant = new provider.Grant({ clientId: client?.clientId, accountId: session?.accountId })
      grant.addOIDCScope('openid')
      await grant.save()
      return grant
    },
    clientDefaults: { id_token_signed_response_alg: ALGORITHM },
    ttl: {
      ClientCredentials: ACCESS_TOKEN_SECONDS,
      AccessToken: ACCESS_TOKEN_SECONDS,
      AuthorizationCode: CODE_SECONDS,
      IdToken: ACCESS_TOKEN_SECONDS,
      Interaction: INTERACTION_SECONDS,
      Grant: SESSION_SECONDS,
      Session: SESSION_SECONDS,
    },
    features: {
      devInteractions: { enabled: false },
      userinfo: { enabled: false },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: async (ctx, form) => {
          ctx.body = String(await logoutPage(form))
        },
      },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        // A person's tokens are for the console alone, which calls nothing with them.
        defaultResource: (_ctx, client) => (client?.clientId === 'console' ? undefined : audience) as string,
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
    extraTokenClaims: (ctx, token) =>
      token.kind === 'ClientCredentials' ? { tenant: tenantOf(ctx.oidc.body, tenants) } : undefined,
  }
}

function accountOfPerson(account: string) {
  const found = personOf(account)
  if (!found) return undefined
  const { person, tenant } = found
  return { accountId: account, claims: () => ({ sub: account, tenant, roles: [...person.roles] }) }
}

/** The tenant that the token is for; the value that was sent is not repeated. */
function tenantOf(body: Record<string, unknown> | undefined, tenants: readonly string[]): string {
  const tenant = body?.tenant
  if (typeof tenant !== 'string' || tenant.length > TENANT_MAX_LENGTH || !tenants.includes(tenant)) {
    throw new errors.InvalidRequest(`tenant must be one of ${tenants.join(', ')}`)
  }
  return tenant
}
