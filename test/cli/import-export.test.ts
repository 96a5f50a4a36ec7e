// Cards that a company has saved at Stripe are taken over by a file, and every token leaves by one.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'csv-stringify/sync'
import postgres from 'postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type OperatorSite, openOperatorSite } from '../support/operator-site.ts'

let site: OperatorSite
let cards: { customer: string; paymentMethod: string }[]

beforeAll(async () => {
  site = await openOperatorSite()
  const added = await site.run(
    ['tenants', 'add', 'acme', '--stripe-secret-key', '-', '--stripe-publishable-key', site.stripe.publishableKey],
    { input: `${site.stripe.secretKey}\n` },
  )
  expect(added.code, added.output).toBe(0)
  cards = [await cardAtStripe('tok_visa'), await cardAtStripe('tok_mastercard'), await cardAtStripe('tok_amex')]
})

afterAll(async () => {
  await site?.close()
})

async function stripe(path: string, params: Record<string, string> = {}, method = 'POST') {
  const answer = await fetch(`${site.stripe.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${site.stripe.secretKey}`, 'content-type': 'application/x-www-form-urlencoded' },
    ...(method === 'POST' ? { body: new URLSearchParams(params).toString() } : {}),
  })
  return (await answer.json()) as { id: string; data: unknown[] }
}

async function cardAtStripe(testName: string) {
  const { id: customer } = await stripe('/v1/customers')
  const { id } = await stripe('/v1/payment_methods', { type: 'card', 'card[token]': testName })
  await stripe(`/v1/payment_methods/${id}/attach`, { customer })
  return { customer, paymentMethod: id }
}

const lineOf = (i: number, more: Record<string, unknown> = {}) => ({
  short_name: `Payer ${i}`,
  external_ref: `crm-${i}`,
  real_name: `Realname ${i}`,
  stripe_customer: cards[i]?.customer,
  payment_method: cards[i]?.paymentMethod,
  consent_text_version: '2024-05',
  consent_accepted_at: '2024-05-06T07:08:09Z',
  consent_ip: '192.0.2.1',
  consent_user_agent: 'Browser, "quoted"',
  ...more,
})

async function file(name: string, lines: Record<string, unknown>[]): Promise<string> {
  const path = join(site.folder, name)
  const text = name.endsWith('.csv')
    ? stringify(lines, { header: true })
    : lines.map(line => `${JSON.stringify(line)}\n`).join('')
  await writeFile(path, text)
  return path
}

const panless = (...args: string[]) => site.run([...args, '--tenant', 'acme'])
const importing = async (...args: string[]) => {
  const run = await panless('import', ...args, '--json')
  return { code: run.code, stderr: run.stderr, ...JSON.parse(run.stdout || '{}') }
}

async function countTokens(): Promise<number> {
  const sql = postgres(site.database.superuserUrl, { max: 1 })
  try {
    const [row] = await sql<{ count: number }[]>`select count(*)::integer as count from tokens`
    return row?.count ?? 0
  } finally {
    await sql.end()
  }
}

test('a dry run asks Stripe about each line and writes nothing', async () => {
  const path = await file(
    'dry.ndjson',
    [0, 1, 2].map(i => lineOf(i)),
  )
  const dry = await importing(path, '--dry-run')
  expect(dry).toMatchObject({ code: 0, lines: 3, counts: { would_import: 3, imported: 0 }, faults: [] })
  expect(await countTokens()).toBe(0)
})

test('a file with one card number, in a line or behind an escape, is refused whole, and the number is not said', async () => {
  const number = '4242424242424242'
  for (const name of ['pan.csv', 'pan.ndjson']) {
    const refused = await importing(await file(name, [lineOf(0), lineOf(1, { short_name: `card ${number}` })]))
    expect(refused).toMatchObject({
      code: 1,
      faults: [{ line: name.endsWith('csv') ? 3 : 2, detail: expect.stringContaining('card number') }],
    })
    expect(JSON.stringify(refused)).not.toContain(number)
  }
  const path = join(site.folder, 'escaped.ndjson')
  const escaped = [...number].map(digit => `\\u00${digit.charCodeAt(0).toString(16)}`).join('')
  await writeFile(path, `${JSON.stringify(lineOf(0)).replace('Payer 0', escaped)}\n`)
  expect(await importing(path)).toMatchObject({ code: 1, faults: [{ line: 1 }] })
  expect(await countTokens()).toBe(0)
})

