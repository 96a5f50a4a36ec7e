// The list of erasures that is kept apart: a database restored from before an erasure does not start, and is erased again.
import { spawn } from 'node:child_process'
import { appendFile, chmod, readFile, stat, writeFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import type postgres from 'postgres'
import { afterAll, beforeAll, expect, inject, it, vi } from 'vitest'
import { refuseReturnedPayers } from '../../src/cli/refuse-returned-payers.ts'
import { anyFreePort } from '../../src/dev/ports.ts'
import { createClient } from '../support/api-client.ts'
import { connected } from '../support/database-contents.ts'
import { beginErasure, erase, workOff } from '../support/erasing.ts'
import { charge } from '../support/money.ts'
import { payerWithCard, type SavedCard } from '../support/payer-with-card.ts'
import { until } from '../support/production-site.ts'
import { startWorld, type World } from '../support/world.ts'

let world: World
let gone: SavedCard
/** Of this one the erasure has not ended yet: it waits until no process holds the key. */
let going: SavedCard
let stays: SavedCard
/** A copy of the database from before the erasure, as a backup that was restored. */
let older: string

beforeAll(async () => {
  // Without webhooks nothing is under way while the database is copied.
  world = await startWorld({ webhooks: false })
  gone = await payerWithCard(world)
  going = await payerWithCard(world)
  stays = await payerWithCard(world)
  expect((await charge(world, gone.token)).status).toBe(201)
  older = await copyOfDatabase()
  await erase(world, gone.payer)
  const erasure = await beginErasure(world, going.payer)
  await workOff(world)
  expect((await world.as('privacy').get(`/v1/erasures/${erasure}`)).json.step).toBe('wait_for_caches')
})
afterAll(async () => {
  await asServer(sql => sql.unsafe(`drop database if exists ${older} with (force)`))
  await world.close()
})

const serverUrl = () => world.database.superuserUrl.replace(/\/[^/]*$/, '/postgres')
const olderUrl = (url: string) => url.replace(world.database.name, older)
const asServer = <Value>(work: (sql: postgres.Sql) => Promise<Value>) => connected(serverUrl(), work)

async function copyOfDatabase(): Promise<string> {
  const { name } = world.database
  await asServer(async sql => {
    await sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${name}`
    await sql.unsafe(`create database ${name}_older template ${name} owner panless_owner`)
  })
  return `${name}_older`
}

/** Runs a command of panless on the restored copy. */
function start(args: string[], more: Record<string, string> = {}) {
  const env = { ...world.environment, DATABASE_URL: olderUrl(world.database.appUrl), PATH: process.env.PATH, ...more }
  return spawn(process.execPath, [inject('program').file, ...args], {
    env: env as NodeJS.ProcessEnv,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

async function run(args: string[], more: Record<string, string> = {}) {
  const child = start(args, more)
  const ended = new Promise<number | null>(resolve => child.once('close', resolve))
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  return { code: await ended, stdout, stderr }
}

const changed = (line: string) => `${line.slice(0, -4)}${line.endsWith('AAAA') ? 'BBBB' : 'AAAA'}`
const list = () => world.environment.ERASURE_LIST_FILE as string
const inOlder = (payer: string) =>
  connected(olderUrl(world.database.superuserUrl), async sql => {
    const [row] = await sql<{ status: string; key: number }[]>`
      select status, length(wrapped_key) as key from payers where id = ${payer}`
    return row
  })

it('holds one signed line for each erasure from before the key goes, readable by its owner alone, and nothing about the person', async () => {
  const lines = (await readFile(list(), 'utf8')).trim().split('\n')
  expect(lines).toHaveLength(2)
  expect((await stat(list())).mode & 0o777).toBe(0o600)
  for (const [at, { payer }] of [gone, going].entries()) {
    expect(world.dependencies.statements.read('erasure', lines[at] as string)).toEqual({
      tenant: 'demo',
      payer,
      erasure: expect.stringMatching(/^eras_/),
      erased_at: expect.any(String),
    })
  }
})

it('serve and worker refuse to start on a database that is older than an erasure, and say what to do', async () => {
  expect(await inOlder(gone.payer)).toMatchObject({ status: 'active' })
  for (const command of ['serve', 'worker']) {
    const { code, stderr } = await run([command])
    expect({ code, stderr }).toEqual({ code: 78, stderr: expect.stringContaining('panless erasures apply') })
    expect(stderr).not.toContain(gone.payer)
  }
})

it('a start looks at no signature of a line whose payer is erased, and tells of one that was damaged', async () => {
  const lines = (await readFile(list(), 'utf8')).trim().split('\n')
  const living = world.dependencies.statements.sign('erasure', {
    ...world.dependencies.statements.read('erasure', lines[0] as string),
    payer: stays.payer,
  })
  const verified = vi.spyOn(world.dependencies.statements, 'read')
  const start = (...more: string[]) =>
    refuseReturnedPayers({
      dependencies: {
        ...world.dependencies,
        erasureList: { read: async () => [...lines, ...more], append: async () => {} },
      },
    })
  await start(changed(lines[0] as string))
  expect(verified).not.toHaveBeenCalled()
  const warned = vi.spyOn(world.dependencies.log, 'warn')
  const nobody = JSON.stringify({
    tenant: 'demo',
    payer: 'payer_00000000000000000000000000',
    erasure: 'x',
    erased_at: 'x',
  })
  await start(living.replace(living.split('.')[1] as string, Buffer.from(nobody).toString('base64url')))
  expect(warned).toHaveBeenCalledExactlyOnceWith({ lines: 1 }, expect.stringContaining('did not sign'))
  warned.mockRestore()
  // Whoever can write to the list, and cannot sign, stops no start, and hides no line that is ours.
  await start(changed(living))
  for (const one of [{ tenant: "d' or true" }, { payer: 'x\0' }]) {
    const payload = JSON.stringify({ tenant: 'demo', payer: stays.payer, erasure: 'x', erased_at: 'x', ...one })
    await start(living.replace(living.split('.')[1] as string, Buffer.from(payload).toString('base64url')))
  }
  await expect(start(living, changed(living))).rejects.toThrow('panless erasures apply')
  expect(verified).toHaveBeenCalledTimes(6)
  verified.mockRestore()
})

it('list shows how each payer stands here, and leaves out lines that are not ours', async () => {
  const before = await readFile(list(), 'utf8')
  // A line that was cut off, one that was changed, and one of another kind.
  const [line] = before.split('\n') as [string]
  const other = world.dependencies.statements.sign('receipt', { tenant: 'demo', payer: stays.payer })
  await appendFile(list(), `${line.slice(0, 60)}\n${changed(line)}\n${other}\n`)
  const shown = await run(['erasures', 'list', '--json'])
  expect(shown.code).toBe(1)
  expect(JSON.parse(shown.stdout)).toMatchObject({
    erasures: [
      { payer: gone.payer, here: 'alive' },
      { payer: going.payer, here: 'alive' },
    ],
    unreadable: 3,
  })
  await writeFile(list(), before)
  const table = await run(['erasures', 'list'])
  expect(table).toMatchObject({ code: 0, stdout: expect.stringMatching(new RegExp(`${gone.payer} .* alive`)) })
})

it('a list that others can read is refused', async () => {
  await chmod(list(), 0o644)
  const { code, stderr } = await run(['erasures', 'list'])
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('0600') })
  await chmod(list(), 0o600)
})

it('apply erases again, and the service starts on what is left', async () => {
  const applied = await run(['erasures', 'apply', list(), '--json'], { ERASURE_LIST_FILE: `${list()}.new` })
  expect(applied.code, applied.stderr).toBe(0)
  expect(JSON.parse(applied.stdout)).toMatchObject({
    begun: [
      { tenant: 'demo', payer: gone.payer },
      { tenant: 'demo', payer: going.payer },
    ],
    unreadable: 0,
  })
  for (const { payer } of [gone, going]) expect(await inOlder(payer)).toEqual({ status: 'erased', key: 0 })
  expect(await inOlder(stays.payer)).toMatchObject({ status: 'active' })
  const again = await run(['erasures', 'apply'])
  expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('Nobody') })

  const port = await anyFreePort()
  const service = start(['serve'], { PORT: String(port) })
  const client = createClient({
    url: `https://localhost:${port}`,
    ca: world.ca,
    token: world.token('checkout'),
    check: () => {},
  })
  const privacy = createClient({
    url: `https://localhost:${port}`,
    ca: world.ca,
    token: world.token('privacy'),
    check: () => {},
  })
  await until(async () => (await client.get('/healthz').catch(() => null))?.status === 200)
  expect(await client.get(`/v1/payers/${gone.payer}`)).toMatchObject({ status: 410, json: { code: 'payer_erased' } })
  expect((await client.get(`/v1/payers/${stays.payer}`)).status).toBe(200)
  const [erasure] = (await privacy.get(`/v1/erasures?payer=${gone.payer}`)).json.data
  expect(erasure).toMatchObject({ restored: true, request: null, step: 'wait_for_caches' })
  const ended = new Promise(resolve => service.once('exit', resolve))
  service.kill('SIGTERM')
  await ended
})
