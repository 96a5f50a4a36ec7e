// Hands a package to the one who made it, for a day and a few times; each time is recorded. Then it is forgotten.
import { personOf } from '../audit/entry.ts'
import type { Ctx } from '../context.ts'
import { invalidState } from '../errors.ts'
import { openJson, type SealingKey } from '../payers/data-key.ts'
import { requirePermission } from '../permissions.ts'
import { purposeNotAllowed } from '../privacy/require-purpose.ts'
import { read, write } from '../write.ts'
import { disclosureKey, loadDisclosure, packagePlace } from './disclosure.ts'
import { PACKAGE_DOWNLOADS_MAX, PACKAGE_TYPES } from './make-package.ts'

export type FetchedPackage = { fileName: string; contentType: string; text: string }

/** @throws insufficient_scope, not_found, payer_erased, purpose_not_allowed, invalid_state */
export async function getDisclosurePackage(ctx: Ctx, id: string): Promise<FetchedPackage> {
  requirePermission(ctx, 'getDisclosurePackage')
  const { created_by } = await read(ctx, tx => loadDisclosure(tx, id))
  if (created_by !== personOf(ctx.actor))
    throw purposeNotAllowed('Only the one who made a disclosure may fetch its package.')
  return write(ctx, async tx => {
    const row = await loadDisclosure(tx, id, true)
    const [kept] = await tx.sql<{ sealed: Buffer | null }[]>`
      select package_sealed as sealed from disclosures
       where tenant_id = ${ctx.tenantId} and id = ${id} and package_until > ${ctx.clock.now()}`
    if (!kept?.sealed) {
      throw invalidState(
        row.status === 'pending'
          ? 'The package is made when a second person approves the disclosure.'
          : 'The package is no longer kept. Its hash stays with the disclosure.',
      )
    }
    const text = openJson<string>(ctx, (await disclosureKey(ctx, row)) as SealingKey, packagePlace(id), kept.sealed)
    await tx.sql`
      update disclosures
         set downloads = downloads + 1,
             package_sealed = case when downloads + 1 >= ${PACKAGE_DOWNLOADS_MAX} then null else package_sealed end
       where tenant_id = ${ctx.tenantId} and id = ${id}`
    return {
      value: { fileName: `${id}.${row.format}`, contentType: PACKAGE_TYPES[row.format], text },
      audit: {
        action: 'disclosure.download',
        object: { type: 'disclosure', id },
        payerId: row.payer_id,
        details: { download: row.downloads + 1, purpose: row.purpose },
      },
    }
  })
}
