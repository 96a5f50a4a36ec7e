// The firewall before an application, over real sockets: what is refused, in which order, and what the answer says.
import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { panFirewall } from '../../src/http/middleware/pan-firewall.ts'
import { MAX_BODY_BYTES, readBody } from '../../src/http/middleware/read-body.ts'
import { PROBLEM_JSON, problemOf } from '../../src/http/problem.ts'
import { inScript, NEAR_MISSES, PUBLISHED_NUMBERS, printedGroups } from '../support/pan-samples.ts'

const NUMBER = '4242424242424242'
const JWT = `eyJhbGciOiJFUzI1NiJ9.${Buffer.from('{"sub":"a"}').toString('base64url')}.c2ln`

const hits: string[] = []
const reached: string[] = []
const app = new Hono()
app.use(
  readBody({
    ruleOf: (_, path) => ({
      reads: path.startsWith('/forms') ? 'any' : path.startsWith('/webhooks') ? 'raw' : 'json',
      maxBytes: MAX_BODY_BYTES,
    }),
  }),
)
app.use(panFirewall({ onHit: part => hits.push(part) }))
app.all('*', c => {
  reached.push(c.req.path)
  return c.json({ ok: true })
})
app.onError((error, c) => {
  const problem = problemOf(error, 'a-request')
  return c.body(JSON.stringify(problem), problem.status as 400, { 'Content-Type': PROBLEM_JSON })
})

let server: ReturnType<typeof serve>
let port: number

beforeAll(async () => {
  server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 })
  if (!server.listening) await once(server, 'listening')
  port = (server.address() as AddressInfo).port
})
afterAll(() => new Promise(resolve => server.close(resolve)))
beforeEach(() => {
  hits.length = 0
  reached.length = 0
})

type Answer = { status: number; code?: string; pointer?: string; text: string }

/** Sends bytes as they are, so that nothing tidies them on the way. */
async function sendRaw(head: string, body: string | Buffer = ''): Promise<Answer> {
  const socket = connect(port, '127.0.0.1')
  const bytes = Buffer.from(body)
  socket.write(Buffer.from(`${head}\r\nHost: panless.test\r\nConnection: close\r\n`, 'latin1'))
  if (bytes.length > 0 && !/transfer-encoding/i.test(head)) socket.write(`Content-Length: ${bytes.length}\r\n`)
  socket.write('\r\n')
  socket.write(bytes)
  let text = ''
  for await (const chunk of socket) text += chunk
  const problem = /\r\n\r\n[\s\S]*?(\{[\s\S]*\})/.exec(text)?.[1]
  const { code, errors } = problem ? JSON.parse(problem) : {}
  return { status: Number(text.slice(9, 12)), code, pointer: errors?.[0]?.pointer, text }
}

const post = (body: string | Buffer, type = 'application/json', path = '/v1/things') =>
  sendRaw(`POST ${path} HTTP/1.1\r\nContent-Type: ${type}`, body)

function expectRefusal(answer: Answer, pointer: string): void {
  expect(answer).toMatchObject({ status: 422, code: 'card_number_refused', pointer })
  expect(answer.text).not.toContain(NUMBER)
  expect(reached).toEqual([])
}

