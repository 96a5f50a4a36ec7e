// Works off the inbox of one tenant: each object that events name is read again from Stripe once, and taken in.
import { claimRows } from '../../queue/claim-rows.ts'
import type { StripeAccount } from '../../stripe/gateway.ts'
import { StripeFailure } from '../../stripe/stripe-failure.ts'
import { appendAudit } from '../audit/append.ts'
import type { Ctx, Dependencies } from '../context.ts'
import { eachOf } from '../each-of.ts'
import { errorShape } from '../error-shape.ts'
import { DomainError } from '../errors.ts'
import { hastenMirror } from '../reconciliation/hasten-mirror.ts'
import { internalContext } from '../tenants/operator-context.ts'
import { stripeAccountOf } from '../tenants/stripe-account.ts'
import { type SubjectKind, subjectOf } from './event-handlers.ts'
import type { EventFacts } from './event-row.ts'
import { type PassReads, SUBJECTS } from './event-subjects.ts'
import { contradictionOf, knownCustomers, vaultContradiction } from './judge-event.ts'

/** More than this would outlive the lease when Stripe is slow: 3 rounds of 8 reads at the gateway's deadline of 20 s. */
const BATCH_MAX = 24
const SUBJECTS_AT_ONCE = 8
/** Waits of 5 s, 10 s, 20 s … up to an hour: together about 14 hours, after which a person must look. */
const FIRST_WAIT_MS = 5_000
const LONGEST_WAIT_MS = 3_600_000
const ATTEMPTS_MAX = 22

export type ClaimedEvent = {
  id: string
  type: string
  object_id: string
  facts: EventFacts
  attempts: number
}

type Outcome = { status: 'done' | 'quarantined'; code: string | null } | { status: 'retry'; code: string }

/** After these Stripe's books hold a line more. */
const BRINGS_LINES: ReadonlySet<string> = new Set([
  'charge.updated',
  'charge.captured',
  'charge.refunded',
  'refund.failed',
])

type Group = { kind: SubjectKind; id: string; events: ClaimedEvent[] }

/** Processes one batch of due events; answers how many there were. */
export async function processEvents(dependencies: Dependencies, tenantId: string): Promise<number> {
  const ctx = internalContext(dependencies, tenantId, { kind: 'stripe' })
  const events = await claimEvents(ctx)
  if (events.length === 0) return 0
  const account = await stripeAccountOf(ctx).catch(() => null)
  if (account === null) {
    await finish(ctx, events, () => ({ status: 'retry', code: 'no_stripe_key' }))
    return events.length
  }
  const customers = await knownCustomers(
    ctx,
    events.flatMap(({ facts }) => facts.customer ?? []),
  )
  const strangers = events.filter(({ facts }) => facts.customer !== undefined && !customers.has(facts.customer))
  await finish(ctx, strangers, () => ({ status: 'quarantined', code: 'unknown_customer' }))
  const ours = events.filter(event => !strangers.includes(event))
  await eachOf(familiesOf(groupsOf(ours)), SUBJECTS_AT_ONCE, passOver(ctx, account))
  if (ours.some(({ type }) => BRINGS_LINES.has(type))) await hastenMirror(ctx)
  return events.length
}

function claimEvents(ctx: Ctx): Promise<ClaimedEvent[]> {
  return claimRows<ClaimedEvent>(
    ctx.db,
    ctx.tenantId,
    {
      table: 'stripe_events',
      due: "status = 'received' and next_attempt_at <= $now",
      columns: 't.id, t.type, t.object_id, t.facts, t.attempts',
      orderBy: 'next_attempt_at',
      set: 'attempts = attempts + 1',
    },
    { now: ctx.clock.now(), wall: ctx.clock.wall() },
    BATCH_MAX,
  )
}

function groupsOf(events: readonly ClaimedEvent[]): Group[] {
  const groups = new Map<string, Group>()
  for (const event of events) {
    const kind = subjectOf(event.type) as SubjectKind
    const key = `${kind} ${event.object_id}`
    const group = groups.get(key) ?? { kind, id: event.object_id, events: [] }
    group.events.push(event)
    groups.set(key, group)
  }
  return [...groups.values()]
}

/** A payment intent before its charges: once it is taken in, they seldom have anything to add. */
function familiesOf(groups: readonly Group[]): Group[][] {
  const families = new Map<string, Group[]>()
  for (const group of groups) {
    const intent = group.kind === 'charge' ? group.events[0]?.facts.payment_intent : undefined
    const key = intent ? `payment_intent ${intent}` : `${group.kind} ${group.id}`
    families.set(key, [...(families.get(key) ?? []), group])
  }
  const last = ({ kind }: Group) => Number(kind === 'charge')
  return [...families.values()].map(family => family.sort((a, b) => last(a) - last(b)))
}

function passOver(ctx: Ctx, account: StripeAccount) {
  const reads: PassReads = { account, intents: new Map() }
  return async (family: Group[]) => {
    for (const group of family) await settleGroup(ctx, reads, group)
  }
}

async function settleGroup(ctx: Ctx, reads: PassReads, { kind, id, events }: Group): Promise<void> {
  try {
    const verdicts = await takeIn(ctx, reads, kind, id, events)
    await finish(ctx, events, event => verdicts.get(event.id) ?? { status: 'done', code: null })
  } catch (error) {
    const outcome = outcomeOfError(ctx, error, kind)
    await finish(ctx, events, () => outcome)
  }
}

