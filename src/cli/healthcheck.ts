// The probe of the image: asks the service of this container whether it is alive. Ends with 0 when it is, with 1 when not.
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { probeTarget } from '../config.ts'

const TIMEOUT_MS = 3_000

const { proxy, host, port } = probeTarget()
const signal = AbortSignal.timeout(TIMEOUT_MS)
const options = { host, port, path: '/healthz', headers: { 'x-forwarded-proto': 'https' }, signal }

// Alive is what is asked, on an address of this container: whose name the certificate bears does not matter. Behind a
// proxy only the proxy is answered with 200, and the refusal is a sign of life too.
const request = proxy
  ? httpRequest(options, response => end(response, status => status < 500))
  : httpsRequest({ ...options, rejectUnauthorized: false }, response => end(response, status => status === 200))
request.on('error', () => process.exit(1))
request.end()

function end(response: IncomingMessage, isAlive: (status: number) => boolean): void {
  process.exit(isAlive(response.statusCode ?? 0) ? 0 : 1)
}
