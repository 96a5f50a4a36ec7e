// An issuer of access tokens for tests: its own keys, a JWKS server on loopback that counts, and ill-made tokens.
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

export type IssuerKey = { kid: string; alg: string; privateKey: KeyObject; publicKey: KeyObject; jwk: object }

export type Answer = { status?: number; body?: string; delayMs?: number; headers?: Record<string, string> }

export type TestIssuer = {
  url: string
  jwksUrl: string
  /** How often the JWKS was asked for. */
  fetches(): number
  metadataFetches(): number
  publish(keys: readonly object[]): void
  /** What is answered in place of the key set, until it is called with null. */
  answerWith(answer: Answer | null): void
  stop(): Promise<void>
  start(): Promise<void>
}

export const base64url = (value: string | Buffer | object): string =>
  (Buffer.isBuffer(value) ? value : Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))).toString(
    'base64url',
  )

export function makeKey(kid: string, alg: string): IssuerKey {
  const { privateKey, publicKey } = keyPair(alg)
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid, alg, use: 'sig' }
  return { kid, alg, privateKey, publicKey, jwk }
}

function keyPair(alg: string): { privateKey: KeyObject; publicKey: KeyObject } {
  if (alg === 'EdDSA' || alg === 'Ed25519') return generateKeyPairSync('ed25519')
  if (alg === 'ES256') return generateKeyPairSync('ec', { namedCurve: 'P-256' })
  if (alg === 'ES384') return generateKeyPairSync('ec', { namedCurve: 'P-384' })
  if (alg === 'RS256-1024') return generateKeyPairSync('rsa', { modulusLength: 1024 })
  return generateKeyPairSync('rsa', { modulusLength: 2048 })
}

/** Signs any two parts as they are given, so that tests can make what no library would. */
export function signParts(key: IssuerKey, header: string, payload: string, alg = key.alg): string {
  const input = `${header}.${payload}`
  return `${input}.${base64url(signatureOf(Buffer.from(input), key.privateKey, alg))}`
}

function signatureOf(input: Buffer, key: KeyObject, alg: string): Buffer {
  if (key.asymmetricKeyType === 'ed25519') return sign(null, input, key)
  const digest = `sha${alg.slice(-3)}`
  if (alg.startsWith('ES')) return sign(digest, input, { key, dsaEncoding: 'ieee-p1363' })
  if (alg.startsWith('PS')) return sign(digest, input, { key, padding: 6, saltLength: Number(alg.slice(-3)) / 8 })
  return sign(digest, input, key)
}

export async function startTestIssuer(keys: readonly IssuerKey[]): Promise<TestIssuer> {
  let published: readonly object[] = keys.map(key => key.jwk)
  let answer: Answer | null = null
  let fetches = 0
  let metadataFetches = 0
  let server: Server
  let port = 0

  const listen = () =>
    new Promise<void>(resolve => {
      server = createServer((request, response) => {
        const url = `http://127.0.0.1:${port}`
        if (request.url === '/.well-known/openid-configuration') {
          metadataFetches++
          response.end(JSON.stringify({ issuer: url, jwks_uri: `${url}/jwks` }))
          return
        }
        fetches++
        const body = answer?.body ?? JSON.stringify({ keys: published })
        const reply = () => response.writeHead(answer?.status ?? 200, answer?.headers).end(body)
        if (answer?.delayMs) setTimeout(reply, answer.delayMs)
        else reply()
      })
      server.listen(port, '127.0.0.1', () => {
        port = (server.address() as AddressInfo).port
        resolve()
      })
    })
  await listen()

  return {
    url: `http://127.0.0.1:${port}`,
    jwksUrl: `http://127.0.0.1:${port}/jwks`,
    fetches: () => fetches,
    metadataFetches: () => metadataFetches,
    publish: jwks => {
      published = jwks
    },
    answerWith: next => {
      answer = next
    },
    start: listen,
    stop: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
