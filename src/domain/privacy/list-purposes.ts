// Shows the register of purposes that is in force, to anybody.
import { z } from 'zod'
import type { Ctx } from '../context.ts'
import { notFound } from '../errors.ts'
import { keyOfCursor, type Page, pageQuery, toPage } from '../page.ts'
import { parseInput } from '../parse-input.ts'
import { tenantIdSchema } from '../tenants/add-tenant.ts'
import { type Purpose, purposeSchema } from './register.ts'
import { recentRegister } from './register-in-force.ts'

export const listPurposesQuery = z.strictObject({
  ...pageQuery,
  tenant: tenantIdSchema.optional().describe('Whose register; that of the default tenant unless told.'),
})

export const purposeViewSchema = purposeSchema
  .extend({ object: z.literal('purpose'), register_version: z.int() })
  .meta({ id: 'Purpose' })

export type PurposeView = Purpose & { object: 'purpose'; register_version: number }

/** In the order of the register. @throws validation_failed, not_found */
export async function listPurposes(ctx: Ctx, query: unknown): Promise<Page<PurposeView>> {
  const { limit, cursor, tenant } = parseInput(listPurposesQuery, query)
  const tenantId = tenant ?? ctx.tenantId
  if (!(await ctx.tenants.find(tenantId))) throw notFound()
  const after = keyOfCursor(cursor, /^[a-z_]{3,40}$/)
  const { version, purposes } = await recentRegister({ ...ctx, tenantId })
  const start = after === undefined ? 0 : purposes.findIndex(({ name }) => name === after) + 1
  return toPage(
    purposes.slice(start, start + limit + 1),
    limit,
    ({ name }) => name,
    purpose => ({ object: 'purpose', register_version: version, ...purpose }),
  )
}
