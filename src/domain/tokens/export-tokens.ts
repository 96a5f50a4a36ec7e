// The way out: every living token with what another service needs to go on charging it, and the evidence of consent.
import type { Ctx } from '../context.ts'
import { openDataKey, openJson } from '../payers/data-key.ts'
import { type PayerProfile, profilePlace } from '../payers/payer.ts'
import { requireScope } from '../permissions.ts'
import { read, write } from '../write.ts'

/** Tokens read, opened and written at a time. */
const PAGE = 500

export type ExportedToken = {
  token: string
  status: string
  payer: string
  short_name: string
  external_ref: string | null
  stripe_customer: string | null
  payment_method: string
  brand: string
  last4: string
  exp_month: number
  exp_year: number
  usage: string
  consent_text_version: string
  consent_locale: string | null
  consent_accepted_at: string
  consent_withdrawn_at: string | null
  consent_ip: string | null
  consent_user_agent: string | null
  /** Where it was kept. */
  region: string
}

export const EXPORTED_MEMBERS = [
  'token',
  'status',
  'payer',
  'short_name',
  'external_ref',
  'stripe_customer',
  'payment_method',
  'brand',
  'last4',
  'exp_month',
  'exp_year',
  'usage',
  'consent_text_version',
  'consent_locale',
  'consent_accepted_at',
  'consent_withdrawn_at',
  'consent_ip',
  'consent_user_agent',
  'region',
] as const satisfies readonly (keyof ExportedToken)[]

type Row = Omit<
  ExportedToken,
  | 'short_name'
  | 'external_ref'
  | 'consent_ip'
  | 'consent_user_agent'
  | 'consent_accepted_at'
  | 'consent_withdrawn_at'
  | 'region'
> & {
  sequence: number
  consent_id: string
  consent_accepted_at: Date
  consent_withdrawn_at: Date | null
  evidence_sealed: Buffer | null
  profile_sealed: Buffer
  wrapped_key: Buffer
  key_version: number
}

export type TokenExport = { total: number; pages: AsyncGenerator<ExportedToken[]> }

/** Pages in the order of making; detached and erased tokens are left out. Recorded. @throws insufficient_scope */
export async function exportTokens(ctx: Ctx): Promise<TokenExport> {
  requireScope(ctx, 'admin')
  const total = await write(ctx, async tx => {
    const [counted] = await tx.sql<{ total: number }[]>`
      select count(*)::integer as total from tokens
       where tenant_id = ${ctx.tenantId} and status not in ('detached', 'erased')`
    const total = counted?.total ?? 0
    return { value: total, audit: { action: 'token.export', object: { type: 'token', id: null }, details: { total } } }
  })
  return { total, pages: pagesOf(ctx) }
}

async function* pagesOf(ctx: Ctx): AsyncGenerator<ExportedToken[]> {
  for (let after = 0; ; ) {
    const rows = await pageAfter(ctx, after)
    if (rows.length > 0) yield await Promise.all(rows.map(row => open(ctx, row)))
    if (rows.length < PAGE) return
    after = (rows.at(-1) as Row).sequence
  }
}

const pageAfter = (ctx: Ctx, after: number): Promise<Row[]> =>
  read(
    ctx,
    tx => tx.sql<Row[]>`
      select t.sequence, t.id as token, t.status, t.payer_id as payer, p.stripe_customer_id as stripe_customer,
             t.stripe_payment_method_id as payment_method, t.brand, t.last4, t.exp_month, t.exp_year, t.usage,
             t.consent_id, c.text_version as consent_text_version, c.locale as consent_locale,
             c.accepted_at as consent_accepted_at, c.withdrawn_at as consent_withdrawn_at, c.evidence_sealed,
             p.profile_sealed, p.wrapped_key, p.key_version
        from tokens t
        join payers p on p.tenant_id = t.tenant_id and p.id = t.payer_id and p.status = 'active'
        join consents c on c.tenant_id = t.tenant_id and c.id = t.consent_id
       where t.tenant_id = ${ctx.tenantId} and t.sequence > ${after} and t.status not in ('detached', 'erased')
       order by t.sequence limit ${PAGE}`,
  )

async function open(ctx: Ctx, row: Row): Promise<ExportedToken> {
  const payer = await openDataKey(ctx, { payerId: row.payer, wrapped: row.wrapped_key, keyVersion: row.key_version })
  const profile = openJson<PayerProfile>(ctx, payer, profilePlace(row.payer), row.profile_sealed)
  const place = { table: 'consents', column: 'evidence_sealed', row: row.consent_id }
  const evidence = row.evidence_sealed
    ? openJson<{ ip: string | null; userAgent: string | null }>(ctx, payer, place, row.evidence_sealed)
    : null
  const { sequence, consent_id, evidence_sealed, profile_sealed, wrapped_key, key_version, ...shown } = row
  return {
    ...shown,
    short_name: profile.shortName,
    external_ref: profile.externalRef,
    consent_accepted_at: row.consent_accepted_at.toISOString(),
    consent_withdrawn_at: row.consent_withdrawn_at?.toISOString() ?? null,
    consent_ip: evidence?.ip ?? null,
    consent_user_agent: evidence?.userAgent ?? null,
    region: ctx.settings.region,
  }
}
