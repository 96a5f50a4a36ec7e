// The embedded identity provider: RFC 9068 access tokens, and no scope or tenant beyond what a client may have.
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { Agent, request, type Server } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ensureCertificates } from '../../src/dev/certificates.ts'
import {
  CLIENT_ROLES,
  type ClientRole,
  type IdentityProviderKeys,
  identityProviderServer,
  keptIdentityProviderKeys,
} from '../../src/dev/identity-provider.ts'
import { anyFreePort } from '../../src/dev/ports.ts'
import { SCOPES_BY_ROLE } from '../../src/domain/permissions.ts'

const audience = 'https://panless.local/api'
let folder: string
let kept: IdentityProviderKeys
let server: Server
let agent: Agent
let issuer: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'panless-idp-'))
  const files = await ensureCertificates(join(folder, 'tls'))
  const [cert, key, ca] = await Promise.all(
    [files.certFile, files.keyFile, files.caFile].map(file => readFile(file, 'utf8')),
  )
  kept = await keptIdentityProviderKeys(join(folder, 'identity-provider.json'))
  issuer = `https://localhost:${await anyFreePort()}`
  server = identityProviderServer(
    { issuer, audience, tenants: ['demo', 'other'], consoleUrl: 'https://localhost/console', kept },
    { cert: cert as string, key: key as string },
  )
  await new Promise<void>(done => server.listen(Number(new URL(issuer).port), '127.0.0.1', done))
  agent = new Agent({ ca, keepAlive: false })
})

afterAll(async () => {
  server.closeAllConnections()
  await new Promise(done => server.close(done))
  await rm(folder, { recursive: true, force: true })
})

describe('a token', () => {
  test.each(CLIENT_ROLES)('of %s is an RFC 9068 access token with its scopes and its tenant', async role => {
    const scope = SCOPES_BY_ROLE[role].join(' ')
    const answer = await askToken(role, { scope, tenant: 'demo' })
    expect(answer.status).toBe(200)
    expect(answer.json).toMatchObject({ token_type: 'Bearer', expires_in: 3600, scope })
    const jwks = (await ask('/jwks')).json as unknown as JSONWebKeySet
    const { payload, protectedHeader } = await jwtVerify(String(answer.json.access_token), createLocalJWKSet(jwks), {
      issuer,
      audience,
      typ: 'at+jwt',
      algorithms: ['ES256'],
      requiredClaims: ['exp', 'iat', 'sub', 'jti', 'client_id', 'scope', 'tenant'],
    })
    expect(protectedHeader.kid).toBe(jwks.keys[0]?.kid)
    expect(payload).toMatchObject({ sub: role, client_id: role, scope, tenant: 'demo', aud: audience })
    expect((payload.exp as number) - (payload.iat as number)).toBe(3600)
  })

  test('is given to a client that authenticates in the form as well', async () => {
    const answer = await askToken('billing', { ...kept.clients.billing, scope: 'charges:read', tenant: 'other' }, '')
    expect(answer.status).toBe(200)
  })

  test('carries only the scopes that were asked for', async () => {
    const answer = await askToken('billing', { scope: 'charges:read', tenant: 'demo' })
    expect(answer.json.scope).toBe('charges:read')
  })
})

describe('refused with 400', () => {
  test.each([
    ['checkout', 'charges:create'],
    ['finance', 'refunds:create'],
    ['billing', 'payers:reveal'],
    ['admin', 'admin charges:create'],
    ['privacy', 'openid no-such-scope'],
  ] as const)('%s asking for %s', async (role, scope) => {
    const answer = await askToken(role, { scope, tenant: 'demo' })
    expect(answer.status).toBe(400)
    expect(answer.json.error).toBe('invalid_scope')
    expect(answer.json.access_token).toBeUndefined()
  })

  test.each([
    ['missing', ''],
    ['unknown', 'tenant=no-such-tenant'],
    ['given twice', 'tenant=demo&tenant=other'],
    ['an array', 'tenant[]=demo'],
    ['a prototype name', 'tenant=__proto__'],
  ])('a tenant that is %s, without repeating it', async (_, form) => {
    const answer = await ask('/token', `grant_type=client_credentials&scope=charges:read&${form}`, basic('billing'))
    expect(answer.status).toBe(400)
    expect(answer.json.error).toBe('invalid_request')
    expect(answer.text).not.toContain('no-such-tenant')
  })

  test('another resource, and another grant', async () => {
    const body = { scope: 'charges:read', tenant: 'demo' }
    expect((await askToken('billing', { ...body, resource: 'https://elsewhere.example' })).json.error).toBe(
      'invalid_target',
    )
    const refresh = await askToken('billing', { ...body, grant_type: 'refresh_token', refresh_token: 'x' })
    expect(refresh.status).toBe(400)
  })
})

test('a wrong secret is refused with 401', async () => {
  const header = `Basic ${Buffer.from('billing:wrong').toString('base64')}`
  const answer = await ask('/token', 'grant_type=client_credentials&tenant=demo', header)
  expect(answer.status).toBe(401)
  expect(answer.json.error).toBe('invalid_client')
})

test('discovery names this issuer, its endpoints and the key set', async () => {
  const { json } = await ask('/.well-known/openid-configuration')
  expect(json).toMatchObject({ issuer, token_endpoint: `${issuer}/token`, jwks_uri: `${issuer}/jwks` })
})

test('the key set holds no private part', async () => {
  const { keys } = (await ask('/jwks')).json as unknown as JSONWebKeySet
  expect(keys).toHaveLength(1)
  expect(keys[0]).not.toHaveProperty('d')
})

test('a restart keeps keys and secrets, in a file that only its owner reads', async () => {
  const file = join(folder, 'identity-provider.json')
  expect(await keptIdentityProviderKeys(file)).toEqual(kept)
  expect((await stat(file)).mode & 0o777).toBe(0o600)
})

interface Answer {
  status: number
  text: string
  json: Record<string, unknown>
}

const basic = (role: ClientRole) => {
  const { client_id, client_secret } = kept.clients[role]
  return `Basic ${Buffer.from(`${client_id}:${client_secret}`).toString('base64')}`
}

function askToken(role: ClientRole, form: Record<string, string>, authorization = basic(role)): Promise<Answer> {
  return ask('/token', new URLSearchParams({ grant_type: 'client_credentials', ...form }).toString(), authorization)
}

function ask(path: string, body?: string, authorization = ''): Promise<Answer> {
  const headers = {
    ...(body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
    ...(authorization === '' ? {} : { authorization }),
  }
  return new Promise((done, fail) => {
    const sent = request(
      `${issuer}${path}`,
      { method: body === undefined ? 'GET' : 'POST', agent, headers },
      response => {
        let text = ''
        response.on('data', chunk => {
          text += chunk
        })
        response.on('end', () => done({ status: response.statusCode ?? 0, text, json: JSON.parse(text || '{}') }))
      },
    )
    sent.on('error', fail)
    sent.end(body)
  })
}
