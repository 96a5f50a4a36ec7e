// How an erasure is stored and shown.
import { z } from 'zod'
import type { Ctx, Tx } from '../context.ts'
import { notFound } from '../errors.ts'
import { isId } from '../ids.ts'
import { ERASURE_STATUSES, ERASURE_STEPS, type ErasureStatus, type ErasureStep } from './state.ts'
import type { Wait } from './waits.ts'

export const waitSchema = z.object({
  kind: z.enum(['charge', 'authorization', 'attempt', 'refund', 'dispute', 'mail']),
  id: z.string(),
  status: z.string(),
})

const instant = z.iso.datetime().nullable()

export const erasureSchema = z
  .object({
    id: z.string(),
    object: z.literal('erasure'),
    payer: z.string().describe('A pseudonym from now on.'),
    request: z.string().nullable().describe('The privacy request that asked for it.'),
    restored: z.boolean().describe('Applied again after an older copy of the database had brought the payer back.'),
    status: z.enum(ERASURE_STATUSES),
    step: z.enum(ERASURE_STEPS).describe('What comes next, or came last.'),
    waits_for: z.array(waitSchema),
    attempts: z.number().int().describe('Failed tries of this step.'),
    error_code: z.string().nullable(),
    next_attempt_at: instant,
    emptied: z.record(z.string(), z.number().int()).describe('Rows emptied or removed so far.'),
    key: z
      .object({ version: z.number().int(), destroyed_at: z.iso.datetime(), gone_from_backups: z.boolean() })
      .nullable()
      .describe(
        "The keyring's version that wrapped the payer's key. Older backups hold it wrapped until that version is retired.",
      ),
    receipt: z.string().nullable().describe('Signed (JWS, Ed25519), once it is done. It names no person.'),
    started_at: z.iso.datetime(),
    finished_at: instant,
  })
  .meta({ id: 'Erasure' })

export type ErasureView = z.infer<typeof erasureSchema>

export type ErasureRow = {
  id: string
  payer_id: string
  request_id: string | null
  restored: boolean
  status: ErasureStatus
  step: ErasureStep
  waits_for: Wait[]
  attempts: number
  error_code: string | null
  next_attempt_at: Date
  lease_until: Date | null
  counts: Record<string, number>
  key_version: number | null
  key_destroyed_at: Date | null
  receipt: string | null
  started_at: Date
  finished_at: Date | null
}

/** @throws not_found */
export async function loadErasure(tx: Tx, erasureId: string): Promise<ErasureRow> {
  if (!isId('erasure', erasureId)) throw notFound()
  const [row] = await tx.sql<ErasureRow[]>`
    select * from erasures where tenant_id = ${tx.tenantId} and id = ${erasureId}`
  if (!row) throw notFound()
  return row
}

export function showErasure(ctx: Pick<Ctx, 'keyring'>, row: ErasureRow): ErasureView {
  return {
    id: row.id,
    object: 'erasure',
    payer: row.payer_id,
    request: row.request_id,
    restored: row.restored,
    status: row.status,
    step: row.step,
    waits_for: row.waits_for,
    attempts: row.attempts,
    error_code: row.error_code,
    next_attempt_at: row.status === 'running' ? row.next_attempt_at.toISOString() : null,
    emptied: row.counts,
    key: showKey(ctx, row),
    receipt: row.receipt,
    started_at: row.started_at.toISOString(),
    finished_at: row.finished_at?.toISOString() ?? null,
  }
}

/** A copy made before the erasure holds the key under this version of the keyring, or under an earlier one. */
function showKey({ keyring }: Pick<Ctx, 'keyring'>, row: ErasureRow): ErasureView['key'] {
  const { key_version: version, key_destroyed_at: at } = row
  if (version === null || at === null) return null
  const gone = keyring.versions().every(kept => kept > version)
  return { version, destroyed_at: at.toISOString(), gone_from_backups: gone }
}
