// Erases again whoever is alive in the database and on the list of erasures: the same way, from its first step on.
import type { Dependencies } from '../context.ts'
import { internalContext } from '../tenants/operator-context.ts'
import { placePayers, readErasureList } from './find-returned.ts'
import { startErasure } from './start-erasure.ts'
import { workErasures } from './work-erasures.ts'

export type AppliedErasures = {
  /** Payers who were alive and are not any more. */
  begun: { tenant: string; payer: string; erasure: string }[]
  /** Lines that this vault did not sign. */
  unreadable: number
}

/** Begun for each of them before it comes back; the workers finish what has to wait. */
export async function applyErasureList(
  dependencies: Dependencies,
  lines: readonly string[],
  operator: string,
): Promise<AppliedErasures> {
  const { listed, unreadable } = readErasureList(dependencies, lines)
  const returned = (await placePayers(dependencies, listed)).filter(({ here }) => here === 'alive')
  const begun: AppliedErasures['begun'] = []
  for (const { tenant, payer } of returned) {
    const ctx = internalContext(dependencies, tenant, { kind: 'operator', name: operator })
    const { erasureId } = await ctx.db.transaction(tenant, tx => startErasure(tx, ctx, payer, null, { restored: true }))
    begun.push({ tenant, payer, erasure: erasureId })
  }
  for (const tenant of new Set(begun.map(one => one.tenant))) {
    while ((await workErasures(dependencies, tenant)) > 0);
  }
  return { begun, unreadable }
}
