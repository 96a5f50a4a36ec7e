// How often one contact and one address may ask, be written to, and be wrong in a day. Counted in the caller's
// transaction, one caller of a contact after the other.
import type { Ctx, Tx } from '../context.ts'
import { DomainError } from '../errors.ts'
import { LIMIT_WINDOW_MS } from './deadlines.ts'
import {
  ATTEMPTS_PER_ADDRESS,
  ATTEMPTS_PER_CONTACT,
  REQUESTS_PER_DAY,
  REQUESTS_PER_TENANT_AND_HOUR,
  SENDS_PER_DAY,
} from './identity-policy.ts'
import type { PrivacyRequestView } from './privacy-request.ts'
import type { Contact } from './request-input.ts'

const HOUR_MS = 3_600_000
const windowStart = (ctx: Ctx) => new Date(ctx.clock.now().getTime() - LIMIT_WINDOW_MS)

/** At the public form alone: a desk takes in what people bring. @throws rate_limited */
export async function limitRequests(
  tx: Tx,
  ctx: Ctx,
  contact: Contact,
  source: PrivacyRequestView['source'],
): Promise<void> {
  await oneAfterTheOther(tx, contact.hash)
  if (source !== 'person') return
  const anHourAgo = new Date(ctx.clock.now().getTime() - HOUR_MS)
  const [count] = await tx.sql<{ contact: number; address: number; tenant: number }[]>`
    select count(*) filter (where contact_hash = ${contact.hash})::int as contact,
           count(*) filter (where address_hash = ${ctx.addressHash})::int as address,
           (select count(*)::int from privacy_requests
             where tenant_id = ${tx.tenantId} and source = 'person' and created_at > ${anHourAgo}) as tenant
      from privacy_requests
     where tenant_id = ${tx.tenantId} and source = 'person' and created_at > ${windowStart(ctx)}
       and (contact_hash = ${contact.hash} or address_hash = ${ctx.addressHash})`
  if ((count?.contact ?? 0) >= REQUESTS_PER_DAY || (count?.address ?? 0) >= REQUESTS_PER_DAY) throw tooOften()
  if ((count?.tenant ?? 0) >= REQUESTS_PER_TENANT_AND_HOUR) throw tooOften()
}

/** Requests of a day that named this contact. */
export async function requestsOfContact(tx: Tx, ctx: Ctx, contact: Contact): Promise<number> {
  const [row] = await tx.sql<{ count: number }[]>`
    select count(*)::int as count from privacy_requests
     where tenant_id = ${tx.tenantId} and contact_hash = ${contact.hash} and created_at > ${windowStart(ctx)}`
  return row?.count ?? 0
}

/** @throws rate_limited when a request or its contact had its codes of a day */
export async function limitSends(tx: Tx, ctx: Ctx, requestId: string, contactHash: Buffer): Promise<void> {
  await oneAfterTheOther(tx, contactHash)
  const [count] = await tx.sql<{ request: number; contact: number }[]>`
    select count(*) filter (where request_id = ${requestId})::int as request,
           count(*) filter (where contact_hash = ${contactHash})::int as contact
      from identity_checks
     where tenant_id = ${tx.tenantId} and created_at > ${windowStart(ctx)}
       and (request_id = ${requestId} or contact_hash = ${contactHash})`
  if ((count?.request ?? 0) >= SENDS_PER_DAY || (count?.contact ?? 0) >= SENDS_PER_DAY) throw tooOften()
}

/** @throws rate_limited when a contact or an address was tried too often today */
export async function limitAttempts(tx: Tx, ctx: Ctx, contactHash: Buffer | null): Promise<void> {
  const person = ctx.actor.kind === 'person'
  if (contactHash !== null) await oneAfterTheOther(tx, contactHash)
  const [count] = await tx.sql<{ contact: number; address: number }[]>`
    select coalesce(sum(attempts) filter (where contact_hash = ${contactHash}), 0)::int as contact,
           coalesce(sum(attempts) filter (where address_hash = ${ctx.addressHash}), 0)::int as address
      from identity_checks
     where tenant_id = ${tx.tenantId} and tried_at > ${windowStart(ctx)}
       and (contact_hash = ${contactHash} or address_hash = ${ctx.addressHash})`
  if ((count?.contact ?? 0) >= ATTEMPTS_PER_CONTACT) throw tooOften()
  if (person && (count?.address ?? 0) >= ATTEMPTS_PER_ADDRESS) throw tooOften()
}

async function oneAfterTheOther(tx: Tx, contactHash: Buffer): Promise<void> {
  const name = `${tx.tenantId}:${contactHash.toString('hex')}`
  await tx.sql`select pg_advisory_xact_lock(hashtextextended(${name}, 0))`
}

const tooOften = () =>
  new DomainError('rate_limited', 'This was tried too often. Try again tomorrow.', { retryAfterSeconds: 3_600 })
