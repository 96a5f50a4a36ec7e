// What a person does behind a mailed link: sees how their request stands, asks for a code, shows who they are, and opens
// what they asked for. A link opens its own request and no other.
import { z } from 'zod'
import type { Ctx } from '../context.ts'
import { type ErasedAndKept, readErasureReceipt } from '../erasures/erasure-receipt.ts'
import { invalidState, notFound } from '../errors.ts'
import type { Language } from '../languages.ts'
import { parseInput } from '../parse-input.ts'
import { ACCESS_PURPOSE, type AccessPackage, buildAccessPackage } from '../privacy/build-access-package.ts'
import { tenantOf } from '../tenants/stripe-account.ts'
import { read, write } from '../write.ts'
import { codeSchema } from './confirm-identity.ts'
import { PACKAGE_LINK_MS } from './deadlines.ts'
import { judgeEvidence } from './judge-evidence.ts'
import { loadPrivacyRequest, type RequestRow } from './privacy-request.ts'
import type { LinkUse } from './rights-link.ts'
import { sendCode } from './start-identity-check.ts'
import type { RequestKind, RequestStatus } from './state.ts'

export type RequestOfLink = {
  id: string
  kind: RequestKind
  status: RequestStatus
  merchant: string
  language: Language
  deadlineAt: Date
  canSendCode: boolean
  /** A code that may have been sent, and is good until then. */
  codeUntil: Date | null
  /** Whether the code alone was shown already. */
  codeShown: boolean
  packageUntil: Date | null
  receipt: string | null
  /** Of the receipt of an erasure. */
  erased: ErasedAndKept | null
}

/** @throws not_found */
export async function showRequestOfLink(ctx: Ctx, requestId: string, use: LinkUse): Promise<RequestOfLink> {
  requirePerson(ctx, requestId)
  const now = ctx.clock.now()
  const { row, codeUntil } = await read(ctx, async tx => {
    const row = await loadPrivacyRequest(tx, requestId)
    const [check] = await tx.sql<{ expires_at: Date }[]>`
      select expires_at from identity_checks
       where tenant_id = ${ctx.tenantId} and request_id = ${requestId} and status = 'open' and expires_at > ${now}`
    return { row, codeUntil: check?.expires_at ?? null }
  })
  const opens = use === 'open'
  const until = packageEnd(row)
  return {
    id: row.id,
    kind: row.kind,
    status: row.status,
    merchant: (await tenantOf(ctx)).name,
    language: row.language,
    deadlineAt: row.deadline_at,
    canSendCode: row.contact_kind === 'email',
    codeUntil,
    codeShown: row.evidence.some(({ kind }) => kind === 'contact_code'),
    packageUntil: opens && until !== null && until > now ? until : null,
    receipt: opens ? row.receipt : null,
    erased: opens ? readErasureReceipt(ctx, row.receipt) : null,
  }
}

/** @throws not_found, invalid_state, rate_limited */
export async function sendCodeByLink(ctx: Ctx, requestId: string): Promise<void> {
  requirePerson(ctx, requestId)
  await sendCode(ctx, requestId)
}

export const confirmByLinkInput = z.strictObject({
  code: codeSchema.optional(),
  last_payment_amount: z.string().trim().min(1).max(20).optional(),
})

/** @throws not_found, validation_failed, identity_not_verified, invalid_state, rate_limited */
export async function confirmByLink(ctx: Ctx, requestId: string, input: unknown): Promise<void> {
  requirePerson(ctx, requestId)
  const { code, last_payment_amount: decimal } = parseInput(confirmByLinkInput, input)
  if (code === undefined && decimal === undefined) throw invalidState('There is nothing to check.')
  const amount = decimal === undefined ? null : { decimal }
  await judgeEvidence(ctx, requestId, { code: code ?? null, amount, attested: null })
}

/** Recorded, and open for a week after the request was granted. @throws not_found, invalid_state, payer_erased */
export async function openPackageByLink(ctx: Ctx, requestId: string, use: LinkUse): Promise<AccessPackage> {
  requirePerson(ctx, requestId)
  return write(ctx, async tx => {
    const row = await loadPrivacyRequest(tx, requestId)
    const until = packageEnd(row)
    if (use !== 'open' || until === null || until <= ctx.clock.now())
      throw invalidState('There is nothing to open with this link, or no longer.')
    return {
      value: await buildAccessPackage(tx, ctx, row.payer_id as string),
      audit: {
        action: 'access-package.open',
        object: { type: 'privacy_request', id: requestId },
        payerId: row.payer_id,
        details: { by: 'person', purpose: ACCESS_PURPOSE },
      },
    }
  })
}

function packageEnd({ kind, status, finished_at: finishedAt }: RequestRow): Date | null {
  if (kind !== 'access' || status !== 'done' || finishedAt === null) return null
  return new Date(finishedAt.getTime() + PACKAGE_LINK_MS)
}

function requirePerson({ actor }: Ctx, requestId: string): void {
  if (actor.kind !== 'person' || actor.reference !== requestId) throw notFound()
}
