// What an audit row says: who did what to which object, and how it ended. Never a value about a person.
import type { Actor, Ctx } from '../context.ts'
import { newId } from '../ids.ts'
import type { AuditAction, RefusedRoute } from './actions-in-words.ts'

export type AuditOutcome = 'ok' | 'denied' | 'failed' | 'unknown'

export type AuditEntry = {
  action: AuditAction | RefusedRoute
  object: { type: string; id: string | null }
  outcome?: AuditOutcome
  payerId?: string | null
  /** Ids, field names and codes only. */
  details?: Record<string, unknown>
}

export type AuditRow = {
  id: string
  actor_kind: string
  actor_id: string
  action: string
  outcome: string
  object_type: string
  object_id: string | null
  payer_id: string | null
  request_id: string
  address_hash: string | null
  details: Record<string, unknown>
}

/** The row as the SQL function `panless_append_audit` takes it. */
export function auditRow(ctx: Ctx, entry: AuditEntry): AuditRow {
  return {
    id: newId('audit', ctx.clock.now()),
    actor_kind: ctx.actor.kind,
    actor_id: actorId(ctx.actor),
    action: entry.action,
    outcome: entry.outcome ?? 'ok',
    object_type: entry.object.type,
    object_id: entry.object.id,
    payer_id: entry.payerId ?? null,
    request_id: ctx.requestId,
    address_hash: ctx.addressHash ? `\\x${ctx.addressHash.toString('hex')}` : null,
    details: entry.details ?? {},
  }
}

export function actorId(actor: Actor): string {
  switch (actor.kind) {
    case 'service':
      return `${actor.clientId}/${actor.subject}`
    case 'staff':
      return actor.subject
    case 'person':
      return actor.reference
    case 'session':
      return actor.sessionId
    case 'operator':
      return actor.name
    case 'payer':
      return actor.chargeId
    case 'stripe':
      return 'stripe'
    case 'worker':
      return 'worker'
  }
}

/** One person has one name, whether at the console or through any client: a second person is somebody else. */
export const personOf = (actor: Actor): string => (actor.kind === 'service' ? actor.subject : actorId(actor))
