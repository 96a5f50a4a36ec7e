// What the service refuses to run on, and migrations that are started twice at once.
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { loadConfig } from '../../src/config.ts'
import { migrate, migrationState } from '../../src/db/migrate.ts'
import { createKeyringFile } from '../../src/keyring/file-keyring.ts'
import { createLog } from '../../src/observability/log.ts'
import { migrateQueue } from '../../src/queue/queue.ts'
import { openVault } from '../../src/vault.ts'
import { VaultError } from '../../src/vault-error.ts'
import { createSuiteDatabase, type SuiteDatabase } from '../support/database.ts'
import { asSuperuser, connected } from '../support/database-contents.ts'

let folder: string
let database: SuiteDatabase
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'panless-unfit-'))
  await createKeyringFile(join(folder, 'keyring.json'))
  database = await createSuiteDatabase()
})
const roles: string[] = []
afterEach(async () => {
  for (const role of roles.splice(0)) {
    await asSuperuser(database, async sql => {
      await sql.unsafe(`drop owned by ${role}`)
      await sql.unsafe(`drop role ${role}`)
    })
  }
})
afterAll(async () => {
  await database.drop()
  await rm(folder, { recursive: true })
})

/** Opens the vault on a connection and closes it; what it refuses with is thrown. */
async function open(url: string): Promise<void> {
  const config = loadConfig(
    {
      DATABASE_URL: url,
      DATABASE_POOL_MAX: '1',
      AUTH_ISSUER: 'https://issuer.example',
      AUTH_AUDIENCE: 'https://panless.example',
      KEYRING_FILE: join(folder, 'keyring.json'),
    },
    'worker',
  )
  const vault = await openVault({ config, process: 'cli', log: createLog({ level: 'silent', process: 'test' }) })
  await vault.close()
}

/** A login with these attributes that may do what the service may. */
async function roleWith(attributes: string): Promise<string> {
  const role = `unfit_${randomBytes(6).toString('hex')}`
  roles.push(role)
  const password = randomBytes(12).toString('hex')
  await asSuperuser(database, async sql => {
    await sql.unsafe(`create role ${role} login password '${password}' ${attributes}`)
    await sql.unsafe(`grant connect on database ${database.name} to ${role}`)
    await sql.unsafe(`grant panless_app to ${role}`)
  })
  const url = new URL(database.appUrl)
  url.username = role
  url.password = password
  return url.href
}

describe('the service', () => {
  test('runs as a role that owns nothing and is bound by row security', async () => {
    await open(database.appUrl)
    await open(await roleWith('nosuperuser nobypassrls'))
  })

  test('does not run as a superuser, as the owner of the tables, or past row security', async () => {
    await expect(open(database.superuserUrl)).rejects.toThrow(VaultError)
    await expect(open(database.superuserUrl)).rejects.toThrow(/superuser/)
    await expect(open(database.ownerUrl)).rejects.toThrow(/owns the tables/)
    await expect(open(await roleWith('bypassrls'))).rejects.toThrow(/BYPASSRLS/)
    const url = await roleWith('nosuperuser')
    await asSuperuser(database, sql => sql.unsafe(`grant panless_owner to ${roles.at(-1)}`))
    await expect(open(url)).rejects.toThrow(/owns the tables/)
  })

  test('does not run on a database that is behind or ahead, and says what to do', async () => {
    const [last] = await asSuperuser(
      database,
      sql =>
        sql`delete from drizzle.__drizzle_migrations where id = (select max(id) from drizzle.__drizzle_migrations) returning *`,
    )
    await expect(open(database.appUrl)).rejects.toThrow(/behind: \d+ of \d+ migrations. Run: panless migrate/)
    await asSuperuser(database, async sql => {
      await sql`insert into drizzle.__drizzle_migrations (hash, created_at) values (${last?.hash}, ${last?.created_at})`
      await sql`insert into drizzle.__drizzle_migrations (hash, created_at) values ('future', 99999999999999)`
    })
    await expect(open(database.appUrl)).rejects.toThrow(/ahead of this version/)
    await asSuperuser(database, sql => sql`delete from drizzle.__drizzle_migrations where hash = 'future'`)
    await open(database.appUrl)
  })

  test('says of a database that cannot be reached nothing but that', async () => {
    const away = new URL(database.appUrl)
    away.port = '1'
    const failure = await open(away.href).catch(error => error)
    expect(String(failure.message)).not.toContain(away.password)
  })
})

describe('migrations', () => {
  test('started by several at once on an empty database are applied once', async () => {
    const name = `empty_${randomBytes(6).toString('hex')}`
    await asSuperuser(database, sql => sql.unsafe(`create database ${name} owner panless_owner`))
    const url = new URL(database.ownerUrl)
    url.pathname = `/${name}`
    try {
      await expect(connected(url.href, sql => migrationState(sql))).resolves.toMatchObject({
        state: 'behind',
        applied: 0,
      })
      const states = await Promise.all([1, 2, 3].map(() => migrate({ url: url.href, alongside: migrateQueue })))
      for (const state of states) expect(state).toMatchObject({ state: 'current' })
      const [row] = await connected(
        url.href,
        sql => sql`select count(*)::int as rows from drizzle.__drizzle_migrations`,
      )
      expect(row?.rows).toBe(states[0]?.known)
    } finally {
      await asSuperuser(database, sql => sql.unsafe(`drop database ${name} with (force)`))
    }
  })
})
