// What an operator is shown of a tenant: never a secret.
export type TenantView = {
  id: string
  name: string
  region: string
  mode: 'live' | 'test' | null
  stripe_account: string | null
  stripe_publishable_key: string | null
  allowed_origins: string[]
  /** Minor units of the charge's currency. */
  max_amount_per_charge: number | null
  max_amount_per_hour: number | null
  max_charges_per_hour: number | null
  charging_paused_at: string | null
  created_at: string
}

export type TenantRow = {
  id: string
  name: string
  region: string
  livemode: boolean
  stripe_account_id: string | null
  stripe_publishable_key: string | null
  allowed_origins: string[]
  max_amount_per_charge: number | null
  max_amount_per_hour: number | null
  max_charges_per_hour: number | null
  charging_paused_at: Date | null
  created_at: Date
}

export const TENANT_COLUMNS = [
  'id', 'name', 'region', 'livemode', 'stripe_account_id', 'stripe_publishable_key', 'allowed_origins',
  'max_amount_per_charge', 'max_amount_per_hour', 'max_charges_per_hour', 'charging_paused_at', 'created_at',
] as const // biome-ignore format: the row, at a glance

export const showTenant = (row: TenantRow): TenantView => ({
  id: row.id,
  name: row.name,
  region: row.region,
  mode: row.stripe_account_id === null ? null : row.livemode ? 'live' : 'test',
  stripe_account: row.stripe_account_id,
  stripe_publishable_key: row.stripe_publishable_key,
  allowed_origins: row.allowed_origins,
  max_amount_per_charge: row.max_amount_per_charge,
  max_amount_per_hour: row.max_amount_per_hour,
  max_charges_per_hour: row.max_charges_per_hour,
  charging_paused_at: row.charging_paused_at?.toISOString() ?? null,
  created_at: row.created_at.toISOString(),
})
