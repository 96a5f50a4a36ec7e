// Changes what an operator decides about a tenant: its name, the origins of its checkout pages, and its caps.
import { z } from 'zod'
import type { Ctx } from '../context.ts'
import { notFound } from '../errors.ts'
import { parseInput } from '../parse-input.ts'
import { requireScope } from '../permissions.ts'
import { write } from '../write.ts'
import { showTenant, TENANT_COLUMNS, type TenantRow, type TenantView } from './tenant-view.ts'

/** Every origin is compared at each checkout call. */
const ORIGINS_MAX = 50
const ORIGIN_LENGTH_MAX = 255
/** The greatest amount of one charge, in minor units. */
const CHARGE_AMOUNT_MAX = 99_999_999
/** Far above what any tenant may charge in an hour, far below what a sum can hold. */
const HOUR_AMOUNT_MAX = 1_000_000_000_000
const HOUR_CHARGES_MAX = 100_000_000

const originSchema = z
  .string()
  .max(ORIGIN_LENGTH_MAX)
  .refine(isExactOrigin, 'must be an origin as browsers send it: https://host[:port], or http on loopback')

const cap = (most: number) => z.int().min(1).max(most).nullable().optional()

const setTenantInput = z
  .strictObject({
    name: z.string().trim().min(1).max(120).optional(),
    allowed_origins: z.array(originSchema).max(ORIGINS_MAX).optional(),
    max_amount_per_charge: cap(CHARGE_AMOUNT_MAX),
    max_amount_per_hour: cap(HOUR_AMOUNT_MAX),
    max_charges_per_hour: cap(HOUR_CHARGES_MAX),
  })
  .refine(wanted => Object.keys(wanted).length > 0, 'must change something')

/** A cap of null is lifted. @throws insufficient_scope, validation_failed, not_found */
export async function setTenant(ctx: Ctx, input: unknown): Promise<TenantView> {
  requireScope(ctx, 'admin')
  const wanted = parseInput(setTenantInput, input)
  const changes = Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined))
  if (wanted.allowed_origins) changes.allowed_origins = [...new Set(wanted.allowed_origins)]
  const view = await write(ctx, async tx => {
    const [row] = await tx.sql<TenantRow[]>`
      update tenants set ${tx.sql({ ...changes, updated_at: ctx.clock.now() })} where id = ${ctx.tenantId}
      returning ${tx.sql(TENANT_COLUMNS as unknown as string[])}`
    if (!row) throw notFound()
    return {
      value: showTenant(row),
      audit: {
        action: 'tenant.set',
        object: { type: 'tenant', id: ctx.tenantId },
        details: { fields: Object.keys(changes) },
      },
    }
  })
  ctx.tenants.forget(ctx.tenantId)
  return view
}

/** The same text that a browser sends in `Origin`: no path, no default port, lower case. */
function isExactOrigin(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { origin, protocol, hostname } = new URL(text)
  if (origin !== text) return false
  return protocol === 'https:' || (protocol === 'http:' && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname))
}
