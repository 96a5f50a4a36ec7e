// The children of the embedded environment: none outlives its parent, and none but ours is ever ended.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { commandLine, endProcess, startTicks } from '../../src/dev/os-processes.ts'
import { isFree } from '../../src/dev/ports.ts'
import { endLeftovers, openProcessGroup, type ProcessGroup } from '../../src/dev/process-group.ts'

const entry = join(import.meta.dirname, 'fixtures', 'child.ts')
let folder: string
let group: ProcessGroup
const strangers: ChildProcess[] = []
/** In most rounds the first thread is a zombie before the others have ended. */
const ROUNDS = 5

const pids = async (): Promise<number[]> =>
  JSON.parse(await readFile(join(folder, 'processes.json'), 'utf8')).map((record: { pid: number }) => record.pid)

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'panless-group-'))
  await mkdir(join(folder, 'logs'))
  group = openProcessGroup(folder, [
    { signal: 'SIGTERM', waitMs: 300 },
    { signal: 'SIGKILL', waitMs: 3_000 },
  ])
})

afterEach(async () => {
  await group.stop()
  for (const stranger of strangers.splice(0)) stranger.kill('SIGKILL')
  await rm(folder, { recursive: true, force: true })
})

test('a child reports that it is ready, and gets the environment that it was given and no other', async () => {
  const report = await group.start({
    name: 'one',
    entry,
    given: { manner: 'obedient', name: 'one' },
    env: { GIVEN: 'yes' },
  })
  expect(report).toEqual({ name: 'one', variables: ['GIVEN'] })
})

test('children are ended in the reverse order of their start, and a stubborn one is killed', async () => {
  const journal = join(folder, 'journal')
  await group.start({ name: 'first', entry, given: { manner: 'obedient', name: 'first', journal } })
  await group.start({ name: 'second', entry, given: { manner: 'stubborn', name: 'second', journal } })
  await group.start({ name: 'third', entry, given: { manner: 'obedient', name: 'third', journal } })
  const started = await pids()
  await group.stop()
  expect(await readFile(journal, 'utf8')).toBe('third\nfirst\n')
  expect(await Promise.all(started.map(commandLine))).toEqual([null, null, null])
  expect(await pids()).toEqual([])
})

test('every one of the children that are started at once is written down', async () => {
  const names = Array.from({ length: 12 }, (_, at) => `child-${at}`)
  await Promise.all(names.map(name => group.start({ name, entry, given: { manner: 'obedient', name } })))
  expect(await pids()).toHaveLength(names.length)
})

test('a child that ends before it is ready fails the start with what it said', async () => {
  await expect(group.start({ name: 'hasty', entry, given: { manner: 'hasty', name: 'hasty' } })).rejects.toThrow(
    /^hasty ended \(exit code 3\)\.\ncannot start: no such thing/,
  )
})

test('a child that ends unasked fails the group with what it said', async () => {
  await group.start({ name: 'mortal', entry, given: { manner: 'mortal', name: 'mortal' } })
  await expect(group.failed).rejects.toThrow(/^mortal ended \(exit code 4\)\.\nfell over/)
})

test('children end when their parent is killed with no chance to say so', async () => {
  const parent = spawn(process.execPath, [join(import.meta.dirname, 'fixtures', 'parent.ts'), folder])
  const pid = Number(await new Promise(done => parent.stdout.once('data', chunk => done(String(chunk)))))
  expect(await startTicks(pid)).not.toBeNull()
  parent.kill('SIGKILL')
  expect(await endProcess(pid, [{ signal: 'SIGCONT', waitMs: 5_000 }])).toBe(true)
})

test('a process that has ended holds its port no more, however many threads it had', async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'fixtures', 'busy-threads.ts')])
    strangers.push(child)
    const port = Number(await new Promise(done => child.stdout.once('data', chunk => done(String(chunk)))))
    const pid = child.pid as number
    const [ticks, args] = await Promise.all([startTicks(pid), commandLine(pid)])
    const record = { name: 'busy', pid, startTicks: ticks, commandLine: args }
    await writeFile(join(folder, 'processes.json'), JSON.stringify([record]))
    // Ending already, as its arguments are gone before its threads.
    child.kill('SIGKILL')
    while ((await commandLine(pid)) !== null);
    await endLeftovers(folder)
    expect(await isFree(port)).toBe(true)
  }
}, 20_000)

test('the next start ends what is left of ours, and nothing that only has the same process id', async () => {
  await group.start({ name: 'left', entry, given: { manner: 'stubborn', name: 'left' } })
  const [left] = await pids()
  group.failed.catch(() => {})
  const stranger = spawn('sleep', ['60'], { stdio: 'ignore' })
  strangers.push(stranger)
  const [record] = JSON.parse(await readFile(join(folder, 'processes.json'), 'utf8'))
  const reused = { ...record, name: 'reused', pid: stranger.pid, startTicks: await startTicks(stranger.pid as number) }
  const earlier = { ...reused, commandLine: ['sleep', '60'], startTicks: '1' }
  await writeFile(join(folder, 'processes.json'), JSON.stringify([record, reused, earlier]))
  await endLeftovers(folder)
  expect(await commandLine(left as number)).toBeNull()
  expect(await commandLine(stranger.pid as number)).toEqual(['sleep', '60'])
}, 15_000)
