// Checks of what Stripe answers: a 2xx answer of another form than the pinned API version's proves nothing.
import { isStripeId, type StripeObjectKind } from './stripe-ids.ts'

/** Thrown when an answer lacks what the pinned API version promises; names the field, never its value. */
export class UnexpectedShape extends Error {
  readonly field: string
  constructor(field: string) {
    super(`unexpected form of ${field}`)
    this.name = 'UnexpectedShape'
    this.field = field
  }
}

export function recordOf(value: unknown, field: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new UnexpectedShape(field)
  return value as Record<string, unknown>
}

/** Checks `object` and the form of `id`; every reader begins with it. */
export function expectKind(value: unknown, kind: StripeObjectKind): void {
  const record = recordOf(value, kind)
  if (record.object !== kind) throw new UnexpectedShape(`${kind}.object`)
  if (!isStripeId(kind, record.id)) throw new UnexpectedShape(`${kind}.id`)
}

export function textOf(value: unknown, field: string): string {
  if (typeof value !== 'string') throw new UnexpectedShape(field)
  return value
}

export function optionalText(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

export function integerOf(value: unknown, field: string): number {
  if (!Number.isSafeInteger(value)) throw new UnexpectedShape(field)
  return value as number
}

export function flagOf(value: unknown, field: string): boolean {
  if (typeof value !== 'boolean') throw new UnexpectedShape(field)
  return value
}

export function oneOf<const Choice extends string>(value: unknown, choices: readonly Choice[], field: string): Choice {
  const found = choices.find(choice => choice === value)
  if (found === undefined) throw new UnexpectedShape(field)
  return found
}

export function arrayOf(value: unknown, field: string): unknown[] {
  if (!Array.isArray(value)) throw new UnexpectedShape(field)
  return value
}

/** The id of an expandable member, expanded or not. */
export function idOf(value: unknown): string | null {
  if (typeof value === 'string') return value
  if (typeof value === 'object' && value !== null && 'id' in value && typeof value.id === 'string') return value.id
  return null
}

/** The member itself when it was expanded, else null. */
export function expandedOf<Expanded extends object>(value: string | Expanded | null | undefined): Expanded | null {
  return typeof value === 'object' && value !== null ? value : null
}

export function metadataOf(value: unknown): Record<string, string> {
  const metadata: Record<string, string> = {}
  if (typeof value !== 'object' || value === null) return metadata
  for (const [name, member] of Object.entries(value)) if (typeof member === 'string') metadata[name] = member
  return metadata
}
