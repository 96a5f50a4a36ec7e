// Describes routes from the verbs' own schemas, and gathers the descriptions into one OpenAPI 3.1 document.
import type { MiddlewareHandler, Next } from 'hono'
import { type DescribeRouteOptions, describeRoute, generateSpecs } from 'hono-openapi'
import { z } from 'zod'
import type { ErrorCode } from '../domain/errors.ts'
import { type AppContext, type AppEnv, strayQuery } from './context.ts'
import { PROBLEM_JSON, PROBLEMS } from './problem.ts'

type JsonSchema = Record<string, unknown>

export type OperationSpec = {
  id: string
  tag: string
  summary: string
  description?: string
  /** The scope that the caller's token needs; `session` where a checkout session token is taken too; null for none. */
  scope: string | null
  session?: boolean
  /** Whether an Idempotency-Key is required. */
  idempotent?: boolean
  body?: z.ZodType
  bodyTypes?: readonly string[]
  query?: z.ZodObject
  /** Successful answers by status; a schema for JSON, a media type for anything else. */
  answers: Record<
    number,
    {
      description: string
      schema?: z.ZodType
      mediaType?: string
      /** Several forms of one answer, none of them described further. */
      mediaTypes?: readonly string[]
      headers?: Record<string, string>
    }
  >
  /** Codes of this operation beyond those that every operation of its kind may give. */
  errors?: readonly ErrorCode[]
}

const EVERYWHERE: readonly ErrorCode[] = [
  'malformed_request',
  'malformed_json',
  'unsupported_media_type',
  'card_number_refused',
  'https_required',
  'internal_error',
  'payload_too_large',
  'rate_limited',
  'database_busy',
  'region_mismatch',
  'sealing_unavailable',
]
const AUTHENTICATED: readonly ErrorCode[] = [
  'invalid_token',
  'insufficient_scope',
  'authentication_unavailable',
  'validation_failed',
]
const IDEMPOTENT: readonly ErrorCode[] = [
  'idempotency_key_required',
  'invalid_idempotency_key',
  'idempotency_in_progress',
  'idempotency_mismatch',
]

/** Headers that every answer may carry. */
export const COMMON_HEADERS: Record<string, string> = {
  'X-Request-Id': 'Names this request in the log.',
  'Strict-Transport-Security': 'RFC 6797.',
  'X-Content-Type-Options': 'nosniff.',
  'Cache-Control': 'no-store for anything with data.',
  'Content-Security-Policy': 'What the answer may load when it is shown: nothing, for data.',
  'Referrer-Policy': 'no-referrer.',
  'Cross-Origin-Resource-Policy': 'same-origin unless the resource is meant for other origins.',
  Vary: 'What the answer depends on.',
}

/** The middleware that carries a route's description, and refuses a query where a GET takes none. */
export function operation(spec: OperationSpec): MiddlewareHandler<AppEnv> {
  const described = describe(spec)
  if (spec.scope === null || spec.query) return described
  return Object.assign(async function refuseStrayQuery(c: AppContext, next: Next) {
    await next()
    // Behind the verb, since 403 and 404 come first. What changes something has its verb refuse, by `bodyOf`.
    if (c.req.method !== 'GET' || !c.req.url.includes('?') || !c.res.ok) return
    const fault = strayQuery(c)
    if (fault === null) return
    c.res = undefined
    throw fault
  }, described)
}

/** Getters, since a process starts far more often than somebody asks for the document. */
function describe(spec: OperationSpec): MiddlewareHandler<AppEnv> {
  return describeRoute({
    operationId: spec.id,
    tags: [spec.tag],
    summary: spec.summary,
    ...(spec.description ? { description: spec.description } : {}),
    security: securityOf(spec),
    get parameters() {
      return parametersOf(spec) as DescribeRouteOptions['parameters']
    },
    get requestBody() {
      return requestBodyOf(spec) as DescribeRouteOptions['requestBody']
    },
    get responses() {
      return { ...problemsOf(spec), ...answersOf(spec) } as DescribeRouteOptions['responses']
    },
  })
}

function securityOf({ scope, session }: OperationSpec): Record<string, string[]>[] {
  return [...(scope ? [{ accessToken: [scope] }] : []), ...(session ? [{ sessionToken: [] }] : [])]
}

function parametersOf({ query, idempotent }: OperationSpec) {
  const { properties = {}, required = [] } = (query ? jsonSchema(query, 'input') : {}) as {
    properties?: Record<string, JsonSchema>
    required?: string[]
  }
  return [
    ...(idempotent
      ? [
          {
            name: 'Idempotency-Key',
            in: 'header',
            required: true,
            description:
              'Your own name for this request, 1 to 255 visible ASCII characters. Sent again, it gives the same answer.',
            schema: { type: 'string', minLength: 1, maxLength: 257 },
          },
        ]
      : []),
    ...Object.entries(properties).map(([name, { description, ...schema }]) => ({
      name,
      in: 'query',
      required: required.includes(name),
      ...(description ? { description } : {}),
      schema,
    })),
  ]
}

