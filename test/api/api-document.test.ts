// The API's own document: valid, complete, and shown to people without a script.
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ERROR_CODES } from '../../src/domain/errors.ts'
import { PERMISSIONS } from '../../src/domain/permissions.ts'
import { createApp } from '../../src/http/app.ts'
import { PROBLEM_JSON, PROBLEMS } from '../../src/http/problem.ts'
import { type DocumentedOperation, type OpenapiText, operationsOf } from '../support/openapi-operations.ts'
import { startWorld, type World } from '../support/world.ts'

let world: World
let document: OpenapiText
let operations: DocumentedOperation[]
beforeAll(async () => {
  world = await startWorld({ webhooks: false })
  document = (await world.withToken(null).get('/openapi.json')).json
  operations = operationsOf(document)
})
afterAll(() => world.close())

describe('the document', () => {
  test('is OpenAPI 3.1 in its outer form', () => {
    expect(document.openapi).toMatch(/^3\.1\.\d+$/)
    expect(document.info).toMatchObject({ title: 'panless', version: expect.any(String) })
    expect(new Set(operations.map(({ id }) => id)).size).toBe(operations.length)
    for (const { name, id, spec } of operations) {
      expect(id, name).toMatch(/^[a-z][A-Za-z]+$/)
      expect(spec.summary, name).toBeTruthy()
      expect(spec.tags, name).toHaveLength(1)
      expect(Object.keys(spec.responses).length, name).toBeGreaterThan(1)
      for (const [status, response] of Object.entries(spec.responses)) {
        expect(status, name).toMatch(/^[1-5]\d\d$/)
        expect(response.description, `${name} ${status}`).toBeTruthy()
      }
    }
  })

  test('declares each parameter of each path, once and as required', () => {
    for (const { name, path, spec } of operations) {
      const inPath = [...path.matchAll(/\{([^}]+)\}/g)].map(match => match[1])
      const declared = (spec.parameters ?? []).filter(parameter => parameter.in === 'path')
      expect(declared.map(parameter => parameter.name).sort(), name).toEqual(inPath.sort())
      for (const parameter of declared) expect(parameter.required, name).toBe(true)
      const names = (spec.parameters ?? []).map(parameter => `${parameter.in} ${parameter.name.toLowerCase()}`)
      expect(new Set(names).size, name).toBe(names.length)
    }
  })

  test('holds schemas that are JSON Schema 2020-12, and no reference that leads nowhere', () => {
    const ajv = new Ajv2020({ strict: true, strictTypes: false, allErrors: true, validateSchema: true })
    ;(addFormats as unknown as { default: (to: Ajv2020) => void }).default(ajv)
    for (const { name, spec } of operations) {
      const schemas = [
        ...(spec.parameters ?? []).map(parameter => parameter.schema),
        ...Object.values(spec.requestBody?.content ?? {}).map(content => content.schema),
        ...Object.values(spec.responses).flatMap(response =>
          Object.values(response.content ?? {}).map(content => content.schema),
        ),
      ]
      for (const schema of schemas) {
        expect(JSON.stringify(schema), name).not.toContain('"$ref":"#/components')
        expect(() => ajv.compile(withoutIds(schema)), name).not.toThrow()
      }
    }
  })

  test('names every route that the service has, the pages of the console aside', () => {
    const app = createApp({
      dependencies: world.dependencies,
      accessTokens: {} as never,
      callerLimit: { burst: 1, perSecond: 1 },
      stripeJsUrl: 'https://js.example',
      version: 'test',
    })
    const routes = app.routes
      .filter(({ method, path }) => method !== 'ALL' && !path.includes('*') && !/^\/console(\/|$)/.test(path))
      .map(({ method, path }) => `${method} ${path.replace(/:(\w+)(\{[^}]*\})?/g, '{$1}')}`)
    expect([...new Set(routes)].sort()).toEqual(operations.map(({ name }) => name).sort())
  })

  test('asks for the scope that the verb of the same name asks for', () => {
    const scopes: Record<string, string> = PERMISSIONS
    for (const { name, id, scope } of operations) expect(scope, name).toBe(scopes[id] ?? null)
    const known = new Set(operations.map(({ id }) => id))
    expect(Object.keys(PERMISSIONS).filter(verb => !known.has(verb))).toEqual([])
  })

  test('lets every answer be a problem that it describes, with every code that there is', () => {
    const codes = new Set<string>()
    for (const { name, spec } of operations) {
      for (const [status, response] of Object.entries(spec.responses)) {
        const schema = response.content?.[PROBLEM_JSON]?.schema as
          | { properties: { code: { enum: string[] } } }
          | undefined
        if (!schema) continue
        for (const code of schema.properties.code.enum) {
          codes.add(code)
          expect(PROBLEMS[code as keyof typeof PROBLEMS].status, `${name} ${code}`).toBe(Number(status))
        }
      }
      expect(Object.keys(spec.responses), name).toContain('422')
      if (spec.security?.length)
        expect(Object.keys(spec.responses), name).toEqual(expect.arrayContaining(['401', '403', '429']))
    }
    // The one refusal that belongs to no route.
    expect(ERROR_CODES.filter(code => !codes.has(code))).toEqual(['method_not_allowed'])
  })

  test('asks for an Idempotency-Key on every POST but those of the contract', () => {
    const without = operations
      .filter(
        ({ method, spec }) => method === 'POST' && !spec.parameters?.some(({ name }) => name === 'Idempotency-Key'),
      )
      .map(({ path }) => path)
    expect(without.filter(path => path.startsWith('/v1/')).sort()).toEqual([
      '/v1/inquiries/{id}/reveal',
      '/v1/payers/search',
      '/v1/payers/{id}/reveal',
      '/v1/privacy-requests/{id}/package',
    ])
  })

  test('puts no secret and nothing about a person in a query', () => {
    const names = operations.flatMap(({ spec }) =>
      (spec.parameters ?? []).filter(parameter => parameter.in === 'query').map(parameter => parameter.name),
    )
    const telling = names.filter(name => /token|secret|password|email|phone|name|address/i.test(name))
    // A vault token's id and the name that is shown to everyone are neither secret nor sealed.
    expect(new Set(telling)).toEqual(new Set(['token', 'short_name']))
  })
})

describe('the page for people', () => {
  test('names every operation, and runs no script', async () => {
    const page = await world.withToken(null).get('/docs')
    expect(page).toMatchObject({ status: 200 })
    expect(page.headers['content-type']).toMatch(/^text\/html/)
    for (const { path } of operations) expect(page.text).toContain(path)
    expect(page.text).not.toMatch(/<script|javascript:|\son\w+=|<iframe|<object/i)
    for (const [, address] of page.text.matchAll(/(?:src|href)="([^"]*)"/g)) expect(address).toMatch(/^[#/](?!\/)/)
    const policy = page.headers['content-security-policy'] ?? ''
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toMatch(/script-src|unsafe|\*/)
    const style = await world.withToken(null).get('/docs/style.css')
    expect(style.headers['content-type']).toMatch(/^text\/css/)
    expect(style.text).not.toMatch(/@import|url\(/)
  })
})

/** The same schema stands at several places, under one id. */
function withoutIds(schema: unknown): Record<string, unknown> {
  return JSON.parse(
    JSON.stringify(schema, (key, value) =>
      (key === 'id' || key === '$id') && typeof value === 'string' ? undefined : value,
    ),
  )
}
