// A person asks about their own data, at a public form and without signing in.
import type { Ctx } from '../context.ts'
import { notFound } from '../errors.ts'
import type { Answer } from '../idempotency/request.ts'
import { parseInput } from '../parse-input.ts'
import { type ReceivedRequest, recordRequest } from './record-request.ts'
import { privacyRequestInput } from './request-input.ts'

/** At most five a day from one contact or one address. @throws validation_failed, rate_limited */
export async function startRequestAsPerson(ctx: Ctx, input: unknown): Promise<Answer<ReceivedRequest>> {
  if (ctx.actor.kind !== 'person') throw notFound()
  return recordRequest(ctx, parseInput(privacyRequestInput, input))
}
