// What erasing a payer would do: what goes, what must stay and by which law, and what it would wait for. Changes nothing.
import { z } from 'zod'
import type { Ctx, Tx } from '../context.ts'
import { loadPayer } from '../payers/get-payer.ts'
import { requirePermission } from '../permissions.ts'
import { read } from '../write.ts'
import { waitSchema } from './erasure.ts'
import { waitsOf } from './waits.ts'
import { PAYER_FIELDS, rowsOf, WHAT_GOES } from './what-goes.ts'
import { WHAT_STAYS } from './what-stays.ts'

export const erasurePreviewSchema = z
  .object({
    object: z.literal('erasure_preview'),
    payer: z.string(),
    goes: z.array(z.object({ name: z.string(), rows: z.number().int(), fields: z.array(z.string()) })),
    stays: z.array(
      z.object({
        name: z.string(),
        rows: z.number().int(),
        fields: z.array(z.string()),
        law: z.enum(['legal_obligation', 'legal_claims', 'accountability']),
        why: z.string(),
      }),
    ),
    at_stripe: z
      .object({ customer: z.enum(['deleted', 'none']), cards: z.number().int() })
      .describe("Cards are detached and the customer is deleted. Stripe's own records of payments stay at Stripe."),
    waits_for: z
      .array(waitSchema)
      .describe('Must be decided first: at most 20 are named. Capture or cancel an authorization to end its wait.'),
  })
  .meta({ id: 'ErasurePreview' })

export type ErasurePreview = z.infer<typeof erasurePreviewSchema>

/** @throws insufficient_scope, not_found, payer_erased */
export async function previewErasure(ctx: Ctx, payerId: string): Promise<ErasurePreview> {
  requirePermission(ctx, 'previewErasure')
  return read(ctx, async tx => {
    const payer = await loadPayer(tx, payerId)
    const goes: ErasurePreview['goes'] = [{ name: 'payer', rows: 1, fields: [...PAYER_FIELDS] }]
    for (const kind of WHAT_GOES) {
      const { name, fields } = kind
      goes.push({ name, rows: await countOf(tx, payerId, kind, kind.holds), fields: [...fields] })
    }
    const stays: ErasurePreview['stays'] = []
    for (const kind of WHAT_STAYS) {
      const { name, fields, law, why } = kind
      stays.push({ name, rows: await countOf(tx, payerId, kind), fields: [...fields], law, why: why.en })
    }
    const [cards] = await tx.sql<{ attached: number }[]>`
      select count(*) as attached from tokens
       where tenant_id = ${ctx.tenantId} and payer_id = ${payerId} and status not in ('detached', 'erased')`
    return {
      object: 'erasure_preview',
      payer: payerId,
      goes,
      stays,
      at_stripe: { customer: payer.stripe_customer_id === null ? 'none' : 'deleted', cards: cards?.attached ?? 0 },
      waits_for: await waitsOf(tx, payerId, ctx.clock.now()),
    }
  })
}

async function countOf(tx: Tx, payerId: string, rows: { table: string; of?: string }, also = 'true'): Promise<number> {
  const [row] = await tx.sql.unsafe<{ rows: number }[]>(
    `select count(*) as rows from ${rows.table} t where ${rowsOf(rows)} and (${also})`,
    [tx.tenantId, payerId],
  )
  return row?.rows ?? 0
}
