// The TLS listener on real sockets: versions, suites, framing, floods, renewal of certificates, and a good end.

import { writeFile } from 'node:fs/promises'
import { type ClientHttp2Session, constants as http2, connect as http2Connect } from 'node:http2'
import { Agent } from 'node:https'
import { getCiphers } from 'node:tls'
import { Hono } from 'hono'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { securityHeaders } from '../../src/http/middleware/security-headers.ts'
import { createTlsListener, type TlsListenerOptions } from '../../src/http/tls.ts'
import { get, handshake, rawPlain, rawTls } from '../support/raw-client.ts'
import { certificateFolder, makeCertificate, type TestCertificate } from '../support/test-certificates.ts'

let ec: TestCertificate
let rsa: TestCertificate
const cleanups: (() => Promise<unknown>)[] = []

beforeAll(async () => {
  ;[ec, rsa] = await Promise.all([makeCertificate({ name: 'first' }), makeCertificate({ type: 'rsa' })])
})
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})
afterAll(() => expect(cleanups).toEqual([]))

async function start(certificate: TestCertificate = ec, options: Partial<TlsListenerOptions> = {}) {
  const seen: string[] = []
  const errors: unknown[] = []
  const held: (() => void)[] = []
  const app = new Hono()
    .onError((_, c) => c.text('failed', 500))
    .use(securityHeaders())
    .use(async (c, next) => {
      seen.push(`${c.req.method} ${c.req.path}`)
      await next()
    })
    .get('/held', async c => {
      await new Promise<void>(resolve => held.push(resolve))
      return c.text('finished')
    })
    .post('/echo', async c => c.text(await c.req.text()))
    .all('*', c => c.json({ ok: true }))
  const folder = await certificateFolder(certificate)
  const listener = await createTlsListener({
    ...folder,
    fetch: app.fetch as TlsListenerOptions['fetch'],
    onError: error => errors.push(error),
    ...options,
  })
  const port = await listener.listen(0)
  cleanups.push(
    () => folder.remove(),
    () => listener.close(0),
  )
  return {
    listener,
    port,
    url: `https://127.0.0.1:${port}`,
    folder,
    seen,
    errors,
    release: () => {
      for (const go of held.splice(0)) go()
    },
    held,
  }
}

const until = async (condition: () => boolean | Promise<boolean>, ms = 5_000) => {
  const end = Date.now() + ms
  while (!(await condition())) {
    if (Date.now() > end) throw new Error('It did not happen in time.')
    await new Promise(resolve => setTimeout(resolve, 10))
  }
}

const h2 = (url: string): ClientHttp2Session => {
  const session = http2Connect(url, { rejectUnauthorized: false })
  session.on('error', () => {})
  cleanups.push(async () => session.destroy())
  return session
}

const h2Request = (session: ClientHttp2Session, headers: Record<string, string>, body?: string) =>
  new Promise<{ status: number; headers: Record<string, unknown>; body: string }>((resolve, reject) => {
    const stream = session.request(headers, { endStream: body === undefined })
    let text = ''
    let answer: Record<string, unknown> = {}
    stream.on('response', incoming => {
      answer = { ...incoming }
    })
    stream.setEncoding('utf8').on('data', chunk => {
      text += chunk
    })
    stream.on('error', reject)
    stream.on('close', () => resolve({ status: Number(answer[':status'] ?? 0), headers: answer, body: text }))
    if (body !== undefined) stream.end(body)
  })

