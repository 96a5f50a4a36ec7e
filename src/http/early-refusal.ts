// Problems for requests that never reach the application: what cannot be parsed, or did not come the right way.
import { randomUUID } from 'node:crypto'
import type { Duplex } from 'node:stream'
import { DomainError, type ErrorCode } from '../domain/errors.ts'
import { setSecurityHeaders } from './middleware/security-headers.ts'
import { PROBLEM_JSON, problemOf } from './problem.ts'

const REASONS: Record<number, string> = {
  400: 'Bad Request',
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
}

/** A problem with the headers of every answer; `status` replaces the code's own where HTTP has a finer one. */
export function earlyRefusal(code: ErrorCode, detail: string, status?: number): Response {
  const requestId = randomUUID()
  const problem = problemOf(new DomainError(code, detail), requestId)
  const shown = { ...problem, status: status ?? problem.status }
  const headers = new Headers({ 'Content-Type': PROBLEM_JSON, 'X-Request-Id': requestId })
  setSecurityHeaders(headers)
  return new Response(JSON.stringify(shown), { status: shown.status, headers })
}

/** Answers on a socket whose request Node's parser refused, and closes it. */
export async function refuseOnSocket(error: NodeJS.ErrnoException, socket: Duplex): Promise<void> {
  const begun = (socket as { _httpMessage?: { headersSent?: boolean } })._httpMessage?.headersSent === true
  // Only what the HTTP parser refused is answered; a TLS handshake that failed has nobody to answer to.
  if (!socket.writable || begun || !/^(HPE_|ERR_HTTP_)/.test(error.code ?? '')) {
    socket.destroy()
    return
  }
  const refusal = refusalOf(error.code)
  refusal.headers.set('Connection', 'close')
  const body = await refusal.text()
  refusal.headers.set('Content-Length', String(Buffer.byteLength(body)))
  const lines = [...refusal.headers].map(([name, value]) => `${name}: ${value}`)
  socket.end(`HTTP/1.1 ${refusal.status} ${REASONS[refusal.status]}\r\n${lines.join('\r\n')}\r\n\r\n${body}`)
}

function refusalOf(code: string | undefined): Response {
  if (code === 'HPE_HEADER_OVERFLOW') return earlyRefusal('malformed_request', 'The headers are too large.', 431)
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return earlyRefusal('malformed_request', 'The request came too slowly.', 408)
  return earlyRefusal('malformed_request', 'The request is not HTTP that can be read.')
}