function requestBodyOf({ body, bodyTypes = ['application/json'] }: OperationSpec) {
  if (!body) return undefined
  const schema = jsonSchema(body, 'input')
  return { required: true, content: Object.fromEntries(bodyTypes.map(type => [type, { schema }])) }
}

function answersOf({ answers, idempotent, session }: OperationSpec) {
  return Object.fromEntries(
    Object.entries(answers).map(([status, { description, schema, mediaType, mediaTypes, headers }]) => [
      status,
      {
        description,
        headers: describeHeaders({
          ...COMMON_HEADERS,
          ...(idempotent ? { 'Idempotency-Replayed': '`true` when this is the stored answer of the first time.' } : {}),
          ...(session ? CORS_HEADERS : {}),
          ...headers,
        }),
        ...(schema
          ? { content: { [mediaType ?? 'application/json']: { schema: jsonSchema(schema, 'output') } } }
          : mediaType
            ? { content: { [mediaType]: { schema: { type: 'string' } } } }
            : mediaTypes
              ? { content: Object.fromEntries(mediaTypes.map(type => [type, { schema: {} }])) }
              : {}),
      },
    ]),
  )
}

const CORS_HEADERS: Record<string, string> = {
  'Access-Control-Allow-Origin': "The caller's origin, when the tenant allows it.",
  'Access-Control-Expose-Headers': 'Which headers a page may read.',
}

function problemsOf(spec: OperationSpec) {
  const codes = new Set<ErrorCode>([
    ...EVERYWHERE,
    ...(spec.scope !== null || spec.session ? AUTHENTICATED : []),
    ...(spec.body || spec.query ? (['validation_failed'] as const) : []),
    ...(spec.idempotent ? IDEMPOTENT : []),
    ...(spec.errors ?? []),
  ])
  const byStatus = new Map<number, ErrorCode[]>()
  for (const code of codes) {
    const { status } = PROBLEMS[code]
    byStatus.set(status, [...(byStatus.get(status) ?? []), code])
  }
  return Object.fromEntries(
    [...byStatus].map(([status, list]) => [
      String(status),
      {
        description: list.map(code => `\`${code}\`: ${PROBLEMS[code].title}.`).join(' '),
        headers: describeHeaders({
          ...COMMON_HEADERS,
          'Retry-After': 'Seconds until another try makes sense.',
          ...(status === 401 || list.includes('insufficient_scope') ? { 'WWW-Authenticate': 'RFC 6750.' } : {}),
          ...(spec.idempotent
            ? { 'Idempotency-Replayed': '`true` when this is the stored answer of the first time.' }
            : {}),
          ...(spec.session ? CORS_HEADERS : {}),
        }),
        content: { [PROBLEM_JSON]: { schema: problemSchema(list) } },
      },
    ]),
  )
}

const describeHeaders = (headers: Record<string, string>) =>
  Object.fromEntries(
    Object.entries(headers).map(([name, description]) => [name, { description, schema: { type: 'string' } }]),
  )

function problemSchema(codes: readonly ErrorCode[]): JsonSchema {
  return {
    type: 'object',
    required: ['type', 'title', 'status', 'code', 'detail', 'request_id'],
    additionalProperties: false,
    properties: {
      type: { type: 'string', format: 'uri' },
      title: { type: 'string' },
      status: { type: 'integer' },
      code: { type: 'string', enum: [...codes] },
      detail: { type: 'string' },
      request_id: { type: 'string' },
      errors: {
        type: 'array',
        items: {
          type: 'object',
          required: ['pointer', 'code', 'detail'],
          additionalProperties: false,
          properties: { pointer: { type: 'string' }, code: { type: 'string' }, detail: { type: 'string' } },
        },
      },
      ...(codes.some(
        code => code === 'card_declined' || code === 'authentication_required' || code === 'charge_refused',
      )
        ? { charge: { type: 'object' }, failure: { type: 'object' } }
        : {}),
    },
  }
}

/** zod's own JSON Schema (2020-12, which OpenAPI 3.1 takes as it is), without its `$schema` line. */
export function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any', reused: 'inline' }) as JsonSchema
  return rest
}

/** The document of all routes of an app. */
export async function openapiDocument(app: Parameters<typeof generateSpecs>[0], version: string): Promise<JsonSchema> {
  return (await generateSpecs(app, {
    excludeStaticFile: false,
    documentation: {
      openapi: '3.1.0',
      info: {
        title: 'panless',
        version,
        description: 'The payment vault that never sees a card number. Card numbers are refused on every route.',
        license: { name: 'MIT', identifier: 'MIT' },
      },
      components: {
        securitySchemes: {
          accessToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT (RFC 9068)' },
          sessionToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT of a checkout session' },
        },
      },
    },
  })) as unknown as JsonSchema
}
