// Judges what was given as evidence of who a person is. A try is counted as a failure before it is judged, in a transaction
// of its own, and given back when it was right: no crash and no parallel request makes a try for free.
import { timingSafeEqual } from 'node:crypto'
import { CURRENCIES } from '../../stripe/currencies.ts'
import { actorId } from '../audit/entry.ts'
import type { Ctx, Tx } from '../context.ts'
import { DomainError, invalidState } from '../errors.ts'
import { wasAnswered, writeOnce } from '../idempotency/once.ts'
import type { Answer } from '../idempotency/request.ts'
import { read, write } from '../write.ts'
import { ATTEMPTS_PER_CODE, type EvidenceKind, FAILURES_PER_REQUEST, isVerifiedBy } from './identity-policy.ts'
import { type GivenAmount, isLastPayment } from './last-payment.ts'
import { limitAttempts } from './limits.ts'
import { hashOfCode } from './one-time-code.ts'
import {
  codeChannelOf,
  loadPrivacyRequest,
  type PrivacyRequestView,
  payerKeyOfRequest,
  type RequestRow,
  showPrivacyRequest,
} from './privacy-request.ts'
import { isUnverified } from './state.ts'

export type GivenEvidence = {
  code: string | null
  amount: GivenAmount | null
  /** Recorded on the word of whoever records it. */
  attested: { kind: 'signed_in_session' | 'document_seen'; document: string | null } | null
}

type OpenCheck = { id: string; code_hash: Buffer }

/** All of it must be right, or none of it counts. @throws identity_not_verified, invalid_state, rate_limited */
export async function judgeEvidence(
  ctx: Ctx,
  requestId: string,
  given: GivenEvidence,
): Promise<Answer<PrivacyRequestView>> {
  const before = await read(ctx, tx => loadPrivacyRequest(tx, requestId))
  const payer = await payerKeyOfRequest(ctx, before)
  const counts = (given.code !== null || given.amount !== null) && isUnverified(before.status)
  const check = counts && !(await wasAnswered(ctx)) ? await countTry(ctx, before) : null
  const show = async () => showPrivacyRequest(ctx, await read(ctx, tx => loadPrivacyRequest(tx, requestId)))
  try {
    return await writeOnce(ctx, {
      resume: show,
      change: async tx => {
        const row = await loadPrivacyRequest(tx, requestId, true)
        if (!isUnverified(row.status)) throw invalidState(`A request that is ${row.status} takes no more evidence.`)
        const kinds = await rightKinds(tx, ctx, row, given, check)
        if (kinds === null) throw new WrongEvidence()
        await keep(tx, ctx, row, kinds, given.attested?.document ?? null, check)
        if (counts)
          await tx.sql`
            update privacy_requests set failures = failures - 1 where tenant_id = ${ctx.tenantId} and id = ${requestId}`
        const after = await loadPrivacyRequest(tx, requestId)
        return {
          result: await showPrivacyRequest(ctx, after),
          objectId: requestId,
          payer,
          audit: {
            action: after.status === 'verified' ? 'identity.verify' : 'identity.record-evidence',
            object: { type: 'privacy_request', id: requestId },
            payerId: row.payer_id,
            details: { evidence: kinds, document: given.attested?.document ?? null },
          },
        }
      },
    })
  } catch (error) {
    if (!(error instanceof WrongEvidence)) throw error
    await recordFailure(ctx, before, given)
    throw notVerified()
  }
}

class WrongEvidence extends Error {}

export const notVerified = () =>
  new DomainError('identity_not_verified', 'This does not show who the person is. Check it, or ask for another code.')

/**
 * The code that may be tried now; null when there is none. The try is counted for the request, and for the contact and the
 * address with the last code that was sent, whether or not that is still good. @throws rate_limited
 */
