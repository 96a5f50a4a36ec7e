// Everything that is held about a person, with what it is used for, who gets it, and what is decided by a machine: made
// when it is asked for, and kept nowhere. Its caller records that it was made.
import type { Ctx, Tx } from '../context.ts'
import { listDisclosuresOf } from '../disclosures/list-disclosures-of.ts'
import { dataKeyOfRow } from '../payers/data-key.ts'
import { loadPayer } from '../payers/get-payer.ts'
import { tenantOf } from '../tenants/stripe-account.ts'
import { AUTOMATED_DECISIONS, type AutomatedDecision } from './automated-decisions.ts'
import { type HeldSection, readHeldData } from './read-held-data.ts'
import type { Purpose } from './register.ts'
import { registerInForce } from './register-in-force.ts'
import { requirePurpose } from './require-purpose.ts'

export type AccessPackage = {
  object: 'access_package'
  company: string
  region: string
  payer: string
  made_at: string
  /** By section; where there is too much of something, it is said that it is not all. */
  held: Record<string, Pick<HeldSection, 'rows' | 'complete'>>
  register_version: number
  purposes: Purpose[]
  automated_decisions: readonly AutomatedDecision[]
}

/** What the package is made for. It rests on the law, so what is held is told whatever fields the register names for it. */
export const ACCESS_PURPOSE = 'rights_request'

/** @throws not_found, payer_erased, purpose_not_allowed */
export async function buildAccessPackage(tx: Tx, ctx: Ctx, payerId: string): Promise<AccessPackage> {
  const row = await loadPayer(tx, payerId)
  await requirePurpose(tx, payerId, ACCESS_PURPOSE, [])
  const payer = await dataKeyOfRow(ctx, row)
  const [{ name }, register] = [await tenantOf(ctx), await registerInForce(tx)]
  const sections = await readHeldData(tx, ctx, payer)
  return {
    object: 'access_package',
    company: name,
    region: ctx.settings.region,
    payer: payerId,
    made_at: ctx.clock.now().toISOString(),
    held: {
      ...Object.fromEntries(sections.map(({ section, rows, complete }) => [section, { rows, complete }])),
      // With the recipients' names, also of cohorts that the person was one of many in.
      log_of_disclosures: await listDisclosuresOf(tx, ctx, payerId),
    },
    register_version: register.version,
    purposes: register.purposes,
    automated_decisions: AUTOMATED_DECISIONS,
  }
}
