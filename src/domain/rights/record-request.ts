// Takes a request in: the same work and the same answer for the person, for a stranger and for somebody who is not there.

import { z } from 'zod'
import { actorId } from '../audit/entry.ts'
import type { Actor, Ctx, Tx } from '../context.ts'
import { writeOnce } from '../idempotency/once.ts'
import type { Answer } from '../idempotency/request.ts'
import { newId } from '../ids.ts'
import { languageOf } from '../languages.ts'
import { queueMail } from '../mail/queue-mail.ts'
import { openDataKey, openJson, sealJson } from '../payers/data-key.ts'
import { type PayerProfile, profilePlace } from '../payers/payer.ts'
import { isLiving, requireLiving } from '../payers/payer-erased.ts'
import { newRowKey } from '../row-key.ts'
import { tenantOf } from '../tenants/stripe-account.ts'
import { read } from '../write.ts'
import { CHECK_LINK_MS, firstDeadline } from './deadlines.ts'
import { SENDS_PER_DAY } from './identity-policy.ts'
import { limitRequests, requestsOfContact } from './limits.ts'
import { namedPayer } from './named-payer.ts'
import {
  loadPrivacyRequest,
  type PrivacyRequestView,
  REQUEST_TABLE,
  type RequestDetails,
  requestPlaces,
} from './privacy-request.ts'
import { contactOf, type PrivacyRequestInput, refuseMisfits } from './request-input.ts'
import { rightsLinkUrl } from './rights-link.ts'
import { REQUEST_KINDS } from './state.ts'

export const receivedRequestSchema = z
  .object({
    id: z.string(),
    object: z.literal('privacy_request'),
    kind: z.enum(REQUEST_KINDS),
    status: z.literal('received'),
    deadline_at: z.iso.datetime(),
    verification_url: z.string().describe('The page where the person shows who they are.'),
    created_at: z.iso.datetime(),
  })
  .meta({ id: 'ReceivedPrivacyRequest' })

export type ReceivedRequest = z.infer<typeof receivedRequestSchema>

/** @throws validation_failed, payer_erased, rate_limited */
export async function recordRequest(ctx: Ctx, wanted: PrivacyRequestInput): Promise<Answer<ReceivedRequest>> {
  refuseMisfits(wanted.kind, wanted)
  const now = ctx.clock.now()
  const id = newId('privacyRequest', now)
  const contact = contactOf(ctx, wanted.contact)
  const source = sourceOf(ctx.actor)
  // Looked at before there is anything to do for a flood; what counts is looked at again when the request is kept.
  await read(ctx, tx => limitRequests(tx, ctx, contact, source))
  const [found, { name: merchant }, own] = await Promise.all([
    read(ctx, tx => namedPayer(tx, ctx, wanted.payer, contact)),
    tenantOf(ctx),
    newRowKey(ctx, REQUEST_TABLE, id),
  ])
  if (found && source !== 'person') requireLiving(found.status)
  const named = found && isLiving(found.status) ? found : null
  const payer =
    named && (await openDataKey(ctx, { payerId: named.id, wrapped: named.wrapped_key, keyVersion: named.key_version }))
  const profile = named && payer && openJson<PayerProfile>(ctx, payer, profilePlace(named.id), named.profile_sealed)
  const key = payer ?? own.key
  const language = languageOf(wanted.locale ?? profile?.locale)
  const deadline = firstDeadline(now)
  const details: RequestDetails = {
    payer: wanted.payer ?? null,
    contact: wanted.contact,
    message: wanted.message ?? null,
    changes: wanted.changes ?? null,
    purposes: wanted.purposes ?? null,
  }
  return writeOnce(ctx, {
    resume: async requestId => receivedOf(ctx, await read(ctx, tx => loadPrivacyRequest(tx, requestId))),
    change: async tx => {
      await limitRequests(tx, ctx, contact, source)
      const mailed = (await requestsOfContact(tx, ctx, contact)) < SENDS_PER_DAY
      await tx.sql`
        insert into privacy_requests (tenant_id, id, kind, source, payer_id, wrapped_key, key_version, language, details_sealed,
                                      contact_kind, contact_hash, address_hash, deadline_at, created_by, created_at, updated_at)
        values (${ctx.tenantId}, ${id}, ${wanted.kind}, ${source}, ${named?.id ?? null}, ${named ? null : own.wrapped},
                ${named ? null : own.keyVersion}, ${language}, ${sealJson(ctx, key, requestPlaces.details(id), details)},
                ${contact.kind}, ${contact.hash}, ${ctx.addressHash}, ${deadline}, ${actorId(ctx.actor)}, ${now}, ${now})`
      const received = receivedOf(ctx, { id, kind: wanted.kind, deadline_at: deadline, created_at: now })
      await acknowledge(tx, ctx, { received, merchant, language, to: mailed && named?.on_file ? named.id : null })
      return {
        result: received,
        objectId: id,
        payer,
        audit: {
          action: 'privacy-request.create',
          object: { type: 'privacy_request', id },
          payerId: named?.id ?? null,
          details: { kind: wanted.kind, source, contact_kind: contact.kind },
        },
      }
    },
  })
}

/** Only a contact on file is written to: what strangers name gets no mail from here. */
async function acknowledge(
  tx: Tx,
  ctx: Ctx,
  {
    received,
    merchant,
    language,
    to,
  }: { received: ReceivedRequest; merchant: string; language: string; to: string | null },
): Promise<void> {
  await queueMail(tx, ctx, {
    template: 'request_received',
    locale: language,
    to: to === null ? 'nobody' : { payerId: to },
    data: {
      merchant,
      request: received.id,
      deadline: received.deadline_at.slice(0, 10),
      link: received.verification_url,
    },
  })
}

function receivedOf(
  ctx: Ctx,
  row: { id: string; kind: ReceivedRequest['kind']; deadline_at: Date; created_at: Date },
): ReceivedRequest {
  return {
    id: row.id,
    object: 'privacy_request',
    kind: row.kind,
    status: 'received',
    deadline_at: row.deadline_at.toISOString(),
    verification_url: rightsLinkUrl(ctx, 'check', row.id, new Date(row.created_at.getTime() + CHECK_LINK_MS)),
    created_at: row.created_at.toISOString(),
  }
}

function sourceOf({ kind }: Actor): PrivacyRequestView['source'] {
  return kind === 'staff' || kind === 'person' || kind === 'operator' ? kind : 'service'
}
