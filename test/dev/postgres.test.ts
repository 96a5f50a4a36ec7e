// The embedded Postgres: kept over restarts, recovered after a kill, silent about what callers send.
import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import postgres from 'postgres'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { commandLine } from '../../src/dev/os-processes.ts'
import { anyFreePort } from '../../src/dev/ports.ts'
import { type RunningPostgres, startPostgres, startScratchPostgres } from '../../src/dev/postgres.ts'
import { binariesIn } from '../../src/dev/postgres-binaries.ts'
import { testBinaries } from '../support/postgres-version.ts'

describe('the kept cluster', () => {
  let folder: string
  const running: RunningPostgres[] = []
  let port: number

  const start = async (in_ = folder) => {
    await mkdir(in_, { recursive: true, mode: 0o700 })
    const server = await startPostgres({
      dataDir: join(in_, 'postgres'),
      port,
      logFile: join(folder, 'postgres.log'),
      settings: { fsync: 'off' },
      binaries: testBinaries(),
    })
    running.push(server)
    return server
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'panless-test-'))
    port = await anyFreePort()
  })

  afterEach(async () => {
    for (const server of running.splice(0)) await server.stop()
  })

  afterAll(() => rm(folder, { recursive: true, force: true }))

  test('keeps its data and its passwords over a restart', async () => {
    const first = await start()
    await query(first.ownerUrl, sql => sql`create table kept as select 1 as one`)
    await first.stop()
    const second = await start()
    expect(second.appUrl).toBe(first.appUrl)
    expect(await query(second.ownerUrl, sql => sql`select one from kept`)).toEqual([{ one: 1 }])
  })

  test('gives the service a role that owns nothing and passes no row security', async () => {
    const server = await start()
    const [role] = await query(
      server.appUrl,
      sql =>
        sql`select rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb from pg_roles where rolname = current_user`,
    )
    expect(role).toEqual({
      rolname: 'panless_service',
      rolsuper: false,
      rolbypassrls: false,
      rolcreaterole: false,
      rolcreatedb: false,
    })
    const owned = await query(
      server.appUrl,
      sql => sql`select datname from pg_database where pg_get_userbyid(datdba) = current_user`,
    )
    expect(owned).toEqual([])
  })

  test('listens on loopback and on a socket that only its owner reaches, and refuses a wrong password', async () => {
    const server = await start()
    const socketDir = new URL(server.appSocketUrl).searchParams.get('host') as string
    expect((await stat(socketDir)).mode & 0o777).toBe(0o700)
    const { username, password, pathname } = new URL(server.appUrl)
    const bySocket = { username, password, database: pathname.slice(1), host: socketDir, port }
    expect(await query(bySocket, sql => sql`select inet_server_addr() as address`)).toEqual([{ address: null }])
    const wrong = { ...bySocket, password: 'wrong' }
    await expect(query(wrong, sql => sql`select 1`)).rejects.toMatchObject({ code: '28P01' })
    await expect(query({ ...wrong, host: '127.0.0.1' }, sql => sql`select 1`)).rejects.toMatchObject({ code: '28P01' })
  })

  test('puts the socket elsewhere when the path is too long for one', async () => {
    const server = await start(join(folder, 'x'.repeat(100)))
    const socketDir = new URL(server.appSocketUrl).searchParams.get('host') as string
    expect(socketDir.length).toBeLessThan(80)
    const { username, password, pathname } = new URL(server.appUrl)
    const rows = await query(
      { username, password, database: pathname.slice(1), host: socketDir, port },
      sql => sql`select 1 as one`,
    )
    expect(rows).toEqual([{ one: 1 }])
  })

  test('ends the server of a killed run, because data directory and command line are ours', async () => {
    const first = await start()
    await query(first.ownerUrl, sql => sql`create table left_behind as select 1 as one`)
    // As after kill -9: the server still runs, and nobody holds it.
    const second = await start()
    expect(second.pid).not.toBe(first.pid)
    expect(await commandLine(first.pid)).toBeNull()
    expect(await query(second.ownerUrl, sql => sql`select one from left_behind`)).toEqual([{ one: 1 }])
  })

  test('replays its log after the server itself was killed', async () => {
    const first = await start()
    await query(first.ownerUrl, sql => sql`create table replayed as select 1 as one`)
    process.kill(first.pid, 'SIGKILL')
    await first.exited
    const second = await start()
    expect(await query(second.ownerUrl, sql => sql`select one from replayed`)).toEqual([{ one: 1 }])
  })

  test('leaves a stranger alone whose process id a stale lock file names', async () => {
    const first = await start()
    await first.stop()
    const stranger = spawn('sleep', ['60'], { stdio: 'ignore' })
    try {
      await writeFile(join(folder, 'postgres', 'postmaster.pid'), `${stranger.pid}\n${join(folder, 'postgres')}\n`)
      await start()
      expect(await commandLine(stranger.pid as number)).toEqual(['sleep', '60'])
    } finally {
      stranger.kill('SIGKILL')
    }
  })

  test('starts after an interrupted first start', async () => {
    const fresh = join(folder, 'fresh')
    await mkdir(join(fresh, 'postgres.making', 'base'), { recursive: true, mode: 0o700 })
    const server = await start(fresh)
    expect(await query(server.appUrl, sql => sql`select 1 as one`)).toEqual([{ one: 1 }])
  })

  test('writes nothing into its log that a failing statement carried', async () => {
    const server = await start()
    const secret = 'tuya@example.org'
    await query(server.ownerUrl, sql => sql`create table people (mail text primary key, age int)`)
    const insert = () => query(server.ownerUrl, sql => sql`insert into people values (${secret}, 1)`)
    await insert()
    await expect(insert()).rejects.toMatchObject({ code: '23505' })
    await expect(query(server.ownerUrl, sql => sql.unsafe(`select '${secret}'::int`))).rejects.toThrow()
    await expect(
      query(server.ownerUrl, sql => sql.unsafe(`select from nowhere where mail = '${secret}'`)),
    ).rejects.toThrow()
    expect(await readFile(join(folder, 'postgres.log'), 'utf8')).not.toContain('tuya')
  })
})

test('a scratch cluster leaves no file and no process', async () => {
  const server = await startScratchPostgres({
    binaries: testBinaries(),
    settings: { default_toast_compression: 'pglz' },
  })
  const socketDir = new URL(server.appSocketUrl).searchParams.get('host') as string
  await server.stop()
  expect(await commandLine(server.pid)).toBeNull()
  await expect(stat(join(socketDir, '..'))).rejects.toMatchObject({ code: 'ENOENT' })
})

test('a checkout below a folder that is closed to others, as mktemp makes one, has its Postgres too', async () => {
  const closed = await mkdtemp(join(tmpdir(), 'panless-closed-'))
  try {
    await symlink(join(dirname(testBinaries().initdb), '..'), join(closed, 'native'))
    const server = await startScratchPostgres({ binaries: binariesIn(join(closed, 'native', 'bin')) })
    expect(await query(server.ownerUrl, sql => sql`select 1 as one`)).toEqual([{ one: 1 }])
    await server.stop()
  } finally {
    await rm(closed, { recursive: true, force: true })
  }
})

type Target = string | { username: string; password: string; database: string; host: string; port: number }

async function query(target: Target, ask: (sql: postgres.Sql) => Promise<postgres.RowList<postgres.Row[]>>) {
  const options = { max: 1, onnotice: () => {}, fetch_types: false }
  const sql = typeof target === 'string' ? postgres(target, options) : postgres({ ...target, ...options })
  try {
    return [...(await ask(sql))]
  } finally {
    await sql.end()
  }
}
