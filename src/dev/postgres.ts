// The embedded Postgres: a cluster kept in the data folder, or a throwaway one, with panless's roles and database.
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import postgres from 'postgres'
import { anyFreePort } from './ports.ts'
import { embeddedBinaries, type PostgresBinaries } from './postgres-binaries.ts'
import { type Cluster, startCluster } from './postgres-cluster.ts'
import { keptJson, newSecret } from './private-files.ts'

/** The role that owns the schema and migrates, and the role that the service signs in as. */
export const OWNER_ROLE = 'panless_owner'
export const SERVICE_ROLE = 'panless_service'
/** The group that the migrations grant table rights to. */
export const APP_GROUP = 'panless_app'
export const DATABASE = 'panless'

export interface PostgresUrls {
  superuserUrl: string
  ownerUrl: string
  /** The service's role over loopback TCP. */
  appUrl: string
  /** The service's role over the unix socket (`?host=`, as libpq writes it). */
  appSocketUrl: string
}

export interface RunningPostgres extends PostgresUrls {
  pid: number
  port: number
  exited: Promise<void>
  /** The same roles' addresses for another database of this cluster. */
  urlsOf(database: string): PostgresUrls
  stop(): Promise<void>
}

interface Passwords {
  superuser: string
  owner: string
  service: string
}

export interface StartPostgresOptions {
  /** The folder of the cluster itself; passwords stand beside it. */
  dataDir: string
  port: number
  logFile: string
  settings?: Record<string, string>
  binaries?: PostgresBinaries
}

/** A committed transaction survives a crash of the machine: what the embedded environment shows is what production does. */
const DURABLE_SETTINGS: Record<string, string> = {
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
}

/** Starts the kept cluster, made on first use; recovers after a killed run. */
export async function startPostgres(options: StartPostgresOptions): Promise<RunningPostgres> {
  const passwords = await keptJson(`${options.dataDir}-passwords.json`, newPasswords)
  const cluster = await startCluster({
    ...options,
    binaries: options.binaries ?? embeddedBinaries(),
    superuserPassword: passwords.superuser,
    settings: { ...DURABLE_SETTINGS, ...options.settings },
  })
  return prepare(cluster, passwords)
}

/** Nothing in a throwaway cluster is worth a disk flush. */
const SCRATCH_SETTINGS: Record<string, string> = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  max_connections: '200',
  shared_buffers: '128MB',
}

export interface ScratchPostgresOptions {
  /** Where its folder is made; default: the temporary folder. */
  parent?: string
  settings?: Record<string, string>
  binaries?: PostgresBinaries
}

/** A cluster in a folder of its own on a free port, gone with {@link RunningPostgres.stop} or with this process. */
export async function startScratchPostgres(options: ScratchPostgresOptions = {}): Promise<RunningPostgres> {
  const folder = await mkdtemp(join(options.parent ?? tmpdir(), 'panless-scratch-'))
  const passwords = newPasswords()
  const cluster = await startCluster({
    scratchFolder: folder,
    dataDir: join(folder, 'data'),
    port: await anyFreePort(),
    logFile: join(folder, 'postgres.log'),
    binaries: options.binaries ?? embeddedBinaries(),
    superuserPassword: passwords.superuser,
    settings: { ...SCRATCH_SETTINGS, ...options.settings },
  })
  return prepare(cluster, passwords)
}

/**
 * Lets the service's role use what the migrations granted to the group. Run after migrating, as the owner, who made the
 * group and so may grant it.
 */
export async function admitService(ownerUrl: string): Promise<void> {
  const sql = postgres(ownerUrl, { max: 1, onnotice: () => {} })
  try {
    await sql.unsafe(`grant ${APP_GROUP} to ${SERVICE_ROLE}`)
  } finally {
    await sql.end()
  }
}

function newPasswords(): Passwords {
  return { superuser: newSecret(), owner: newSecret(), service: newSecret() }
}

async function prepare(cluster: Cluster, passwords: Passwords): Promise<RunningPostgres> {
  const urlsOf = (database: string) => urls(cluster, passwords, database)
  try {
    await makeRolesAndDatabase(urlsOf('postgres').superuserUrl, passwords)
  } catch (cause) {
    await cluster.stop()
    throw cause
  }
  const { pid, port, exited, stop } = cluster
  return { pid, port, exited, stop, urlsOf, ...urlsOf(DATABASE) }
}

function urls(cluster: Cluster, passwords: Passwords, database: string): PostgresUrls {
  const tcp = (role: string, password: string) => `postgres://${role}:${password}@127.0.0.1:${cluster.port}/${database}`
  return {
    superuserUrl: tcp('postgres', passwords.superuser),
    ownerUrl: tcp(OWNER_ROLE, passwords.owner),
    appUrl: tcp(SERVICE_ROLE, passwords.service),
    appSocketUrl: `${tcp(SERVICE_ROLE, passwords.service)}?host=${encodeURIComponent(cluster.socketDir)}`,
  }
}

async function makeRolesAndDatabase(superuserUrl: string, passwords: Passwords): Promise<void> {
  const sql = postgres(superuserUrl, { max: 1, onnotice: () => {} })
  try {
    const known = await sql<{ rolname: string }[]>`select rolname from pg_roles`
    const roles: [string, string, string][] = [
      [OWNER_ROLE, 'nosuperuser createrole nocreatedb nobypassrls', passwords.owner],
      [SERVICE_ROLE, 'nosuperuser nocreaterole nocreatedb nobypassrls', passwords.service],
    ]
    for (const [role, attributes, password] of roles) {
      const verb = known.some(row => row.rolname === role) ? 'alter' : 'create'
      await sql.unsafe(`${verb} role ${role} login ${attributes} password '${password}'`)
    }
    const databases = await sql`select 1 from pg_database where datname = ${DATABASE}`
    if (databases.length === 0) await sql.unsafe(`create database ${DATABASE} owner ${OWNER_ROLE}`)
    await sql.unsafe(`revoke connect, temporary on database ${DATABASE} from public`)
    await sql.unsafe(`grant connect on database ${DATABASE} to ${SERVICE_ROLE}`)
  } finally {
    await sql.end()
  }
}
