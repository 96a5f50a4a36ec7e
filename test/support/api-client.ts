// Talks to the service over TLS as one client of one tenant, and holds each answer against the API's own document.
import { randomUUID } from 'node:crypto'
import { Agent, request } from 'node:https'
import { type Role, SCOPES_BY_ROLE } from '../../src/domain/permissions.ts'
import { base64url, type IssuerKey, signParts } from './test-issuer.ts'

export type ApiAnswer = {
  status: number
  headers: Record<string, string>
  text: string
  // biome-ignore lint/suspicious/noExplicitAny: answers are judged by the OpenAPI check and by each test.
  json: any
}

export type SendOptions = {
  headers?: Record<string, string>
  /** Null sends none; without it a POST gets a fresh one. */
  key?: string | null
  /** Bytes as they are, in place of a JSON body. */
  raw?: string | Buffer
}

export type ApiClient = {
  send(method: string, path: string, body?: unknown, options?: SendOptions): Promise<ApiAnswer>
  get(path: string, options?: SendOptions): Promise<ApiAnswer>
  post(path: string, body?: unknown, options?: SendOptions): Promise<ApiAnswer>
  patch(path: string, body?: unknown, options?: SendOptions): Promise<ApiAnswer>
  del(path: string, options?: SendOptions): Promise<ApiAnswer>
}

export type TokenClaims = Record<string, unknown>

/** An access token as the issuer would make it; `claims` override. */
export function accessToken(key: IssuerKey, issuer: string, audience: string, claims: TokenClaims = {}): string {
  const now = Math.floor(Date.now() / 1000)
  const payload = {
    iss: issuer,
    aud: audience,
    sub: 'test-client',
    client_id: 'test-client',
    jti: randomUUID(),
    iat: now,
    exp: now + 900,
    ...claims,
  }
  return signParts(key, base64url({ alg: key.alg, typ: 'at+jwt', kid: key.kid }), base64url(payload))
}

export const scopesOf = (role: Role): string => SCOPES_BY_ROLE[role].join(' ')

const agents = new Map<string, Agent>()

export function createClient(options: {
  url: string
  ca: string
  token: string | null
  check: (method: string, path: string, answer: ApiAnswer) => void
}): ApiClient {
  const agent = agents.get(options.url) ?? new Agent({ ca: options.ca, keepAlive: true, maxSockets: 128 })
  agents.set(options.url, agent)

  async function send(
    method: string,
    path: string,
    body?: unknown,
    { headers = {}, key, raw }: SendOptions = {},
  ): Promise<ApiAnswer> {
    const bytes = raw ?? (body === undefined ? undefined : JSON.stringify(body))
    const sent: Record<string, string> = {
      ...(options.token ? { authorization: `Bearer ${options.token}` } : {}),
      ...(bytes !== undefined
        ? { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(bytes)) }
        : {}),
      ...(method === 'POST' && key !== null ? { 'idempotency-key': key ?? `key-${randomUUID()}` } : {}),
      ...headers,
    }
    const answer = await exchange(new URL(path, options.url), method, sent, bytes, agent)
    options.check(method, path.split('?')[0] as string, answer)
    return answer
  }

  return {
    send,
    get: (path, more) => send('GET', path, undefined, more),
    post: (path, body = {}, more) => send('POST', path, body, more),
    patch: (path, body, more) => send('PATCH', path, body, more),
    del: (path, more) => send('DELETE', path, undefined, more),
  }
}

function exchange(
  url: URL,
  method: string,
  headers: Record<string, string>,
  body: string | Buffer | undefined,
  agent: Agent,
): Promise<ApiAnswer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method, headers, agent }, response => {
      const parts: Buffer[] = []
      response.on('data', part => parts.push(part))
      response.on('error', reject)
      response.on('end', () => {
        const text = Buffer.concat(parts).toString('utf8')
        const got = Object.fromEntries(Object.entries(response.headers).map(([name, value]) => [name, String(value)]))
        const json = /[/+]json/.test(got['content-type'] ?? '') && text ? JSON.parse(text) : undefined
        resolve({ status: response.statusCode ?? 0, headers: got, text, json })
      })
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

/** Closes the connections to one service, so that its listener can close. */
export function closeConnections(url: string): void {
  agents.get(url)?.destroy()
  agents.delete(url)
}