describe('TLS', () => {
  it('serves HTTP/1.1 and HTTP/2 on one port, with bodies, and says HSTS on both', async () => {
    const { url } = await start()
    const one = await get(`${url}/echo`, { method: 'POST' }, 'x'.repeat(100_000))
    expect(one).toMatchObject({ status: 200, body: 'x'.repeat(100_000) })
    const two = await h2Request(h2(url), { ':path': '/echo', ':method': 'POST' }, 'y'.repeat(100_000))
    expect(two).toMatchObject({ status: 200, body: 'y'.repeat(100_000) })
    for (const { headers } of [one, two]) {
      expect(headers['strict-transport-security']).toBe('max-age=63072000; includeSubDomains')
      expect(headers['x-content-type-options']).toBe('nosniff')
      expect(headers['cache-control']).toBe('no-store')
      expect(headers).not.toHaveProperty('server')
      expect(headers).not.toHaveProperty('x-powered-by')
    }
  })

  it.each([
    ['TLSv1', false],
    ['TLSv1.1', false],
    ['TLSv1.2', true],
    ['TLSv1.3', true],
  ] as const)('%s is taken: %s', async (version, taken) => {
    const { port } = await start()
    const result = await handshake(port, { minVersion: version, maxVersion: version, ciphers: 'ALL@SECLEVEL=0' })
    if (typeof result === 'string') {
      expect(taken).toBe(false)
      expect(result).toMatch(/ALERT_PROTOCOL_VERSION/)
    } else {
      expect(result.getProtocol()).toBe(version)
      expect(taken).toBe(true)
      result.destroy()
    }
  })

  it.each([
    ['ECDSA', () => ec],
    ['RSA', () => rsa],
  ])('takes forward-secret AEAD suites only, with an %s certificate', async (type, certificate) => {
    const { port } = await start(certificate())
    const taken: string[] = []
    for (const suite of getCiphers().filter(name => !name.startsWith('tls_'))) {
      const options = { maxVersion: 'TLSv1.2', ciphers: `${suite.toUpperCase()}@SECLEVEL=0` } as const
      const result = await handshake(port, options)
      if (typeof result === 'string') continue
      taken.push(result.getCipher().name)
      result.destroy()
    }
    const prefix = `ECDHE-${type}`
    const suites = ['AES128-GCM-SHA256', 'AES256-GCM-SHA384', 'CHACHA20-POLY1305'].map(suite => `${prefix}-${suite}`)
    expect(taken.sort()).toEqual(suites)
  })

  it('prefers its own order of suites', async () => {
    const { port } = await start()
    const ciphers = 'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384'
    const socket = await handshake(port, { maxVersion: 'TLSv1.2', ciphers })
    if (typeof socket === 'string') throw new Error(socket)
    expect(socket.getCipher().name).toBe('ECDHE-ECDSA-AES256-GCM-SHA384')
    expect(socket.getEphemeralKeyInfo()).toMatchObject({ type: 'ECDH' })
    socket.destroy()
  })

  it('does not renegotiate', async () => {
    const { port } = await start()
    const socket = await handshake(port, { maxVersion: 'TLSv1.2' })
    if (typeof socket === 'string') throw new Error(socket)
    const failed = new Promise(resolve => {
      socket.on('error', resolve)
      socket.on('close', resolve)
      socket.renegotiate({ rejectUnauthorized: false }, error => error && resolve(error))
    })
    await expect(failed).resolves.toBeDefined()
    socket.destroy()
  })

  it('answers nothing to plain HTTP, and redirects nobody', async () => {
    const { port, seen } = await start()
    for (const path of ['/', '/v1/charges', '/healthz']) {
      const { text } = await rawPlain(port, [`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`])
      expect(text).not.toMatch(/HTTP|location|30\d/i)
    }
    expect(seen).toEqual([])
  })
})

