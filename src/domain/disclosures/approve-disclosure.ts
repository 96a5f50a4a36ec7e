// A second person lets a disclosure be made that waits for one: now the package is made and the person's log written.
import { z } from 'zod'
import { personOf } from '../audit/entry.ts'
import type { Ctx } from '../context.ts'
import { DomainError, invalidState } from '../errors.ts'
import { writeOnce } from '../idempotency/once.ts'
import { type Answer, idempotentRequest } from '../idempotency/request.ts'
import { parseInput } from '../parse-input.ts'
import { requirePermission } from '../permissions.ts'
import { read } from '../write.ts'
import { holdConsent, tellOfPerson } from './disclose-person.ts'
import {
  type DisclosureRow,
  type DisclosureView,
  loadDisclosure,
  payerKeyOfDisclosure,
  showDisclosure,
} from './disclosure.ts'

export const approveDisclosureInput = z.strictObject({})

/**
 * @throws insufficient_scope, not_found, payer_erased, consent_withdrawn, second_person_required, validation_failed,
 * invalid_state, idempotency_mismatch, idempotency_in_progress
 */
export async function approveDisclosure(ctx: Ctx, id: string, input: unknown): Promise<Answer<DisclosureView>> {
  requirePermission(ctx, 'approveDisclosure')
  const before = await read(ctx, tx => loadDisclosure(tx, id))
  idempotentRequest(ctx)
  parseInput(approveDisclosureInput, input)
  requireSecondPerson(ctx, before)
  const payer = before.payer_id === null ? null : await payerKeyOfDisclosure(ctx, before)
  return writeOnce(ctx, {
    resume: made => read(ctx, tx => loadDisclosure(tx, made)).then(row => showDisclosure(ctx, row)),
    change: async tx => {
      const row = await loadDisclosure(tx, id, true)
      requirePending(row)
      if (row.consent_id !== null) await holdConsent(tx, row.payer_id as string, row.consent_id)
      const made = await tellOfPerson(tx, ctx, row, personOf(ctx.actor))
      return {
        result: await showDisclosure(ctx, made),
        objectId: id,
        payer,
        audit: {
          action: 'disclosure.approve',
          object: { type: 'disclosure', id },
          payerId: row.payer_id,
          details: { purpose: row.purpose, fields: row.fields, sha256: made.sha256?.toString('hex') ?? null },
        },
      }
    },
  })
}

export function requireSecondPerson(ctx: Ctx, { status, created_by }: DisclosureRow): void {
  if (status === 'pending' && created_by === personOf(ctx.actor)) {
    throw new DomainError(
      'second_person_required',
      'Another person than the one who asked must decide this disclosure.',
    )
  }
}

export function requirePending({ status }: DisclosureRow): void {
  if (status !== 'pending') throw invalidState(`A disclosure that is ${status} is not waiting for a decision.`)
}
