// Proxy mode: only trusted proxies are believed, only https is served, and an address cannot be made up.

import { createSecretKey } from 'node:crypto'
import { request } from 'node:http'
import { type BlockList, isIPv6 } from 'node:net'
import fc from 'fast-check'
import { Hono } from 'hono'
import { afterEach, describe, expect, it } from 'vitest'
import { addressBlock, addressHash, normalizeAddress } from '../../src/crypto/address-hash.ts'
import { clientAddress, isTrusted, parseTrustedProxies } from '../../src/http/client-address.ts'
import { rememberAddress } from '../../src/http/middleware/remember-address.ts'
import { securityHeaders } from '../../src/http/middleware/security-headers.ts'
import { createPlainListener } from '../../src/http/plain-listener.ts'
import { rawPlain } from '../support/raw-client.ts'

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

async function start(proxies: string[]) {
  const trusted = parseTrustedProxies(proxies)
  let reached = 0
  const app = new Hono()
    .use(securityHeaders())
    .use(rememberAddress({ trusted }))
    .all('*', c => {
      reached++
      return c.json({ address: c.var.clientAddress })
    })
  const listener = createPlainListener({ trusted, fetch: app.fetch as never, onError: () => {} })
  const port = await listener.listen(0)
  cleanups.push(() => listener.close(0))
  return { port, reached: () => reached }
}

const call = (port: number, headers: Record<string, string | string[]>) =>
  new Promise<{ status: number; headers: Record<string, unknown>; json: Record<string, unknown> }>(
    (resolve, reject) => {
      const outgoing = request({ host: '127.0.0.1', port, path: '/v1/charges', headers }, response => {
        let text = ''
        response.on('data', chunk => {
          text += chunk
        })
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, json: JSON.parse(text) }),
        )
      })
      outgoing.on('error', reject)
      outgoing.end()
    },
  )

describe('the listener behind a proxy', () => {
  it('serves what a trusted proxy took by https, and names the caller', async () => {
    const { port } = await start(['127.0.0.0/8'])
    const answer = await call(port, { 'x-forwarded-proto': 'https', 'x-forwarded-for': '203.0.113.7' })
    expect(answer).toMatchObject({ status: 200, json: { address: '203.0.113.7' } })
    expect(answer.headers['strict-transport-security']).toMatch(/^max-age=\d{8}; includeSubDomains$/)
  })

  it.each([
    ['no X-Forwarded-Proto', {}],
    ['http', { 'x-forwarded-proto': 'http' }],
    ['an empty value', { 'x-forwarded-proto': '' }],
    ['https that a proxy appended http to', { 'x-forwarded-proto': 'https, http' }],
    ['http that a caller began with', { 'x-forwarded-proto': ['http', 'https'] }],
    ['another word', { 'x-forwarded-proto': 'httpsx' }],
    ['Forwarded in its place', { forwarded: 'proto=https' }],
  ])('refuses %s with a problem, and redirects nobody', async (_, headers) => {
    const { port, reached } = await start(['127.0.0.1'])
    const answer = await call(port, headers)
    expect(answer).toMatchObject({ status: 400, json: { code: 'https_required', status: 400 } })
    expect(answer.headers).toMatchObject({ 'content-type': 'application/problem+json', connection: 'close' })
    expect(answer.headers['strict-transport-security']).toBeDefined()
    expect(answer.headers['x-request-id']).toBe(answer.json.request_id)
    expect(answer.headers).not.toHaveProperty('location')
    expect(reached()).toBe(0)
  })

  it('refuses whoever is not a trusted proxy, whatever they say', async () => {
    const { port, reached } = await start(['10.0.0.0/8', '2001:db8::/32'])
    const headers = { 'x-forwarded-proto': 'https', 'x-forwarded-for': '10.0.0.1' }
    expect(await call(port, headers)).toMatchObject({ status: 400, json: { code: 'https_required' } })
    expect(reached()).toBe(0)
  })

  it('refuses what could be read in two ways', async () => {
    const { port, reached } = await start(['127.0.0.1'])
    const head = 'POST / HTTP/1.1\r\nHost: a\r\nX-Forwarded-Proto: https\r\n'
    const { text } = await rawPlain(port, [`${head}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`])
    expect(text).toMatch(/^HTTP\/1\.1 400 /)
    expect(reached()).toBe(0)
  })
})

