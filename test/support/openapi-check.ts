// Holds every live answer against /openapi.json: an undocumented status, header or member fails the test.
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'

type Schema = Record<string, unknown>
type DocumentedAnswer = { headers?: Record<string, unknown>; content?: Record<string, { schema: Schema }> }
type Operation = { responses: Record<string, DocumentedAnswer> }
export type OpenapiDocument = { paths: Record<string, Record<string, Operation>> }

export type LiveAnswer = { status: number; headers: Record<string, string>; text: string }

/** What HTTP itself adds. */
const TRANSPORT_HEADERS = new Set([
  'content-type',
  'content-length',
  'transfer-encoding',
  'connection',
  'keep-alive',
  'date',
  'allow',
])

/** What a path or method that is not there may answer: an allowed preflight, or a refusal that any request may get. */
const UNKNOWN_ROUTE = new Set([204, 400, 401, 404, 405, 413, 415, 422, 429])

export function createOpenapiCheck(document: OpenapiDocument) {
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  ;(addFormats as unknown as { default: (ajv: Ajv2020) => void }).default?.(ajv)
  const compiled = new Map<string, ValidateFunction>()
  const routes = Object.entries(document.paths).map(([template, operations]) => ({
    template,
    form: new RegExp(`^${template.replace(/[.]/g, '\\.').replace(/\{[^}]+\}/g, '[^/]+')}$`),
    operations,
  }))

  /** Complaints about an answer; none when the document says that it may look so. */
  return function complaints(method: string, path: string, answer: LiveAnswer): string[] {
    const route = routes
      .filter(({ form }) => form.test(path))
      .sort((a, b) => a.template.split('{').length - b.template.split('{').length)[0]
    const operation = route?.operations[method.toLowerCase()]
    if (!route || !operation) return UNKNOWN_ROUTE.has(answer.status) ? [] : [`${method} ${path} is not documented`]
    const name = `${method} ${route.template} ${answer.status}`
    const documented = operation.responses[String(answer.status)]
    if (!documented) return [`${name}: the status is not documented`]
    const known = new Set(Object.keys(documented.headers ?? {}).map(header => header.toLowerCase()))
    const faults = Object.keys(answer.headers)
      .filter(header => !known.has(header) && !TRANSPORT_HEADERS.has(header))
      .map(header => `${name}: the header ${header} is not documented`)
    const type = (answer.headers['content-type'] ?? '').split(';')[0] as string
    if (answer.text === '') return faults
    const content = documented.content?.[type]
    if (!content) return [...faults, `${name}: the type ${type} is not documented`]
    if (!/[/+]json$/.test(type)) return faults
    const key = `${name} ${type}`
    const validate = compiled.get(key) ?? ajv.compile(closed(content.schema))
    compiled.set(key, validate)
    if (validate(JSON.parse(answer.text))) return faults
    return [
      ...faults,
      ...(validate.errors ?? []).map(
        error => `${key} ${error.instancePath}: ${error.message} ${JSON.stringify(error.params)}`,
      ),
    ]
  }
}

/** Objects that say nothing of other members take none. */
function closed(schema: unknown): Schema {
  if (Array.isArray(schema)) return schema.map(closed) as unknown as Schema
  if (typeof schema !== 'object' || schema === null) return schema as Schema
  const copy = Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, closed(value)]))
  if ((copy as { type?: unknown }).type === 'object' && copy.properties && copy.additionalProperties === undefined) {
    ;(copy as Schema).additionalProperties = false
  }
  return copy
}
