// A browser without a window: keeps cookies by their rules, follows redirects, and signs in at the identity provider.
import { Agent, request } from 'node:https'
import type { World } from './world.ts'

export type PageAnswer = {
  status: number
  url: string
  headers: Record<string, string>
  /** Each Set-Cookie line of this answer. */
  cookies: string[]
  text: string
}

export type ConsoleClient = {
  get(path: string, headers?: Record<string, string>): Promise<PageAnswer>
  /** Sends a form as a page of the console does; `form` may name a field several times, or be bytes that are no form. */
  post(
    path: string,
    form?: Record<string, string> | [string, string][] | Buffer,
    headers?: Record<string, string>,
  ): Promise<PageAnswer>
  /** A GET that goes on to wherever it is sent. */
  follow(path: string): Promise<PageAnswer>
  /** Signs in as a person of the embedded identity provider; answers where it ends. */
  signIn(person: string, tenant?: string, to?: string): Promise<PageAnswer>
  /** The token and the key that the forms of a page carry. */
  formOf(path: string): Promise<{ csrf: string; key: string }>
  cookie(name: string): string | undefined
  setCookie(name: string, value: string): void
  close(): void
}

const REDIRECTS_MAX = 10

export function consoleClient(world: World): ConsoleClient {
  const agent = new Agent({ ca: world.ca, keepAlive: true })
  const jar = new Map<string, Map<string, string>>()
  const own = world.url

  const jarOf = (origin: string) => {
    const cookies = jar.get(origin) ?? new Map<string, string>()
    jar.set(origin, cookies)
    return cookies
  }

  function send(
    method: string,
    target: string,
    body: string | Buffer | null,
    more: Record<string, string>,
  ): Promise<PageAnswer> {
    const url = new URL(target, own)
    const cookies = jarOf(url.origin)
    const headers: Record<string, string> = {
      ...(cookies.size > 0 ? { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') } : {}),
      ...(body === null ? {} : { 'content-type': 'application/x-www-form-urlencoded', origin: url.origin }),
      ...more,
    }
    return new Promise((resolve, reject) => {
      const sent = request(url, { method, headers, agent }, response => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', part => {
          text += part
        })
        response.on('error', reject)
        response.on('end', () => {
          const set = response.headers['set-cookie'] ?? []
          for (const line of set) keep(cookies, line)
          const got = Object.fromEntries(Object.entries(response.headers).map(([name, value]) => [name, String(value)]))
          resolve({ status: response.statusCode ?? 0, url: url.href, headers: got, cookies: set, text })
        })
      })
      sent.on('error', reject)
      sent.end(body ?? undefined)
    })
  }

  async function goOn(answer: PageAnswer): Promise<PageAnswer> {
    let at = answer
    for (let hop = 0; at.headers.location !== undefined; hop++) {
      if (hop === REDIRECTS_MAX) throw new Error('The redirects do not end.')
      at = await send('GET', new URL(at.headers.location, at.url).href, null, {})
    }
    return at
  }

  const client: ConsoleClient = {
    get: (path, headers = {}) => send('GET', path, null, headers),
    post: (path, form = {}, headers = {}) =>
      send('POST', path, Buffer.isBuffer(form) ? form : new URLSearchParams(form).toString(), headers),
    follow: async path => goOn(await send('GET', path, null, {})),
    async signIn(person, tenant = 'demo', to = '/console') {
      const login = await client.follow(`/console/sign-in/begin?${new URLSearchParams({ to })}`)
      const form = new URLSearchParams({ person, tenant }).toString()
      return goOn(await send('POST', login.url, form, {}))
    },
    async formOf(path) {
      const { text } = await client.get(path)
      return { csrf: hiddenValue(text, 'csrf'), key: hiddenValue(text, 'key') }
    },
    cookie: name => jarOf(own).get(name),
    setCookie: (name, value) => void jarOf(own).set(name, value),
    close: () => agent.destroy(),
  }
  return client
}

function keep(cookies: Map<string, string>, line: string): void {
  const [pair = '', ...rules] = line.split('; ')
  const mark = pair.indexOf('=')
  const ended = rules.some(rule => /^max-age=0$/i.test(rule) || /^expires=Thu, 01 Jan 1970/i.test(rule))
  if (ended) cookies.delete(pair.slice(0, mark))
  else cookies.set(pair.slice(0, mark), pair.slice(mark + 1))
}

const hiddenValue = (page: string, name: string): string =>
  new RegExp(`name="${name}" value="([^"]*)"`).exec(page)?.[1] ?? ''
