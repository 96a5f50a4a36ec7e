// The time that another machine says it has: the `Date` header of whatever it answers.
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { isAllowedAddress } from './fetch-json.ts'

const TIMEOUT_MS = 5_000

/** Null when the other side does not answer, or without a date. The answer's body is not read. */
export function readDateHeader(url: string): Promise<string | null> {
  if (!isAllowedAddress(url)) return Promise.resolve(null)
  return new Promise(resolve => {
    const onResponse = (response: IncomingMessage) => {
      resolve(response.headers.date ?? null)
      response.destroy()
    }
    const open = url.startsWith('https:') ? httpsRequest : httpRequest
    const request = open(url, { method: 'HEAD', signal: AbortSignal.timeout(TIMEOUT_MS) }, onResponse)
    request.on('error', () => resolve(null))
    request.end()
  })
}
