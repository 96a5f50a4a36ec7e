// Tenants and what each is bound to. The list belongs to no tenant, so it has no row security; its secrets are sealed.
import { bigint, boolean, customType, pgTable, primaryKey, text, timestamp } from 'drizzle-orm/pg-core'

const bytes = customType<{ data: Buffer; driverData: Buffer }>({ dataType: () => 'bytea' })
const instant = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' })

export const tenants = pgTable('tenants', {
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  region: text('region').notNull(),
  livemode: boolean('livemode').notNull(),
  stripeAccountId: text('stripe_account_id'),
  stripePublishableKey: text('stripe_publishable_key'),
  /** Sealed JSON `{ secretKey, webhookSecrets: [] }`. */
  stripeSecretsSealed: bytes('stripe_secrets_sealed'),
  allowedOrigins: text('allowed_origins').array().notNull().default([]),
  maxAmountPerCharge: bigint('max_amount_per_charge', { mode: 'number' }),
  maxAmountPerHour: bigint('max_amount_per_hour', { mode: 'number' }),
  maxChargesPerHour: bigint('max_charges_per_hour', { mode: 'number' }),
  chargingPausedAt: instant('charging_paused_at'),
  createdAt: instant('created_at').notNull(),
  updatedAt: instant('updated_at').notNull(),
})

/** Keyed hashes of the webhook secrets, so that two tenants can never share one. */
export const tenantWebhookSecrets = pgTable(
  'tenant_webhook_secrets',
  { secretHash: bytes('secret_hash').notNull(), tenant: text('tenant').notNull() },
  table => [primaryKey({ columns: [table.secretHash] })],
)