describe('a card number in a JSON body', () => {
  it.each([
    [`{"a":"${NUMBER}"}`, '/a'],
    [`{"a":${NUMBER}}`, '/a'],
    [`{"a":-${NUMBER}}`, '/a'],
    ['{"a":4.242424242424242e15}', '/a'],
    ['{"a":42424242424242420E-1}', '/a'],
    [`{"a":{"b":[1,"x ${NUMBER} y"]}}`, '/a/b/1'],
    [`{"metadata":{"a/b~c":"${NUMBER}"}}`, '/metadata/a~1b~0c'],
    [`{"metadata":{"${NUMBER}":"x"}}`, '/metadata/(name)'],
    [`{"metadata":{"${NUMBER}":{"x":"${NUMBER}"}}}`, '/metadata/(name)'],
    ['{"a":"\\u0034242424242424242"}', '/a'],
    [`{"a":"\\n${NUMBER}"}`, '/a'],
    ['{"a":"%34242424242424242"}', '/a'],
    [`{"a":"${Buffer.from(NUMBER).toString('base64')}"}`, '/a'],
    [`{"a":"${inScript(NUMBER, 0xff10)}"}`, '/a'],
    ['{"card":{"cvc":"123"}}', '/card/cvc'],
    ['{"\\u0063vv2":null}', '/cvv2'],
    [`"${NUMBER}"`, '#/body'],
    [NUMBER, '#/body'],
  ])('%s is refused at %s', async (body, pointer) => {
    expectRefusal(await post(body), pointer)
    expect(hits).toEqual(['body'])
  })

  it('is refused for every published number', async () => {
    for (const number of PUBLISHED_NUMBERS) {
      expectRefusal(await post(JSON.stringify({ note: printedGroups(number).join(' ') })), '/note')
    }
  })

  it('is not seen where there is none', async () => {
    for (const text of NEAR_MISSES) expect((await post(JSON.stringify({ text }))).status).toBe(200)
    expect((await post('{"phone":"+4222222222222","id":"x4242424242424242","at":1732374061123}')).status).toBe(200)
    expect(hits).toEqual([])
  })
})

describe('a card number elsewhere', () => {
  it.each([
    [`/v1/things/${NUMBER}`, '#/path'],
    ['/v1/things/%34242424242424242', '#/path'],
    ['/v1/things/4242%204242%204242%204242', '#/path'],
    [`/v1/things/${Buffer.from(NUMBER).toString('base64url')}`, '#/path'],
    [`/unknown/${NUMBER}`, '#/path'],
    [`/v1/things?q=${NUMBER}`, '#/query/q'],
    ['/v1/things?a=1&q=4242+4242+4242+4242', '#/query/q'],
    ['/v1/things?q=+378282246310005', '#/query/q'],
    [`/v1/things?${NUMBER}=1`, '#/query/0'],
    ['/v1/things?cvc=123', '#/query/cvc'],
    [`/v1/things?a=%EF%BC%94${encodeURIComponent(inScript(NUMBER.slice(1), 0xff10))}`, '#/query/a'],
  ])('in the target %s is refused at %s', async (target, pointer) => {
    expectRefusal(await sendRaw(`GET ${target} HTTP/1.1`), pointer)
  })

  it.each([
    [`X-Note: ${NUMBER}`, '#/headers/x-note'],
    [`X-${NUMBER}: 1`, '#/headers/0'],
    [`User-Agent: shop/1.0 (${printedGroups(NUMBER).join('-')})`, '#/headers/user-agent'],
    [`Cookie: a=b; card=${NUMBER}`, '#/headers/cookie'],
    [`X-Request-Id: ${NUMBER}`, '#/headers/x-request-id'],
    [`Idempotency-Key: ${NUMBER}`, '#/headers/idempotency-key'],
    [`Authorization: Bearer ${NUMBER}`, '#/headers/authorization'],
    [`Authorization: Bearer ${NUMBER}.${NUMBER}.${NUMBER}`, '#/headers/authorization'],
    [`Authorization: Basic ${Buffer.from(`shop:${NUMBER}`).toString('base64')}`, '#/headers/authorization'],
    [`X-Note: ${Buffer.from(inScript(NUMBER, 0xff10)).toString('latin1')}`, '#/headers/x-note'],
    ['X-CVC: 123', '#/headers/x-cvc'],
  ])('in the header %s is refused at %s', async (header, pointer) => {
    expectRefusal(await sendRaw(`GET /v1/things HTTP/1.1\r\n${header}`), pointer)
    expect(hits).toEqual(['headers'])
  })

  it('is not seen in an access token, a signature of Stripe, or what browsers send', async () => {
    const headers = [
      `Authorization: Bearer ${JWT}`,
      `Stripe-Signature: t=1732374061,v1=${'0123456789abcdef'.repeat(4)}`,
      'traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-4242424242424242-01',
      'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/131.0.6778.86 Safari/537.36',
      'X-Forwarded-For: 203.0.113.195, 2001:db8:85a3::8a2e:370:7334',
    ]
    expect((await sendRaw(`GET /v1/things HTTP/1.1\r\n${headers.join('\r\n')}`)).status).toBe(200)
  })

  it.each([
    ['application/x-www-form-urlencoded', 'a=1&note=4242+4242+4242+4242', '#/body/note'],
    ['application/x-www-form-urlencoded', 'card%5Bcvc%5D=1', '#/body/0'],
    [
      'multipart/form-data; boundary=x',
      `--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n${NUMBER}\r\n--x--`,
      '#/body',
    ],
    [
      'multipart/form-data; boundary=x',
      '--x\r\nContent-Disposition: form-data; name="cvc"\r\n\r\n1\r\n--x--',
      '#/body',
    ],
    ['text/plain', NUMBER, '#/body'],
    ['application/octet-stream', Buffer.from(NUMBER, 'utf16le'), '#/body'],
    ['application/json', `{"a":"${NUMBER}"}`, '/a'],
  ])('in a body of %s is refused where such bodies are taken', async (type, body, pointer) => {
    expectRefusal(await post(body, type, '/forms'), pointer)
  })

  it('in a webhook is left to the webhook, yet not in its path', async () => {
    expect((await post(`{"a":"${NUMBER}"}`, 'application/json', '/webhooks/stripe')).status).toBe(200)
    reached.length = 0
    expectRefusal(await post('{}', 'application/json', `/webhooks/stripe/${NUMBER}`), '#/path')
  })
})

