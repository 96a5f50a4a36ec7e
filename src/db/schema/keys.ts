// What the database knows of the keys above it: which keyring it belongs to, how much each key sealed, how far a rotation
// has come. It holds no key, only check values and public keys.
import { sql } from 'drizzle-orm'
import { bigint, check, integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import { bytes, instant, tenantId } from './columns.ts'

/** One row for each version that ever sealed something here. Of the deployment, as the next two. */
export const keyVersions = pgTable('key_versions', {
  version: integer('version').primaryKey(),
  /** Keyed hashes that only the same keyring, and the same version's key, give again. */
  keyringCheck: bytes('keyring_check').notNull(),
  versionCheck: bytes('version_check').notNull(),
  createdAt: instant('created_at').notNull(),
  /** When nothing was left under an older version. */
  rewrappedAt: instant('rewrapped_at'),
  /** From then on no process is given leave to seal with it. */
  retiringAt: instant('retiring_at'),
  retiredAt: instant('retired_at'),
})

/** Public keys outlive their private ones, so that old statements verify for ever. */
export const signingKeys = pgTable(
  'signing_keys',
  {
    kid: text('kid').primaryKey(),
    use: text('use').notNull(),
    version: integer('version').notNull(),
    publicKey: bytes('public_key').notNull(),
    createdAt: instant('created_at').notNull(),
  },
  table => [
    check('signing_keys_use', sql`${table.use} in ('statement', 'session')`),
    check('signing_keys_length', sql`length(${table.publicKey}) = 32`),
  ],
)

/** Encryptions reserved of each key, and until when a process may still use what it reserved (wall time). */
export const keyUsage = pgTable(
  'key_usage',
  {
    version: integer('version').notNull(),
    use: text('use').notNull(),
    reserved: bigint('reserved', { mode: 'number' }).notNull(),
    leasedUntil: instant('leased_until').notNull(),
  },
  table => [primaryKey({ columns: [table.version, table.use] })],
)

/** How far a tenant's rows have come to a version; `after` is the last payer whose key was looked at. */
export const keyRotations = pgTable(
  'key_rotations',
  {
    tenantId: tenantId(),
    version: integer('version').notNull(),
    total: bigint('total', { mode: 'number' }).notNull(),
    done: bigint('done', { mode: 'number' }).notNull().default(0),
    after: text('after').notNull().default(''),
    startedAt: instant('started_at').notNull(),
    updatedAt: instant('updated_at').notNull(),
    finishedAt: instant('finished_at'),
  },
  table => [primaryKey({ columns: [table.tenantId, table.version] })],
)