describe('the address of a caller', () => {
  const trusted = parseTrustedProxies(['10.0.0.0/8', '192.0.2.1', '2001:db8:f::/48'])
  it.each([
    ['the proxy’s entry', '10.0.0.1', '203.0.113.7', '203.0.113.7'],
    ['the last entry that is no proxy', '10.0.0.1', '203.0.113.7, 10.2.3.4, 192.0.2.1', '203.0.113.7'],
    ['nothing that the caller wrote in front', '10.0.0.1', '8.8.8.8, 203.0.113.7', '203.0.113.7'],
    ['not a trusted address that the caller wrote', '10.0.0.1', '10.9.9.9, 203.0.113.7', '203.0.113.7'],
    ['the first of proxies alone', '10.0.0.1', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
    ['an entry with a port', '10.0.0.1', '203.0.113.7:5123', '203.0.113.7'],
    ['IPv6 in brackets with a port', '10.0.0.1', '[2001:db8::7]:443', '2001:db8::7'],
    ['IPv6 behind an IPv6 proxy', '2001:db8:f::1', '2001:DB8:0::7', '2001:db8::7'],
    ['IPv4 mapped into IPv6', '::ffff:10.0.0.1', '::ffff:203.0.113.7', '203.0.113.7'],
    ['the hop before junk', '10.0.0.1', '203.0.113.7, unknown, 10.0.0.2', '10.0.0.2'],
    ['the peer before junk', '10.0.0.1', '203.0.113.7, _hidden', '10.0.0.1'],
    ['the peer when the header is empty', '10.0.0.1', '', '10.0.0.1'],
    ['the peer when it is no proxy', '203.0.113.9', '10.0.0.1', '203.0.113.9'],
    ['not an octal spelling', '10.0.0.1', '0203.0.113.7', '10.0.0.1'],
  ])('is %s', (_, peer, forwardedFor, expected) => {
    expect(clientAddress({ peer, forwardedFor, trusted })).toBe(expected)
  })

  it('is the peer’s in direct mode, whatever is forwarded', () => {
    const peer = fc.oneof(fc.ipV4(), fc.ipV6())
    fc.assert(
      fc.property(peer, fc.string(), (address, forwardedFor) => {
        expect(clientAddress({ peer: address, forwardedFor })).toBe(normalizeAddress(address))
      }),
    )
  })

  it('does not change with anything a caller puts in front of what the proxy appends', () => {
    const outside = fc.ipV4().filter(address => !isTrusted(address, trusted))
    const forged = fc.oneof(
      fc.string(),
      fc.array(fc.ipV4()).map(list => list.join(', ')),
    )
    fc.assert(
      fc.property(outside, forged, (address, prefix) => {
        const forwardedFor = prefix === '' ? address : `${prefix}, ${address}`
        expect(clientAddress({ peer: '10.0.0.1', forwardedFor, trusted })).toBe(address)
      }),
    )
  })

  it('is always an address, for any header', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), forwardedFor => {
        const address = clientAddress({ peer: '10.0.0.1', forwardedFor, trusted })
        expect(normalizeAddress(address!)).toBe(address)
      }),
    )
  })

  it('is walked for 32 hops and no further', () => {
    const forwardedFor = `203.0.113.7, ${Array(40).fill('10.0.0.2').join(', ')}`
    expect(clientAddress({ peer: '10.0.0.1', forwardedFor, trusted })).toBe('10.0.0.2')
  })

  it('has one spelling', () => {
    fc.assert(
      fc.property(fc.ipV6(), address => {
        const once = normalizeAddress(address)
        expect(once).not.toBeNull()
        expect(normalizeAddress(once!)).toBe(once)
      }),
    )
    expect(normalizeAddress('fe80::1%eth0')).toBe('fe80::1')
    expect(normalizeAddress('2001:0DB8:0:0::0001')).toBe('2001:db8::1')
    for (const junk of ['', 'localhost', '1.2.3', '1.2.3.4.5', '256.1.1.1', '::g', '1.2.3.4/8']) {
      expect(normalizeAddress(junk)).toBeNull()
    }
  })

  it('is counted by its /64 when it is IPv6', () => {
    expect(addressBlock('203.0.113.7')).toBe('203.0.113.7')
    expect(addressBlock('2001:db8:1:2:3:4:5:6')).toBe('2001:db8:1:2::/64')
    expect(addressBlock('2001:db8::7')).toBe('2001:db8:0:0::/64')
    expect(addressBlock('::1')).toBe('0:0:0:0::/64')
    expect(addressBlock(null)).toBe('unknown')
    fc.assert(
      fc.property(fc.ipV6(), address => {
        const normal = normalizeAddress(address)!
        fc.pre(isIPv6(normal))
        expect(addressBlock(normal).split(':')).toHaveLength(6)
      }),
    )
    const key = createSecretKey(Buffer.alloc(32, 1))
    const hash = (address: string) => addressHash(key, address).toString('hex')
    expect(hash('2001:db8:1:2::7')).toBe(hash('2001:DB8:1:2:ffff:0:0:1'))
    expect(hash('2001:db8:1:2::7')).not.toBe(hash('2001:db8:1:3::7'))
    expect(hash('::ffff:203.0.113.7')).toBe(hash('203.0.113.7'))
    expect(hash('203.0.113.7')).not.toBe(hash('203.0.113.8'))
  })
})

describe('TRUSTED_PROXIES', () => {
  it.each(['', 'localhost', '10.0.0.0/33', '10.0.0.0/-1', '10.0.0.0/', '10.0.0.0/8/8', '::/129', '10.0.0.0/a', '*'])(
    'refuses "%s"',
    entry => {
      expect(() => parseTrustedProxies([entry])).toThrow(RangeError)
    },
  )

  it('takes addresses and ranges of both families', () => {
    const list: BlockList = parseTrustedProxies(['192.0.2.1', ' 10.0.0.0/8 ', '2001:db8::/32', '::1'])
    for (const inside of ['192.0.2.1', '10.255.0.1', '2001:db8:ffff::1', '::1'])
      expect(isTrusted(inside, list)).toBe(true)
    for (const outside of ['192.0.2.2', '11.0.0.1', '2001:db9::1', '::2', null])
      expect(isTrusted(outside, list)).toBe(false)
  })
})
