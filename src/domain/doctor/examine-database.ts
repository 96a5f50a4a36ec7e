// Whether the database can carry panless: reached safely, by a role that row security binds, at this version's schema.
import type { Sql } from 'postgres'
import { migrationState } from '../../db/migrate.ts'
import { type Finding, failed, ok, warning } from './finding.ts'

/** PostgreSQL 15 to 18, as `server_version_num` counts. */
const VERSION_LOWEST = 150_000
const VERSION_TOO_HIGH = 190_000

/** `loopback`: whether the address is one of this machine, where TLS is not asked for. */
export async function examineDatabase(sql: Sql, loopback: boolean): Promise<Finding[]> {
  return [
    ...(await examineServer(sql, loopback)),
    await examineMigrations(sql),
    ...(await examineRole(sql)),
    await examineRowSecurity(sql),
    await examineQueue(sql),
  ]
}

async function examineServer(sql: Sql, loopback: boolean): Promise<Finding[]> {
  const [row] = await sql`
    select current_setting('server_version_num')::int as version, current_setting('server_version') as name,
           current_setting('fsync') as fsync, current_setting('synchronous_commit') as commits,
           current_setting('log_parameter_max_length')::int as logged, current_setting('log_statement') as statements,
           current_setting('log_parameter_max_length_on_error')::int as logged_on_error,
           coalesce((select ssl from pg_stat_ssl where pid = pg_backend_pid()), false) as tls`
  const server = row as Record<string, string | number | boolean>
  const version = Number(server.version)
  const findings = [
    version >= VERSION_LOWEST && version < VERSION_TOO_HIGH
      ? ok('database version', `PostgreSQL ${server.name}`)
      : failed('database version', `PostgreSQL ${server.name}`, 'Use PostgreSQL 15 to 18.'),
    server.tls || loopback
      ? ok('database TLS', server.tls ? 'verified TLS' : 'none, on this machine')
      : failed(
          'database TLS',
          'the connection is not encrypted',
          'Add sslmode=verify-full to DATABASE_URL, and DATABASE_CA_FILE.',
        ),
  ]
  if (server.fsync !== 'on' || server.commits === 'off') {
    findings.push(
      failed(
        'database durability',
        'commits can be lost',
        'Set fsync = on and synchronous_commit = on: money is booked here.',
      ),
    )
  }
  if (server.logged_on_error !== 0 || (server.statements !== 'none' && server.logged !== 0)) {
    findings.push(
      warning(
        'database log',
        'the log of Postgres may hold what callers sent',
        'Set log_parameter_max_length = 0, log_parameter_max_length_on_error = 0 and log_statement = none.',
      ),
    )
  }
  return findings
}

async function examineMigrations(sql: Sql): Promise<Finding> {
  const { state, applied, known } = await migrationState(sql)
  const says = `${state}: ${applied} of ${known} migrations`
  if (state === 'behind') return failed('database schema', says, 'Run: panless migrate')
  if (state === 'ahead') return failed('database schema', says, 'Run the newer panless that migrated it.')
  return ok('database schema', says)
}

async function examineRole(sql: Sql): Promise<Finding[]> {
  const [row] = await sql`
    select r.rolname as name, r.rolsuper as superuser, r.rolbypassrls as bypass,
           exists (select 1 from pg_class c join pg_namespace n on n.oid = c.relnamespace
                    where n.nspname = 'public' and c.relkind in ('r', 'p') and pg_has_role(r.rolname, c.relowner, 'member')) as owner,
           exists (select 1 from pg_roles a where a.rolname = 'panless_app' and pg_has_role(r.rolname, a.oid, 'usage')) as admitted,
           exists (select 1 from pg_class c where c.oid = to_regclass('public.audit_log')
                     and (has_table_privilege(c.oid, 'update') or has_table_privilege(c.oid, 'delete') or has_table_privilege(c.oid, 'truncate'))) as edits_audit
      from pg_roles r where r.rolname = current_user`
  const role = row as Record<string, string | boolean>
  const unfit = role.superuser
    ? 'is a superuser'
    : role.bypass
      ? 'has BYPASSRLS'
      : role.owner
        ? 'owns the tables'
        : null
  const useAppRole = 'Let DATABASE_URL be a role of its own: login, nosuperuser, nobypassrls, member of panless_app.'
  const findings = [
    unfit === null
      ? ok('database role', `${role.name} is bound by row security`)
      : failed('database role', `${role.name} ${unfit}: row security would not hold`, useAppRole),
  ]
  if (!role.admitted) {
    findings.push(
      failed(
        'database rights',
        `${role.name} is no member of panless_app`,
        `As the owner: grant panless_app to ${role.name}`,
      ),
    )
  }
  if (role.edits_audit) {
    findings.push(
      failed(
        'audit log',
        'this role may change or remove rows of it',
        'Revoke update, delete and truncate on audit_log from it.',
      ),
    )
  }
  return findings
}

async function examineRowSecurity(sql: Sql): Promise<Finding> {
  const rows = await sql<{ name: string; sound: boolean }[]>`
    select c.relname as name,
           c.relrowsecurity and c.relforcerowsecurity and exists (select 1 from pg_policy p where p.polrelid = c.oid) as sound
      from pg_class c
     where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
       and exists (select 1 from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped)
     order by c.relname`
  const bare = rows.filter(row => !row.sound).map(row => row.name)
  if (bare.length > 0) {
    return failed(
      'row security',
      `not forced on ${bare.join(', ')}`,
      'Run: panless migrate; then find out who turned it off.',
    )
  }
  if (rows.length === 0) return failed('row security', 'there are no tables', 'Run: panless migrate')
  return ok('row security', `forced on all ${rows.length} tables of tenants`)
}

async function examineQueue(sql: Sql): Promise<Finding> {
  const [row] =
    await sql`select to_regclass('pgboss.job') is not null and has_schema_privilege('pgboss', 'usage') as usable`
  return row?.usable
    ? ok('job queue', 'its schema is there')
    : failed('job queue', 'its schema is missing', 'Run: panless migrate')
}