async function countTry(ctx: Ctx, { id, contact_hash: contact }: RequestRow): Promise<OpenCheck | null> {
  return ctx.db.transaction(ctx.tenantId, async tx => {
    const counted = await tx.sql`
      update privacy_requests set failures = failures + 1
       where tenant_id = ${ctx.tenantId} and id = ${id} and failures < ${FAILURES_PER_REQUEST} returning id`
    if (counted.length === 0) {
      throw new DomainError('rate_limited', 'Too much was wrong. Make a new request.', { retryAfterSeconds: 86_400 })
    }
    await limitAttempts(tx, ctx, contact)
    const [check] = await tx.sql<(OpenCheck & { usable: boolean })[]>`
      update identity_checks set attempts = attempts + 1, tried_at = ${ctx.clock.now()}, contact_hash = ${contact},
                                 address_hash = coalesce(${ctx.addressHash}, address_hash)
       where tenant_id = ${ctx.tenantId} and id = (
         select id from identity_checks where tenant_id = ${ctx.tenantId} and request_id = ${id}
          order by created_at desc, id desc limit 1)
      returning id, code_hash, status = 'open' and attempts <= ${ATTEMPTS_PER_CODE} and expires_at > ${ctx.clock.now()} as usable`
    return check?.usable ? check : null
  })
}

/**
 * Null when anything of it is wrong. All of it is looked at, whatever the first turns out to be. An amount that comes from a
 * person counts beside a right code alone, given now or before: else the page would tell strangers what somebody paid.
 */
async function rightKinds(
  tx: Tx,
  ctx: Ctx,
  row: RequestRow,
  given: GivenEvidence,
  check: OpenCheck | null,
): Promise<EvidenceKind[] | null> {
  const kinds: EvidenceKind[] = []
  const wrong: EvidenceKind[] = []
  if (given.code !== null) {
    const typed = hashOfCode(ctx, check?.id ?? row.id, given.code)
    const right = timingSafeEqual(typed, check?.code_hash ?? Buffer.alloc(typed.length))
    const usable = codeChannelOf(row, ctx.clock.now()) === 'usable'
    ;(right && check !== null && usable ? kinds : wrong).push('contact_code')
  }
  if (given.amount !== null) {
    const exponentOf = (currency: string) => CURRENCIES.get(currency)?.exponent ?? 2
    const right = await isLastPayment(tx, ctx, row.payer_id, given.amount, exponentOf)
    const mayCount =
      ctx.actor.kind !== 'person' || [...kinds, ...row.evidence.map(({ kind }) => kind)].includes('contact_code')
    ;(right && mayCount ? kinds : wrong).push('last_payment_amount')
  }
  if (given.attested) kinds.push(given.attested.kind)
  return wrong.length === 0 ? kinds : null
}

async function keep(
  tx: Tx,
  ctx: Ctx,
  row: RequestRow,
  kinds: EvidenceKind[],
  document: string | null,
  check: OpenCheck | null,
): Promise<void> {
  const now = ctx.clock.now()
  for (const kind of kinds) {
    await tx.sql`
      insert into identity_evidence (tenant_id, request_id, kind, payer_id, document, recorded_by, recorded_at)
      values (${ctx.tenantId}, ${row.id}, ${kind}, ${row.payer_id}, ${kind === 'document_seen' ? document : null},
              ${actorId(ctx.actor)}, ${now})
      on conflict do nothing`
  }
  if (check && kinds.includes('contact_code')) {
    await tx.sql`
      update identity_checks set status = 'confirmed', code_hash = null where tenant_id = ${ctx.tenantId} and id = ${check.id}`
  }
  await tx.sql`
    update privacy_requests set status = 'verifying', updated_at = ${now} where tenant_id = ${ctx.tenantId} and id = ${row.id}`
  const all = [...row.evidence.map(({ kind }) => kind), ...kinds]
  if (row.payer_id !== null && row.payer_status === 'active' && isVerifiedBy(all)) {
    await tx.sql`
      update privacy_requests set status = 'verified', verified_at = ${now} where tenant_id = ${ctx.tenantId} and id = ${row.id}`
  }
}

async function recordFailure(ctx: Ctx, row: RequestRow, given: GivenEvidence): Promise<void> {
  await write(ctx, async () => ({
    value: null,
    audit: {
      action: 'identity.fail',
      object: { type: 'privacy_request', id: row.id },
      outcome: 'denied',
      payerId: row.payer_id,
      details: {
        given: [
          ...(given.code === null ? [] : ['contact_code']),
          ...(given.amount === null ? [] : ['last_payment_amount']),
        ],
      },
    },
  }))
}
