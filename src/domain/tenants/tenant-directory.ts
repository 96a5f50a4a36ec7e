// Tenants by id, read often and changed seldom: kept for a few seconds, with their Stripe secrets opened.
import { LRUCache } from 'lru-cache'
import { open, seal, sealedKeyVersion } from '../../crypto/envelope.ts'
import type { Database } from '../../db/client.ts'
import type { Keyring } from '../../keyring/keyring.ts'

export type TenantSecrets = { secretKey: string; webhookSecrets: string[] }

export type Tenant = {
  id: string
  name: string
  region: string
  livemode: boolean
  stripeAccountId: string | null
  stripePublishableKey: string | null
  allowedOrigins: string[]
  secrets: TenantSecrets | null
}

export type TenantDirectory = {
  /** Null when there is no such tenant. */
  find(tenantId: string): Promise<Tenant | null>
  list(): Promise<Tenant[]>
  forget(tenantId: string): void
}

// How long a change made by another process may go unseen. Pausing does not wait for it: that is read with each charge.
const TTL_MS = 3_000
const TENANTS_MAX = 1_000

type Row = {
  id: string
  name: string
  region: string
  livemode: boolean
  stripe_account_id: string | null
  stripe_publishable_key: string | null
  allowed_origins: string[]
  stripe_secrets_sealed: Buffer | null
}

export function createTenantDirectory(db: Database, keyring: Keyring): TenantDirectory {
  const found = new LRUCache<string, Promise<Tenant | null>>({ max: TENANTS_MAX, ttl: TTL_MS })
  let listed: { at: number; tenants: Promise<Tenant[]> } | null = null
  const columns = db.sql`id, name, region, livemode, stripe_account_id, stripe_publishable_key, allowed_origins, stripe_secrets_sealed`

  async function load(tenantId: string): Promise<Tenant | null> {
    const [row] = await db.sql<Row[]>`select ${columns} from tenants where id = ${tenantId}`
    return row ? toTenant(row, keyring) : null
  }

  async function loadAll(): Promise<Tenant[]> {
    const rows = await db.sql<Row[]>`select ${columns} from tenants order by id limit ${TENANTS_MAX}`
    return Promise.all(rows.map(row => toTenant(row, keyring)))
  }

  return {
    find(tenantId) {
      const known = found.get(tenantId)
      if (known) return known
      const loading = load(tenantId)
      found.set(tenantId, loading)
      loading.catch(() => found.delete(tenantId))
      return loading
    },
    list() {
      if (listed === null || performance.now() - listed.at >= TTL_MS) {
        const tenants = loadAll()
        listed = { at: performance.now(), tenants }
        tenants.catch(() => {
          listed = null
        })
      }
      return listed.tenants
    },
    forget(tenantId) {
      found.delete(tenantId)
      listed = null
    },
  }
}

async function toTenant(row: Row, keyring: Keyring): Promise<Tenant> {
  return {
    id: row.id,
    name: row.name,
    region: row.region,
    livemode: row.livemode,
    stripeAccountId: row.stripe_account_id,
    stripePublishableKey: row.stripe_publishable_key,
    allowedOrigins: row.allowed_origins,
    secrets: row.stripe_secrets_sealed ? await openSecrets(keyring, row.id, row.stripe_secrets_sealed) : null,
  }
}

const place = (tenantId: string, keyVersion: number) => ({
  tenantId,
  table: 'tenants',
  column: 'stripe_secrets_sealed',
  row: tenantId,
  keyVersion,
})

export async function sealSecrets(keyring: Keyring, tenantId: string, secrets: TenantSecrets): Promise<Buffer> {
  const { key, version } = await keyring.sealingKey('tenant-secrets')
  return seal(key, place(tenantId, version), JSON.stringify(secrets))
}

async function openSecrets(keyring: Keyring, tenantId: string, sealed: Buffer): Promise<TenantSecrets> {
  const version = sealedKeyVersion(sealed)
  const key = await keyring.openingKey('tenant-secrets', version)
  const text = open(key, place(tenantId, version), sealed)
  return JSON.parse(text.toString('utf8')) as TenantSecrets
}
