// Sets the caller's address, judged once: forwarded headers count only behind trusted proxies.
import type { BlockList } from 'node:net'
import type { MiddlewareHandler } from 'hono'
import { clientAddress } from '../client-address.ts'

export type AddressVariables = { clientAddress: string | null }

type AddressEnv = {
  Variables: AddressVariables
  Bindings: { incoming?: { socket?: { remoteAddress?: string } } }
}

/** Without `trusted` (direct mode) forwarded headers are never looked at. */
export function rememberAddress(options: { trusted?: BlockList }): MiddlewareHandler<AddressEnv> {
  return async function rememberAddress(c, next) {
    c.set(
      'clientAddress',
      clientAddress({
        peer: peerOf(c.env),
        forwardedFor: options.trusted && c.req.header('x-forwarded-for'),
        trusted: options.trusted,
      }),
    )
    await next()
  }
}

/** The address of an HTTP/2 session that has just ended cannot be read any more. */
function peerOf(env: AddressEnv['Bindings'] | undefined): string | undefined {
  try {
    return env?.incoming?.socket?.remoteAddress
  } catch {
    return undefined
  }
}