/** Reads the object, judges each event by it, and takes the object in unless every event about it lied. */
async function takeIn<Kind extends SubjectKind>(
  ctx: Ctx,
  reads: PassReads,
  kind: Kind,
  id: string,
  events: readonly ClaimedEvent[],
): Promise<Map<string, Outcome>> {
  const subject = SUBJECTS[kind]
  const facts = events.find(event => event.facts.payment_intent)?.facts ?? {}
  const thing = await subject.read(reads, id, facts)
  const claims = subject.claims(thing)
  const verdicts = new Map<string, Outcome>()
  for (const event of events) {
    const contradiction = contradictionOf(event.facts, claims)
    if (contradiction) verdicts.set(event.id, { status: 'quarantined', code: contradiction })
  }
  if (verdicts.size === events.length) return verdicts
  const strange = await contradictionAtHome(ctx, kind, id, thing, claims)
  if (strange) return new Map(events.map(event => [event.id, { status: 'quarantined', code: strange }]))
  const refused = quarantineOf(await subject.apply(ctx, thing))
  return refused ? new Map(events.map(event => [event.id, { status: 'quarantined', code: refused }])) : verdicts
}

/** The verb that takes an object in may find that it does not fit the vault's own row. */
function quarantineOf(applied: unknown): string | null {
  if (typeof applied !== 'object' || applied === null || !('kind' in applied) || applied.kind !== 'quarantine')
    return null
  return 'code' in applied && typeof applied.code === 'string' ? applied.code : 'does_not_fit'
}

async function contradictionAtHome(ctx: Ctx, kind: SubjectKind, id: string, thing: object, claims: EventFacts) {
  if (kind !== 'payment_intent' && kind !== 'charge') return null
  if (claims.customer && !(await knownCustomers(ctx, [claims.customer])).has(claims.customer)) return 'unknown_customer'
  const intent = kind === 'payment_intent' ? id : (thing as { paymentIntent: string | null }).paymentIntent
  return vaultContradiction(ctx, { paymentIntent: intent, charge: kind === 'charge' ? id : null, claims })
}

function outcomeOfError(ctx: Ctx, error: unknown, kind: SubjectKind): Outcome {
  if (error instanceof StripeFailure) {
    if (error.kind === 'not_found') return { status: 'quarantined', code: 'object_not_found' }
    if (error.kind === 'invalid_request') return { status: 'quarantined', code: 'object_not_readable' }
    return { status: 'retry', code: `stripe_${error.kind}` }
  }
  ctx.log.error({ tenant: ctx.tenantId, operation: kind, ...errorShape(error) }, 'an event could not be taken in')
  return { status: 'retry', code: error instanceof DomainError ? error.code : 'internal_error' }
}

async function finish(
  ctx: Ctx,
  events: readonly ClaimedEvent[],
  outcomeOf: (event: ClaimedEvent) => Outcome,
): Promise<void> {
  if (events.length === 0) return
  const now = ctx.clock.now()
  const rows = events.map(event => rowOf(event, outcomeOf(event), now))
  await ctx.db.transaction(ctx.tenantId, async tx => {
    await tx.sql`
      update stripe_events e
         set status = w.status, error_code = w.error_code, next_attempt_at = w.next_attempt_at, lease_until = null,
             processed_at = case when w.status = 'received' then null else ${now}::timestamptz end
        from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb)
             as w(id text, status text, error_code text, next_attempt_at timestamptz)
       where e.tenant_id = ${ctx.tenantId} and e.id = w.id`
    for (const { id, status, error_code } of rows) {
      if (status !== 'quarantined' && status !== 'failed') continue
      const details = { code: error_code }
      await appendAudit(tx, ctx, {
        action: `stripe-event.${status}`,
        object: { type: 'stripe_event', id },
        outcome: 'failed',
        details,
      })
    }
  })
  for (const row of rows) report(ctx, row)
}

function rowOf(event: ClaimedEvent, outcome: Outcome, now: Date) {
  const { id, type } = event
  if (outcome.status !== 'retry')
    return { id, type, status: outcome.status, error_code: outcome.code, next_attempt_at: now }
  if (event.attempts >= ATTEMPTS_MAX)
    return { id, type, status: 'failed', error_code: outcome.code, next_attempt_at: now }
  const waitMs = Math.min(FIRST_WAIT_MS * 2 ** (event.attempts - 1), LONGEST_WAIT_MS)
  return { id, type, status: 'received', error_code: outcome.code, next_attempt_at: new Date(now.getTime() + waitMs) }
}

function report({ meter, log, tenantId }: Ctx, row: ReturnType<typeof rowOf>): void {
  meter.count('stripe_events', { outcome: row.status === 'received' ? 'retry' : row.status })
  if (row.status !== 'quarantined' && row.status !== 'failed') return
  const code = row.error_code ?? 'unknown'
  if (row.status === 'quarantined') meter.count('quarantined_events', { code })
  meter.count('alerts', { name: `${row.status}_event` })
  log.error({ tenant: tenantId, event: row.id, event_type: row.type, code }, `an event of Stripe is ${row.status}`)
}