describe('renewal of the certificate', () => {
  const subject = async (port: number) => {
    const socket = await handshake(port, {})
    if (typeof socket === 'string') return socket
    const name = socket.getPeerCertificate().subject.CN
    socket.destroy()
    return name
  }

  it('happens when the files change, without a failed request on old or new connections', async () => {
    const { url, port, folder, errors, listener } = await start()
    const agent = new Agent({ keepAlive: true })
    const session = h2(url)
    let stopped = false
    let done = 0
    const failures: unknown[] = []
    const load = async (request: () => Promise<{ status: number }>) => {
      while (!stopped) {
        await request().then(
          ({ status }) => (status === 200 ? done++ : failures.push(status)),
          error => failures.push(error),
        )
      }
    }
    const workers = [
      load(() => get(url, { agent })),
      load(() => get(url, { agent: new Agent({ maxCachedSessions: 0 }) })),
      load(() => h2Request(session, { ':path': '/' })),
    ]
    await until(() => done > 20)
    const before = listener.certificate().fingerprint
    await folder.put(await makeCertificate({ name: 'second' }))
    await until(async () => (await subject(port)) === 'second')
    const soFar = done
    await until(() => done > soFar + 20)
    stopped = true
    await Promise.all(workers)
    agent.destroy()
    expect(failures).toEqual([])
    expect(errors).toEqual([])
    expect(listener.certificate().fingerprint).not.toBe(before)
  })

  it('keeps the old pair and reports when the new one is broken, and takes the next good one', async () => {
    const { port, folder, errors, listener } = await start(ec, { pollMs: 60_000 })
    const stranger = await makeCertificate({ name: 'stranger' })
    await writeFile(folder.certFile, stranger.cert)
    await expect(listener.reload()).resolves.toBe('kept')
    expect(String(errors.at(-1))).toMatch(/not that of the certificate/)
    await writeFile(folder.certFile, 'not a certificate')
    await expect(listener.reload()).resolves.toBe('kept')
    await folder.put(await makeCertificate({ expiredAt: new Date(Date.now() - 1000) }))
    await expect(listener.reload()).resolves.toBe('kept')
    expect(String(errors.at(-1))).toMatch(/expired/)
    expect(await subject(port)).toBe('first')
    await folder.put(await makeCertificate({ name: 'third' }))
    await expect(listener.reload()).resolves.toBe('replaced')
    expect(await subject(port)).toBe('third')
    await expect(listener.reload()).resolves.toBe('unchanged')
  })

  it('keeps versions and suites', async () => {
    const { port, folder, listener } = await start()
    await folder.put(await makeCertificate({ name: 'next' }))
    await listener.reload()
    expect(await handshake(port, { maxVersion: 'TLSv1.1', minVersion: 'TLSv1.1', ciphers: 'ALL@SECLEVEL=0' })).toMatch(
      /VERSION/,
    )
    expect(await handshake(port, { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA@SECLEVEL=0' })).toMatch(
      /FAILURE/,
    )
  })

  it('is seen by reading the files where the file system reports nothing', async () => {
    const { port, folder } = await start(ec, { pollMs: 50 })
    await folder.put(await makeCertificate({ name: 'polled' }))
    await until(async () => (await subject(port)) === 'polled')
  })

  it('is refused at the start when the pair cannot be used', async () => {
    await expect(start({ cert: ec.cert, key: rsa.key })).rejects.toThrow(/not that of the certificate/)
  })
})

describe('framing', () => {
  const head = 'POST /echo HTTP/1.1\r\nHost: localhost\r\n'
  it.each([
    ['Content-Length and Transfer-Encoding', `${head}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['two different Content-Lengths', `${head}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!`],
    ['a list of Content-Lengths', `${head}Content-Length: 5, 5\r\n\r\nhello`],
    ['a negative Content-Length', `${head}Content-Length: -1\r\n\r\n`],
    ['a Content-Length with a sign', `${head}Content-Length: +5\r\n\r\nhello`],
    ['a Content-Length in hex', `${head}Content-Length: 0x5\r\n\r\nhello`],
    ['an unknown Transfer-Encoding', `${head}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`],
    ['chunked that is not last', `${head}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`],
    ['a space before the colon', `${head}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`],
    ['a folded header', `${head}X-A: 1\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['a NUL in a header', `${head}X-A: a\u0000b\r\n\r\n`],
    ['a bare carriage return in a header', `${head}X-A: a\rb: c\r\n\r\n`],
    ['no Host', 'GET / HTTP/1.1\r\n\r\n'],
    ['two Hosts', 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n'],
    ['an ill-formed Host', 'GET / HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n'],
    ['an unknown version', 'GET / HTTP/9.9\r\nHost: a\r\n\r\n'],
    ['no HTTP at all', 'hello\r\n\r\n'],
    ['HTTP/2 without having agreed on it', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ])('refuses %s and closes', async (_, bytes) => {
    const { port, seen } = await start()
    const { text, error } = await rawTls(port, [bytes])
    expect(error).not.toBe('timeout')
    if (text !== '') expect(text).toMatch(/^HTTP\/1\.1 400 /)
    expect(text.match(/HTTP\/1\.1 /g)?.length ?? 0).toBeLessThanOrEqual(1)
    expect(seen).toEqual([])
  })

  it('refuses a bad chunk before the body is whole', async () => {
    const { port } = await start()
    const { text } = await rawTls(port, [`${head}Transfer-Encoding: chunked\r\n\r\n`, 'zz\r\nhello\r\n0\r\n\r\n'])
    expect(text).not.toMatch(/ 200 /)
  })

  it('answers what it cannot read with a problem and HSTS, never with what was sent', async () => {
    const { port } = await start()
    const { text } = await rawTls(port, ['GET /secret-4242 HTTP/1.1\r\nBad Header: secret\r\n\r\n'])
    expect(text).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/)
    expect(text).toMatch(/strict-transport-security: max-age=63072000/i)
    expect(text).toMatch(/content-type: application\/problem\+json/i)
    expect(JSON.parse(text.split('\r\n\r\n')[1]!)).toMatchObject({ status: 400, code: 'malformed_request' })
    expect(text).not.toContain('secret')
  })
})

describe('limits', () => {
  it('refuses headers over 16 KiB and more than 100 of them', async () => {
    const { url, port } = await start()
    const { text } = await rawTls(port, [`GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(17_000)}\r\n\r\n`])
    expect(text).toMatch(/^HTTP\/1\.1 431 /)
    const many = Object.fromEntries(Array.from({ length: 101 }, (_, n) => [`x-${n}`, '1']))
    expect(await get(url, { headers: many })).toMatchObject({ status: 431 })
    const session = h2(url)
    const tooMany = await h2Request(session, { ':path': '/', ...many }).catch(() => ({ status: 0 }))
    expect([0, 431]).toContain(tooMany.status)
    const large = await h2Request(h2(url), { ':path': '/', x: 'x'.repeat(20_000) }).catch(() => ({ status: 0 }))
    expect([0, 431]).toContain(large.status)
  })

  it('takes a header of 12 kB in both protocols', async () => {
    const { url } = await start()
    expect((await get(url, { headers: { x: 'x'.repeat(12_000) } })).status).toBe(200)
    expect((await h2Request(h2(url), { ':path': '/', x: 'x'.repeat(12_000) })).status).toBe(200)
  })

  it('closes on headers that come too slowly', async () => {
    const { port } = await start(ec, { limits: { headersTimeoutMs: 300 } })
    const { text, error } = await rawTls(port, ['GET / HTTP/1.1\r\nHost: a\r\nX-Slow: '], {}, 5_000)
    expect(error).not.toBe('timeout')
    expect(text).toMatch(/^HTTP\/1\.1 408 /)
  })

  it('closes on bodies that come too slowly, in both protocols', async () => {
    const { port, url } = await start(ec, { limits: { headersTimeoutMs: 300, requestTimeoutMs: 600 } })
    const slow = await rawTls(port, ['POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc'], {}, 5_000)
    expect(slow.error).not.toBe('timeout')
    expect(slow.text).not.toMatch(/ 200 /)
    const stream = h2(url).request({ ':path': '/echo', ':method': 'POST' })
    stream.write('abc')
    stream.on('error', () => {})
    await new Promise(resolve => stream.once('close', resolve))
    expect(stream.rstCode).toBe(http2.NGHTTP2_CANCEL)
  })

  it('closes connections that say nothing', async () => {
    const { port, url } = await start(ec, {
      limits: { headersTimeoutMs: 400, idleTimeoutMs: 300, handshakeTimeoutMs: 300 },
    })
    expect((await rawTls(port, [], {}, 5_000)).error).not.toBe('timeout')
    expect((await rawPlain(port, [], 5_000)).error).not.toBe('timeout')
    const kept = await rawTls(port, ['GET / HTTP/1.1\r\nHost: a\r\n\r\n'], {}, 5_000)
    expect(kept.error).not.toBe('timeout')
    expect(kept.text).toMatch(/ 200 /)
    const session = h2(url)
    await h2Request(session, { ':path': '/' })
    await until(() => session.destroyed)
  })

  it('caps connections of one address', async () => {
    const { port, url } = await start(ec, { limits: { maxConnectionsPerAddress: 3 } })
    const sockets = await Promise.all([1, 2, 3].map(() => handshake(port, {})))
    expect(sockets.every(socket => typeof socket !== 'string')).toBe(true)
    expect(typeof (await handshake(port, {}))).toBe('string')
    for (const socket of sockets) if (typeof socket !== 'string') socket.destroy()
    await until(async () => (await get(url).catch(() => ({ status: 0 }))).status === 200)
  })

  it('takes several hundred requests at once from one client, in both protocols', async () => {
    const { url } = await start()
    const session = h2(url)
    const two = await Promise.all(Array.from({ length: 500 }, () => h2Request(session, { ':path': '/' })))
    const one = await Promise.all(Array.from({ length: 200 }, () => get(url)))
    expect([...one, ...two].filter(({ status }) => status !== 200)).toEqual([])
  })

  it('ends an HTTP/2 session that resets streams without end', async () => {
    const { url } = await start()
    const session = h2(url)
    await h2Request(session, { ':path': '/' })
    const tick = () => new Promise(resolve => setTimeout(resolve, 1))
    const alive = () => !session.closed && !session.destroyed
    for (let round = 0; round < 100 && alive(); round++) {
      const streams = Array.from({ length: 50 }, () => session.request({ ':path': '/' }).on('error', () => {}))
      await tick()
      for (const stream of streams) stream.close(http2.NGHTTP2_CANCEL)
      await tick()
    }
    await until(() => !alive())
    expect(session.closed || session.destroyed).toBe(true)
    expect((await h2Request(h2(url), { ':path': '/' })).status).toBe(200)
  })
})

describe('the end', () => {
  it('lets running requests finish in both protocols and takes no new ones', async () => {
    const { url, port, listener, held, release } = await start()
    const agent = new Agent({ keepAlive: true })
    await get(url, { agent })
    const session = h2(url)
    const goaway = new Promise(resolve => session.once('goaway', resolve))
    const running = [get(`${url}/held`, { agent }), h2Request(session, { ':path': '/held' })]
    await until(() => held.length === 2)
    const closed = listener.close(10_000)
    await goaway
    expect(typeof (await handshake(port, {}))).toBe('string')
    release()
    const [one, two] = await Promise.all(running)
    expect(one).toMatchObject({ status: 200, body: 'finished', headers: { connection: 'close' } })
    expect(two).toMatchObject({ status: 200, body: 'finished' })
    await closed
    agent.destroy()
  })

  it('is not held up by idle connections', async () => {
    const { url, listener } = await start()
    const agent = new Agent({ keepAlive: true })
    await get(url, { agent })
    await h2Request(h2(url), { ':path': '/' })
    const begun = Date.now()
    await listener.close(10_000)
    expect(Date.now() - begun).toBeLessThan(2_000)
    agent.destroy()
  })

  it('cuts off what does not finish in time', async () => {
    const { url, listener, held } = await start()
    const stuck = Promise.allSettled([get(`${url}/held`), h2Request(h2(url), { ':path': '/held' })])
    await until(() => held.length === 2)
    const begun = Date.now()
    await listener.close(300)
    expect(Date.now() - begun).toBeLessThan(2_000)
    await stuck
  })
})
