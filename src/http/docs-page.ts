// Renders the API's document as one page: every operation, its parameters, body, answers and refusals.
import { html } from 'hono/html'

type Schema = {
  type?: string | string[]
  properties?: Record<string, Schema>
  items?: Schema
  required?: string[]
  description?: string
  enum?: unknown[]
  anyOf?: Schema[]
  format?: string
  const?: unknown
  maxLength?: number
}
type Parameter = { name: string; in: string; required?: boolean; description?: string; schema?: Schema }
type Answer = { description?: string; content?: Record<string, { schema?: Schema }> }
type Operation = {
  tags?: string[]
  operationId: string
  summary?: string
  description?: string
  security?: Record<string, string[]>[]
  parameters?: Parameter[]
  requestBody?: { content: Record<string, { schema: Schema }> }
  responses: Record<string, Answer>
}

type Entry = { method: string; path: string; operation: Operation }

export function docsPage(document: Record<string, unknown>) {
  const { title, version, description } = document.info as { title: string; version: string; description: string }
  const entries = entriesOf(document.paths as Record<string, Record<string, Operation>>)
  const tags = [...new Set(entries.map(entry => tagOf(entry)))]
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} API ${version}</title>
<link rel="stylesheet" href="/docs/style.css">
</head>
<body>
<main>
<h1>${title} API <span class="soft">${version}</span></h1>
<p>${description}</p>
<p><a href="/openapi.json">openapi.json</a> is the same for programs.</p>
<nav aria-label="Operations"><ul>${tags.map(tag => html`<li><a href="#${anchor(tag)}">${tag}</a></li>`)}</ul></nav>
${tags.map(tag => html`<section id="${anchor(tag)}"><h2>${tag}</h2>${entries.filter(entry => tagOf(entry) === tag).map(operationBlock)}</section>`)}
</main>
</body>
</html>`
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete']

const entriesOf = (paths: Record<string, Record<string, Operation>>): Entry[] =>
  Object.entries(paths).flatMap(([path, item]) =>
    METHODS.flatMap(method => (item[method] ? [{ method: method.toUpperCase(), path, operation: item[method] }] : [])),
  )

const tagOf = ({ operation }: Entry) => operation.tags?.[0] ?? 'Other'
const anchor = (tag: string) => tag.toLowerCase().replace(/[^a-z]+/g, '-')

function operationBlock({ method, path, operation }: Entry) {
  const body = Object.entries(operation.requestBody?.content ?? {})[0]
  return html`<details id="${operation.operationId}">
<summary><span class="method">${method}</span> <code>${path}</code> <span class="soft">${operation.summary ?? ''}</span></summary>
<div>
${operation.description ? html`<p>${operation.description}</p>` : ''}
<p class="soft">${needs(operation)}</p>
${(operation.parameters ?? []).length > 0 ? html`<h3>Parameters</h3>${parameterTable(operation.parameters ?? [])}` : ''}
${body ? html`<h3>Body <span class="soft">${body[0]}</span></h3>${memberTable(body[1].schema)}` : ''}
<h3>Answers</h3>
<table><tbody>${Object.entries(operation.responses).map(
    ([status, answer]) =>
      html`<tr><th scope="row">${status}</th><td>${answer.description ?? ''}${answerMembers(status, answer)}</td></tr>`,
  )}</tbody></table>
</div>
</details>`
}

function needs({ security = [] }: Operation): string {
  const scopes = security.flatMap(item => item.accessToken ?? [])
  const session = security.some(item => item.sessionToken)
  if (scopes.length === 0 && !session) return 'No token is needed.'
  return `Needs the scope ${scopes.join(' ')}${session ? ', or the token of a checkout session' : ''}.`
}

function answerMembers(status: string, answer: Answer) {
  const schema = answer.content?.['application/json']?.schema
  return Number(status) < 300 && schema ? memberTable(schema) : ''
}

const parameterTable = (parameters: Parameter[]) =>
  html`<table><tbody>${parameters.map(
    ({ name, in: where, required, description, schema }) =>
      html`<tr><th scope="row"><code>${name}</code></th><td class="soft">${where}${required ? ', required' : ''}</td><td>${kindOf(schema)} ${description ?? ''}</td></tr>`,
  )}</tbody></table>`

function memberTable(schema: Schema): ReturnType<typeof html> | string {
  const rows = membersOf(schema, '')
  if (rows.length === 0) return ''
  return html`<table><tbody>${rows.map(
    ({ name, kind, required, description }) =>
      html`<tr><th scope="row"><code>${name}</code></th><td class="soft">${kind}${required ? ', required' : ''}</td><td>${description}</td></tr>`,
  )}</tbody></table>`
}

const DEPTH_MAX = 4

function membersOf(
  schema: Schema | undefined,
  prefix: string,
  depth = 0,
): { name: string; kind: string; required: boolean; description: string }[] {
  if (!schema || depth > DEPTH_MAX) return []
  const inner = schema.anyOf?.find(choice => choice.properties || choice.items) ?? schema
  if (inner.items) return membersOf(inner.items, `${prefix}[]`, depth + 1)
  return Object.entries(inner.properties ?? {}).flatMap(([name, member]) => {
    const full = prefix ? `${prefix}.${name}` : name
    const row = {
      name: full,
      kind: kindOf(member),
      required: inner.required?.includes(name) ?? false,
      description: member.description ?? '',
    }
    return [row, ...membersOf(member, full, depth + 1)]
  })
}

function kindOf(schema: Schema | undefined): string {
  if (!schema) return ''
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.enum) return schema.enum.map(String).join(' | ')
  if (schema.anyOf) return [...new Set(schema.anyOf.map(kindOf))].join(' | ')
  const kind = Array.isArray(schema.type) ? schema.type.join(' | ') : (schema.type ?? '')
  return schema.format ? `${kind} (${schema.format})` : kind
}