describe('before the firewall', () => {
  it.each([
    ['a body over 64 KiB', 'application/json', `"${'a'.repeat(MAX_BODY_BYTES)}"`, 413, 'payload_too_large'],
    ['a form', 'application/x-www-form-urlencoded', `a=${NUMBER}`, 415, 'unsupported_media_type'],
    ['JSON in another charset', 'application/json; charset=utf-16', '{}', 415, 'unsupported_media_type'],
    ['a merge patch that is no PATCH', 'application/merge-patch+json', '{}', 415, 'unsupported_media_type'],
    ['no JSON', 'application/json', `{"a":"${NUMBER}"`, 400, 'malformed_json'],
    ['a member named twice', 'application/json', `{"a":"${NUMBER}","a":1}`, 400, 'malformed_json'],
    ['bytes that are no UTF-8', 'application/json', Buffer.from([0x22, 0xff, 0x22]), 400, 'malformed_json'],
    ['17 levels', 'application/json', '['.repeat(17) + ']'.repeat(17), 400, 'malformed_json'],
  ])('%s is refused first', async (_, type, body, status, code) => {
    const answer = await post(body, type)
    expect(answer).toMatchObject({ status, code })
    expect(answer.text).not.toContain(NUMBER)
    expect(reached).toEqual([])
  })

  it('a Content-Encoding is refused, and so is a body that grows too large without saying its length', async () => {
    const encoded = await sendRaw(
      'POST /v1/things HTTP/1.1\r\nContent-Type: application/json\r\nContent-Encoding: gzip',
      '{}',
    )
    expect(encoded).toMatchObject({ status: 415, code: 'unsupported_media_type' })
    const chunk = `10000\r\n${'a'.repeat(0x10000)}\r\n`
    const chunked = await sendRaw(
      'POST /v1/things HTTP/1.1\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked',
      `${chunk}1\r\na\r\n0\r\n\r\n`,
    )
    expect(chunked).toMatchObject({ status: 413, code: 'payload_too_large' })
  })

  it('64 KiB to the byte, a charset in quotes and an empty body are taken', async () => {
    expect((await post(`"${'a'.repeat(MAX_BODY_BYTES - 2)}"`)).status).toBe(200)
    expect((await post('{}', 'application/json; charset="UTF-8"')).status).toBe(200)
    expect((await post('')).status).toBe(200)
    expect(
      (await sendRaw('PATCH /v1/things HTTP/1.1\r\nContent-Type: application/merge-patch+json', '{}')).status,
    ).toBe(200)
  })
})
