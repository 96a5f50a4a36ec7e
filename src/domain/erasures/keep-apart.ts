// Writes the erasure, signed, to the list outside the database, so that a backup that is restored can be erased again.
import { peekStatement, type StatementSigner } from '../../crypto/signed-statement.ts'
import type { Ctx } from '../context.ts'
import { DomainError } from '../errors.ts'
import { isId } from '../ids.ts'
import { tenantIdSchema } from '../tenants/add-tenant.ts'
import type { ErasureRow } from './erasure.ts'

/** One line of the list: ids and a time, nothing about the person. */
export type ListedErasure = { tenant: string; payer: string; erasure: string; erasedAt: string }

/** A line that was written and not recorded is written again; readers take the two as one. */
export async function keepApart(ctx: Ctx, erasure: ErasureRow): Promise<void> {
  if (ctx.erasureList === null) {
    throw new DomainError(
      'invalid_state',
      'ERASURE_LIST_FILE is not set: a key is destroyed only once the erasure is on the list.',
    )
  }
  await ctx.erasureList.append(
    ctx.statements.sign('erasure', {
      tenant: ctx.tenantId,
      payer: erasure.payer_id,
      erasure: erasure.id,
      erased_at: ctx.clock.wall().toISOString(),
    }),
  )
}

/** Null for a line that this vault did not sign, that was cut off while it was written, or that names no payer. */
export const readListed = ({ read }: StatementSigner, line: string) => listedOf(read('erasure', line))

/** The same of a line whose signature nobody has looked at. */
export const peekListed = (line: string) => listedOf(peekStatement('erasure', line))

function listedOf(payload: Record<string, unknown> | null): ListedErasure | null {
  const { tenant, payer, erasure, erased_at } = payload ?? {}
  const texts = [tenant, payer, erasure, erased_at]
  if (!texts.every(text => typeof text === 'string')) return null
  if (!tenantIdSchema.safeParse(tenant).success || !isId('payer', payer as string)) return null
  return { tenant, payer, erasure, erasedAt: erased_at } as ListedErasure
}
