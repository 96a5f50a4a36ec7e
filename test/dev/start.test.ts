// What `npm start` starts: from nothing to ready, stopped, started again, killed, recovered.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { DevJson } from '../../src/dev/dev-json.ts'
import { type HttpsClient, openHttpsClient } from '../../src/dev/https-client.ts'
import { commandLine } from '../../src/dev/os-processes.ts'
import { embeddedPorts, requireFreePorts } from '../../src/dev/ports.ts'

const main = join(import.meta.dirname, '..', '..', 'src', 'main.ts')
const START_TIMEOUT_MS = 120_000
const MEMBERS = [
  'url', 'console_url', 'checkout_url', 'docs_url', 'metrics_url', 'ca_file', 'database_url', 'issuer', 'token_endpoint', 'mailbox_url',
  'stripe_api_base', 'stripe_control_url', 'stripe_webhook_secret', 'stripe_secret_keys', 'audience', 'clients', 'tenants',
] // biome-ignore format: as the contract lists them

let folder: string
let port: number
/** Every process of these tests, and the one that was started last and got ready. */
const started: ChildProcess[] = []
let running: ChildProcess | null = null

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'panless-start-'))
  port = await freeFirstPort()
})

afterAll(async () => {
  for (const child of started) await kill(child, 'SIGINT')
  for (const pid of await processesOfFolder().catch(() => [])) process.kill(pid, 'SIGKILL')
  await rm(folder, { recursive: true, force: true })
})

test(
  'a first start ends ready, with sample data, addresses for programs, and nothing that others may read',
  async () => {
    const { output } = await start()
    expect(output).toMatch(/^panless is ready: https:\/\/localhost:\d+ \(\d+\.\d s, Ctrl-C stops it\)$/m)
    expect((await stat(join(folder, '.panless'))).mode & 0o777).toBe(0o700)
    expect((await stat(join(folder, '.panless', 'dev.json'))).mode & 0o777).toBe(0o600)
    const dev = await devJson()
    expect(Object.keys(dev).sort()).toEqual(MEMBERS.toSorted())
    await withApi(dev, async api => {
      const finance = await token('finance')
      const charges = await listAll(api, dev, '/v1/charges', finance)
      const other = await listAll(api, dev, '/v1/charges', await token('finance', '--tenant', 'other'))
      expect(charges.length + other.length).toBe(120)
      const statuses = new Set(charges.map(charge => charge.status))
      expect([...statuses]).toEqual(expect.arrayContaining(['succeeded', 'declined', 'requires_action']))
      const days = new Set(charges.map(charge => String(charge.created_at).slice(0, 10)))
      expect(days.size).toBeGreaterThanOrEqual(13)
    })
  },
  START_TIMEOUT_MS,
)

test('the sample data ties out to the cent', async () => {
  expect(await panless('reconcile')).toEqual({ code: 0, output: expect.stringContaining('No exceptions.') })
})

test('a mail that is sent can be read at the address of the mailbox', async () => {
  const dev = await devJson()
  const authorization = `Bearer ${await token('privacy')}`
  const email = 'wrote@mail.example'
  await withApi(dev, async api => {
    const headers = { authorization, 'content-type': 'application/json', 'idempotency-key': 'start-mail' }
    const inquiry = { kind: 'question', message: 'Is anybody there?', contact: { email } }
    expect((await api.send('POST', `${dev.url}/v1/inquiries`, headers, JSON.stringify(inquiry))).status).toBe(201)
  })
  const mails = async () => (await fetch(`${dev.mailbox_url}/messages?to=${email}`)).json()
  await expect.poll(mails, { timeout: 20_000, interval: 100 }).toMatchObject({ data: [{ to: [email] }] })
})

test('a second start of the same folder is refused and harms nothing, also one that would begin anew', async () => {
  const { code, output } = await panless('dev', '--reset', '--port', String(await freeFirstPort()))
  expect(code).toBe(1)
  expect(output).toContain('is in use by another process')
  const dev = await devJson()
  await withApi(dev, async api => expect((await api.send('GET', `${dev.url}/healthz`)).status).toBe(200))
})

test(
  'Ctrl-C ends every process',
  async () => {
    const child = running as ChildProcess
    expect(await kill(child, 'SIGINT')).toBe(0)
    expect(await processesOfFolder()).toEqual([])
    await expect(devJson()).rejects.toMatchObject({ code: 'ENOENT' })
  },
  START_TIMEOUT_MS,
)

test('without a running environment there is no token, and the answer says what to do', async () => {
  expect(await panless('token', 'billing')).toEqual({ code: 69, output: expect.stringContaining('npm start') })
})

