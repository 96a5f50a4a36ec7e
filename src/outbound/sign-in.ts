// Signing people in at the issuer: OpenID Connect, code flow with PKCE, state and nonce, the ID token's signature checked.
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  ClientSecretBasic,
  type Configuration,
  calculatePKCECodeChallenge,
  customFetch,
  discovery,
  enableNonRepudiationChecks,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
} from 'openid-client'
import { createIssuerFetch } from './issuer-fetch.ts'
import { SignInFailed } from './sign-in-failed.ts'

/** What the browser brings back, sealed, to finish what was begun. */
export type BegunSignIn = { state: string; nonce: string; verifier: string }

export type SignedIn = { subject: string; claims: Readonly<Record<string, unknown>> }

export type SignIn = {
  /** Where to send the browser. Throws SignInFailed. */
  begin(): Promise<{ url: string; begun: BegunSignIn }>
  /** Turns the callback's query into a person. Throws SignInFailed. */
  finish(query: URLSearchParams, begun: BegunSignIn): Promise<SignedIn>
  /** Where the issuer ends its own session, and comes back from; null when it offers none or is not there. */
  endUrl(): Promise<string | null>
  /** The origins that `endUrl` may lead to, as far as is known without asking: the issuer's, and one that its metadata named. */
  endOrigins(): readonly string[]
}

export type SignInOptions = {
  issuer: string
  clientId: string
  clientSecret: string
  caFile?: string | undefined
  callbackUrl: string
  afterEndUrl: string
  wallNow: () => Date
}

/** Metadata is read again after this; keys are read anew by themselves when an unknown one signs. */
const METADATA_MAX_AGE_MS = 60 * 60_000

export function createSignIn(options: SignInOptions): SignIn {
  const { callbackUrl } = options
  let endUrl: string | null = null
  const configuration = keptConfiguration(options, config => {
    endUrl = endUrlOf(config, options)
  })

  return {
    async begin() {
      const config = await configuration()
      const begun = { state: randomState(), nonce: randomNonce(), verifier: randomPKCECodeVerifier() }
      const url = buildAuthorizationUrl(config, {
        redirect_uri: callbackUrl,
        scope: 'openid',
        state: begun.state,
        nonce: begun.nonce,
        code_challenge: await calculatePKCECodeChallenge(begun.verifier),
        code_challenge_method: 'S256',
      })
      return { url: url.href, begun }
    },

    async finish(query, { state, nonce, verifier }) {
      const config = await configuration()
      const url = new URL(callbackUrl)
      url.search = query.toString()
      try {
        const checks = { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier }
        const claims = (await authorizationCodeGrant(config, url, checks)).claims()
        if (!claims) throw new Error('The issuer gave no ID token.')
        return { subject: claims.sub, claims }
      } catch (cause) {
        throw new SignInFailed(wasUnreachable(cause) ? 'unavailable' : 'refused', cause)
      }
    },

    async endUrl() {
      await configuration().catch(() => null)
      return endUrl
    },
    endOrigins: () => [...new Set([options.issuer, endUrl ?? options.issuer].map(url => new URL(url).origin))],
  }
}

function endUrlOf(config: Configuration, { clientId, afterEndUrl }: SignInOptions): string | null {
  const end = config.serverMetadata().end_session_endpoint
  if (end === undefined || !URL.canParse(end)) return null
  const url = new URL(end)
  url.searchParams.set('client_id', clientId)
  url.searchParams.set('post_logout_redirect_uri', afterEndUrl)
  return url.href
}

/** One reading of the metadata for all who wait; a failed one is not kept. */
function keptConfiguration(options: SignInOptions, onRead: (configuration: Configuration) => void) {
  const { issuer, clientId, clientSecret, caFile, wallNow } = options
  const fetch = createIssuerFetch({ caFile })
  const insecure = issuer.startsWith('http://') ? [allowInsecureRequests] : []
  let kept: { at: number; configuration: Promise<Configuration> } | null = null

  return async (): Promise<Configuration> => {
    const now = wallNow().getTime()
    if (kept === null || now - kept.at >= METADATA_MAX_AGE_MS) {
      const configuration = discovery(new URL(issuer), clientId, undefined, ClientSecretBasic(clientSecret), {
        [customFetch]: fetch as never,
        execute: [enableNonRepudiationChecks, ...insecure],
      })
      kept = { at: now, configuration }
    }
    const { configuration } = kept
    try {
      const read = await configuration
      onRead(read)
      return read
    } catch (cause) {
      if (kept?.configuration === configuration) kept = null
      throw new SignInFailed('unavailable', cause)
    }
  }
}

/** The library wraps what went wrong on the way; FetchFailed is what our own `fetch` throws. */
function wasUnreachable(cause: unknown): boolean {
  for (let at = cause; at instanceof Error; at = at.cause) if (at.name === 'FetchFailed') return true
  return false
}
