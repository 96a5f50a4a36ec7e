// The operations of /openapi.json as a list, for tests that walk all of them.

export type OpenapiText = {
  openapi: string
  info: Record<string, unknown>
  paths: Record<string, Record<string, OperationText>>
}

type Content = Record<string, { schema: Record<string, unknown> }>

type OperationText = {
  operationId: string
  summary?: string
  tags?: string[]
  security?: Record<string, string[]>[]
  parameters?: { name: string; in: string; required?: boolean; schema: Record<string, unknown> }[]
  requestBody?: { content: Content }
  responses: Record<string, { description: string; content?: Content }>
}

export type DocumentedOperation = {
  /** Method and path, such as `GET /v1/payers/{id}`. */
  name: string
  method: string
  path: string
  id: string
  /** The scope that an access token needs, null when none is asked for. */
  scope: string | null
  /** Whether a checkout session's own token is taken too. */
  session: boolean
  spec: OperationText
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete']

export function operationsOf(document: OpenapiText): DocumentedOperation[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    METHODS.filter(method => item[method]).map(method => {
      const spec = item[method] as OperationText
      const security = spec.security ?? []
      return {
        name: `${method.toUpperCase()} ${path}`,
        method: method.toUpperCase(),
        path,
        id: spec.operationId,
        scope: security.find(way => way.accessToken)?.accessToken?.[0] ?? null,
        session: security.some(way => way.sessionToken),
        spec,
      }
    }),
  )
}
