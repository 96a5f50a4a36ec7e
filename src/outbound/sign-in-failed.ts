// Why a sign-in did not come to its end; apart from sign-in.ts, so that knowing it loads no OpenID client.

/** `refused`: this try is over, another may go well; `unavailable`: the issuer cannot be reached or read now. */
export class SignInFailed extends Error {
  readonly kind: 'refused' | 'unavailable'
  constructor(kind: 'refused' | 'unavailable', cause?: unknown) {
    super(`sign-in: ${kind}`, { cause })
    this.name = 'SignInFailed'
    this.kind = kind
  }
}
