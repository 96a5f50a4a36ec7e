// Access tokens from the embedded identity provider.
import type { HttpsClient } from './https-client.ts'
import type { ClientCredentials } from './identity-provider.ts'

export interface TokenRequest {
  tokenEndpoint: string
  client: ClientCredentials
  tenant: string
  /** Space-delimited. */
  scope: string
}

/** The issuer refused; its reason is the message. */
export class TokenRefusedError extends Error {}

/** An access token by client credentials (RFC 6749, 4.4). */
export async function requestAccessToken(https: HttpsClient, asked: TokenRequest): Promise<string> {
  const { client_id, client_secret } = asked.client
  const form = new URLSearchParams({ grant_type: 'client_credentials', scope: asked.scope, tenant: asked.tenant })
  const answer = await https.send(
    'POST',
    asked.tokenEndpoint,
    {
      'content-type': 'application/x-www-form-urlencoded',
      authorization: `Basic ${Buffer.from(`${client_id}:${client_secret}`).toString('base64')}`,
    },
    form.toString(),
  )
  const { access_token, error, error_description } = (answer.json ?? {}) as Record<string, string | undefined>
  if (access_token === undefined) throw new TokenRefusedError(error_description ?? error ?? `status ${answer.status}`)
  return access_token
}