test(
  'a start after a kill of everything at once recovers, on the same ports and with the same data',
  async () => {
    const { child } = await start()
    const before = await devJson()
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
    await start({ asNpmDoes: true })
    const after = await devJson()
    expect(after).toEqual(before)
    await withApi(after, async api => {
      expect(await listAll(api, after, '/v1/payers', await token('finance'))).toHaveLength(30)
    })
  },
  START_TIMEOUT_MS,
)

test('a busy port is named with what to do', async () => {
  const other = await mkdtemp(join(tmpdir(), 'panless-start-'))
  try {
    const { code, output } = await panlessIn(other, 'dev', '--port', String(port))
    expect(code).toBe(1)
    expect(output).toContain(`port ${port} (for the service)`)
    expect(output).toContain('npm start -- --port')
  } finally {
    await rm(other, { recursive: true, force: true })
  }
})

test(
  'the end of npm, whose shell passes no signal on, ends every process',
  async () => {
    const shell = running as ChildProcess
    // The pipes that it shares with what it started close with the last of them.
    const closed = once(shell, 'close')
    shell.kill('SIGTERM')
    await closed
    expect(await processesOfFolder()).toEqual([])
  },
  START_TIMEOUT_MS,
)

/** Starts in the folder and waits for the ready line; `asNpmDoes` with a shell between. */
async function start({ asNpmDoes = false } = {}): Promise<{ child: ChildProcess; output: string }> {
  const command = [process.execPath, main, 'dev', '--port', String(port)]
  const [program, ...args] = asNpmDoes ? ['sh', '-c', '"$@"; exit $?', 'sh', ...command] : command
  const env = { ...process.env, npm_lifecycle_event: asNpmDoes ? 'start' : undefined }
  const child = spawn(program as string, args, { cwd: folder, env })
  started.push(child)
  running = child
  let output = ''
  const ready = new Promise<void>((done, fail) => {
    const read = (chunk: Buffer) => {
      output += chunk
      if (/^panless is ready/m.test(output)) done()
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    child.once('exit', code => fail(new Error(`ended with ${code}: ${output}`)))
  })
  await ready
  return { child, output }
}

async function kill(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
  const ended = once(child, 'exit')
  child.kill(signal)
  return (await ended)[0] as number | null
}

const panless = (...args: string[]) => panlessIn(folder, ...args)

async function panlessIn(cwd: string, ...args: string[]): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [main, ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  started.push(child)
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', chunk => {
      output += chunk
    })
  const [code] = await once(child, 'close')
  return { code, output }
}

async function token(client: string, ...options: string[]): Promise<string> {
  return (await panless('token', client, ...options)).output.trim()
}

async function devJson(): Promise<DevJson> {
  return JSON.parse(await readFile(join(folder, '.panless', 'dev.json'), 'utf8'))
}

async function withApi(dev: DevJson, work: (api: HttpsClient) => Promise<void>): Promise<void> {
  const api = openHttpsClient(await readFile(dev.ca_file, 'utf8'))
  try {
    await work(api)
  } finally {
    api.close()
  }
}

async function listAll(api: HttpsClient, dev: DevJson, path: string, accessToken: string) {
  const rows: Record<string, unknown>[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const query = `?limit=100${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`
    const answer = await api.send('GET', `${dev.url}${path}${query}`, { authorization: `Bearer ${accessToken}` })
    expect(answer.status).toBe(200)
    const page = answer.json as { data: Record<string, unknown>[]; next_cursor: string | null }
    rows.push(...page.data)
    cursor = page.next_cursor
  }
  return rows
}

/** What a start wrote down of its children, and any other process whose command line names the folder. */
async function processesOfFolder(): Promise<number[]> {
  const records = JSON.parse(await readFile(join(folder, '.panless', 'processes.json'), 'utf8')) as { pid: number }[]
  const known = new Set(records.map(record => record.pid))
  const pids = (await readdir('/proc')).filter(name => /^\d+$/.test(name)).map(Number)
  const lines = await Promise.all(pids.map(commandLine))
  return pids.filter((pid, at) => (lines[at] && known.has(pid)) || lines[at]?.some(arg => arg.includes(folder)))
}

/** Apart from the ports that other tests, running beside this one, take and give back at any moment. */
async function freeFirstPort(): Promise<number> {
  for (;;) {
    const first = 11_000 + 10 * Math.floor(Math.random() * 800)
    const free = await requireFreePorts(embeddedPorts(first)).then(
      () => true,
      () => false,
    )
    if (free) return first
  }
}
