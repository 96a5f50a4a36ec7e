import { type ChildProcess, spawn } from 'node:child_process'
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Stripe from 'stripe'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { eventually, payment, savedCard, startSuite } from './simulator-suite.ts'
import { startReceiver } from './webhook-receiver.ts'

let folder: string
let dataFile: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'simulator-'))
  dataFile = join(folder, 'stripe', 'state.jsonl')
})
afterEach(() => rm(folder, { recursive: true }))

const accounts = [{ secretKey: 'sk_test_kept', publishableKey: 'pk_test_kept' }]

test('a restart keeps objects, stored answers, settings, the clock and the work that was due', async () => {
  const first = await startSuite({ accounts, dataFile, clockStart: new Date('2026-11-02T10:00:00Z') })
  await first.control('POST', '/settings', { account_key: first.key, balance_transaction_delay_ms: 60_000 })
  const receiver = await startReceiver()
  const port = Number(new URL(receiver.url).port)
  await receiver.close()
  await first.control('POST', '/webhook_endpoints', {
    account_key: first.key,
    url: receiver.url,
    secret: 'whsec_kept_secret',
    enabled_events: ['charge.succeeded'],
  })
  const card = await savedCard(first.stripe, 'pm_card_createDispute')
  const create = (stripe: Stripe) =>
    stripe.paymentIntents.create(
      {
        amount: 700,
        currency: 'usd',
        customer: card.customer,
        payment_method: card.method,
        confirm: true,
        off_session: true,
      },
      { idempotencyKey: 'kept' },
    )
  const paid = await create(first.stripe)
  await first.close()

  const back = await startReceiver(undefined, port)
  const second = await startSuite({ accounts, dataFile })
  await eventually(() => back.types().includes('charge.succeeded'))
  expect((await create(second.stripe)).id).toBe(paid.id)
  expect((await second.control('GET', `/settings?account_key=${second.key}`)).balanceTransactionDelayMs).toBe(60_000)
  expect((await second.control('GET', '/clock')).now).toMatch(/^2026-11-02T10:0/)
  await second.control('POST', '/clock', { advance_days: 5 })
  const charge = await second.stripe.charges.retrieve(String(paid.latest_charge), { expand: ['balance_transaction'] })
  expect(charge).toMatchObject({ disputed: true, balance_transaction: { status: 'available' } })
  const ids = new Set((await second.stripe.events.list({ limit: 100 })).data.map(event => event.id))
  await payment(second.stripe, await savedCard(second.stripe))
  const fresh = (await second.stripe.events.list({ limit: 5 })).data.map(event => event.id)
  expect(fresh.some(id => ids.has(id))).toBe(false)
  await second.close()
  await back.close()
})

test('a file whose last line a crash has cut is read up to there; no card number is in it', async () => {
  const first = await startSuite({ accounts, dataFile })
  const card = { number: '4242424242424242', exp_month: 12, exp_year: 2040, cvc: '123' }
  const method = await first.stripe.paymentMethods.create({ type: 'card', card })
  await first.close()
  await appendFile(dataFile, '["acct_x","customers","cus_')
  expect(await readFile(dataFile, 'utf8')).not.toContain('4242424242424242')
  const second = await startSuite({ accounts, dataFile })
  expect((await second.stripe.paymentMethods.retrieve(method.id)).card?.last4).toBe('4242')
  await second.close()
})

interface Child {
  process: ChildProcess
  stripe: Stripe
  lines: string[]
}

async function startProcess(): Promise<Child> {
  const optionsFile = join(folder, 'options.json')
  await writeFile(optionsFile, JSON.stringify({ port: 0, accounts, dataFile }))
  const program = fileURLToPath(new URL('../../src/dev/stripe-simulator/process.ts', import.meta.url))
  const child = spawn(process.execPath, [program, `@${optionsFile}`], { stdio: ['pipe', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', text => {
    output += text
  })
  await eventually(() => output.includes('\n'))
  const lines = output.trim().split('\n')
  const { hostname, port } = new URL(JSON.parse(lines[0]!).url)
  return {
    process: child,
    lines,
    stripe: new Stripe(accounts[0]!.secretKey, { host: hostname, port, protocol: 'http', telemetry: false }),
  }
}

const ended = (child: ChildProcess) => new Promise<number | null>(resolve => child.once('exit', code => resolve(code)))

test('the process prints one line, survives kill -9, and ends with its parent', async () => {
  const first = await startProcess()
  expect(first.lines).toHaveLength(1)
  const customer = await first.stripe.customers.create({ name: 'Kept' })
  await new Promise(resolve => setTimeout(resolve, 300))
  first.process.kill('SIGKILL')
  await ended(first.process)
  const second = await startProcess()
  expect(await second.stripe.customers.retrieve(customer.id)).toMatchObject({ name: 'Kept' })
  const late = await second.stripe.customers.create({ name: 'Late' })
  second.process.stdin!.end()
  expect(await ended(second.process)).toBe(0)
  const third = await startProcess()
  expect(await third.stripe.customers.retrieve(late.id)).toMatchObject({ name: 'Late' })
  third.process.kill('SIGTERM')
  expect(await ended(third.process)).toBe(0)
})
