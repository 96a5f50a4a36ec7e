// The context of work that no request asked for: an operator at the machine, or the worker.
import { randomUUID } from 'node:crypto'
import type { Actor, Ctx, Dependencies } from '../context.ts'

export function operatorContext(dependencies: Dependencies, tenantId: string, name: string): Ctx {
  return internalContext(dependencies, tenantId, { kind: 'operator', name })
}

export function workerContext(dependencies: Dependencies, tenantId: string): Ctx {
  return internalContext(dependencies, tenantId, { kind: 'worker' })
}

export function internalContext(dependencies: Dependencies, tenantId: string, actor: Actor): Ctx {
  return {
    ...dependencies,
    actor,
    tenantId,
    requestId: randomUUID(),
    addressHash: null,
    client: { address: null, userAgent: null },
    idempotency: null,
  }
}