test('lines of another form refuse the file with their numbers', async () => {
  const path = await file('wrong.ndjson', [
    lineOf(0),
    lineOf(1, { stripe_customer: 'nobody' }),
    lineOf(2, { colour: 'red' }),
  ])
  const refused = await importing(path)
  expect(refused).toMatchObject({
    code: 1,
    faults: [
      { line: 2, code: 'validation_failed', detail: expect.stringContaining('stripe_customer') },
      { line: 3, code: 'validation_failed', detail: expect.stringContaining('colour') },
    ],
  })
  expect(JSON.stringify(refused)).not.toMatch(/nobody|red"/)
  expect(await countTokens()).toBe(0)
})

test("a card that is not its customer's stays out, and the others come in", async () => {
  const stranger = lineOf(1, { stripe_customer: cards[2]?.customer, external_ref: 'crm-x' })
  const imported = await importing(await file('mixed.ndjson', [lineOf(0), stranger]))
  expect(imported).toMatchObject({
    code: 1,
    counts: { imported: 1 },
    faults: [{ line: 2, detail: expect.stringContaining('belongs to another customer') }],
  })
  expect(await countTokens()).toBe(1)
})

test('the same file again goes on where it was, and a whole one changes nothing', async () => {
  const path = await file(
    'all.csv',
    [0, 1, 2].map(i => lineOf(i)),
  )
  expect(await importing(path)).toMatchObject({ code: 0, counts: { imported: 2, known: 1 } })
  expect(await importing(path)).toMatchObject({ code: 0, counts: { imported: 0, known: 3 } })
  expect(await countTokens()).toBe(3)
})

test('every token leaves with its payer, its ids at Stripe and the evidence, as CSV and as JSON lines', async () => {
  const json = await panless('export-tokens', '--format', 'ndjson')
  expect(json.code, json.stderr).toBe(0)
  const tokens = json.stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  expect(tokens).toHaveLength(3)
  expect(tokens[0]).toMatchObject({
    status: 'active',
    short_name: 'Payer 0',
    external_ref: 'crm-0',
    stripe_customer: cards[0]?.customer,
    payment_method: cards[0]?.paymentMethod,
    brand: 'visa',
    last4: '4242',
    consent_text_version: '2024-05',
    consent_accepted_at: '2024-05-06T07:08:09.000Z',
    consent_ip: '192.0.2.1',
    consent_user_agent: 'Browser, "quoted"',
    region: 'test-region',
  })
  expect(json.stdout).not.toContain('Realname')
  const csv = await panless('export-tokens')
  expect(csv.stdout.split('\r\n')).toHaveLength(5)
  expect(csv.stdout).toContain('"Browser, ""quoted"""')
})

test('a cell that a spreadsheet would run is disarmed', async () => {
  const extra = await cardAtStripe('tok_jcb')
  const line = lineOf(0, {
    short_name: '=HYPERLINK("x")',
    external_ref: undefined,
    stripe_customer: extra.customer,
    payment_method: extra.paymentMethod,
  })
  expect(await importing(await file('formula.ndjson', [line]))).toMatchObject({ code: 0, counts: { imported: 1 } })
  const csv = await panless('export-tokens')
  expect(csv.stdout).toContain(`'=HYPERLINK`)
  expect(csv.stdout).toContain(extra.customer)
})

test('a wrong tenant, file or format is wrong usage', async () => {
  const path = await file('fine.ndjson', [lineOf(0)])
  expect((await site.run(['import', path, '--tenant', 'nobody'])).code).toBe(2)
  expect((await panless('import', join(site.folder, 'keyring.txt'))).code).toBe(2)
  expect((await site.run(['export-tokens', '--tenant', 'nobody'])).code).toBe(2)
})
