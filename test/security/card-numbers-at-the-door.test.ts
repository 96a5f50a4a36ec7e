// Every published test card number, in every place and spelling of the contract: refused at the door, kept nowhere.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ApiAnswer } from '../support/api-client.ts'
import { connected, databaseTexts } from '../support/database-contents.ts'
import { type DocumentedOperation, operationsOf } from '../support/openapi-operations.ts'
import { type OwnCluster, startOwnCluster } from '../support/own-cluster.ts'
import { inScript, NEAR_MISSES, PUBLISHED_NUMBERS, printedGroups } from '../support/pan-samples.ts'
import { payerWithCard } from '../support/payer-with-card.ts'
import { startWorld, type World } from '../support/world.ts'

let world: World
let cluster: OwnCluster
let operations: DocumentedOperation[]
let rowsBefore: Map<string, number>

/** Stands beside each number that is sent, so that what is kept of a refused request is found whatever became of it. */
const CANARY = `canary${randomUUID().replaceAll('-', '')}`
/** Sent and kept on purpose: what does not find this finds nothing. */
const CONTROL = `control${randomUUID().replaceAll('-', '')}`
const answers: ApiAnswer[] = []

beforeAll(async () => {
  cluster = await startOwnCluster()
  world = await startWorld({ webhooks: false, database: cluster.database })
  operations = operationsOf((await world.withToken(null).get('/openapi.json')).json)
  await payerWithCard(world, { token: { consent: { text_version: CONTROL } } })
  rowsBefore = await rowCounts()
})
afterAll(() => world.close())

async function rowCounts(): Promise<Map<string, number>> {
  return new Map((await databaseTexts(cluster.database)).map(({ table, rows }) => [table, rows.length]))
}

const SPELLINGS: Record<string, (number: string) => string> = {
  'as it is': number => number,
  'with spaces': number => printedGroups(number).join(' '),
  'with dashes': number => printedGroups(number).join('-'),
  'with dots': number => printedGroups(number).join('.'),
  'with no-break spaces': number => printedGroups(number).join('\u00a0'),
  'with narrow no-break spaces': number => printedGroups(number).join('\u202f'),
  'with en dashes': number => printedGroups(number).join('\u2013'),
  'with zero-width spaces': number => printedGroups(number).join('\u200b'),
  'with zero-width joiners between all digits': number => [...number].join('\u200d'),
  'in full-width digits': number => inScript(number, 0xff10),
  'in Arabic digits': number => inScript(number, 0x0660),
  'in Devanagari digits': number => inScript(number, 0x0966),
  'in Mongolian digits': number => inScript(number, 0x1810),
  'in mathematical bold digits': number => inScript(number, 0x1d7ce),
  'percent-encoded': number => [...number].map(digit => `%3${digit}`).join(''),
  'in base64': number => Buffer.from(number).toString('base64'),
  'in base64url inside a text': number => `v=${Buffer.from(` ${number} `).toString('base64url')};`,
  'among words': number => `card ${number}, please`,
}

function expectRefused(answer: ApiAnswer, pointer: string | RegExp, sent: readonly string[], what: string) {
  answers.push(answer)
  expect(answer.status, `${what} ${answer.text.slice(0, 200)}`).toBe(422)
  expect(answer.json.code, what).toBe('card_number_refused')
  if (typeof pointer === 'string') expect(answer.json.errors[0].pointer, what).toBe(pointer)
  else expect(answer.json.errors[0].pointer, what).toMatch(pointer)
  const shown = answer.text + JSON.stringify(answer.headers)
  for (const value of sent) expect(shown.includes(value), `${what}: what was sent comes back`).toBe(false)
  expect(shown, what).not.toContain(CANARY)
}

/** In small batches, since one connection each is enough for speed. */
async function each<Item>(items: readonly Item[], work: (item: Item, at: number) => Promise<void>) {
  for (let from = 0; from < items.length; from += 16) {
    await Promise.all(items.slice(from, from + 16).map((item, at) => work(item, from + at)))
  }
}

const numberAt = (at: number) => PUBLISHED_NUMBERS[at % PUBLISHED_NUMBERS.length] as string
const spellingAt = (at: number) =>
  Object.entries(SPELLINGS)[at % Object.keys(SPELLINGS).length] as [string, (n: string) => string]

describe('a card number in a body', () => {
  test.each(Object.entries(SPELLINGS))('%s is refused, whichever number it is', async (_, spell) => {
    await each(PUBLISHED_NUMBERS, async (number, at) => {
      const text = spell(number)
      const body = [
        () => ({ short_name: `${CANARY} ${text}` }),
        () => ({ short_name: CANARY, metadata: { note: text } }),
        () => ({ short_name: CANARY, deep: [{ deeper: [1, { deepest: text }] }] }),
      ][at % 3]?.()
      const pointer = ['/short_name', '/metadata/note', '/deep/0/deeper/1/deepest'][at % 3] as string
      expectRefused(await world.as('checkout').post('/v1/payers', body), pointer, [number, text], number.slice(-4))
    })
  })

  test('as a JSON number, or with an exponent, or escaped is refused', async () => {
    await each(PUBLISHED_NUMBERS, async number => {
      for (const literal of [
        number,
        `${number}.0`,
        `-${number}`,
        `${number.slice(0, 1)}.${number.slice(1)}e${number.length - 1}`,
      ]) {
        const raw = `{"short_name":"${CANARY}","metadata":{"n":${literal}}}`
        expectRefused(
          await world.as('checkout').post('/v1/payers', undefined, { raw }),
          '/metadata/n',
          [number],
          literal,
        )
      }
      const escaped = [...number].map(digit => `\\u003${digit}`).join('')
      const raw = `{"short_name":"${CANARY} ${escaped}"}`
      expectRefused(
        await world.as('checkout').post('/v1/payers', undefined, { raw }),
        '/short_name',
        [number],
        'escaped',
      )
    })
  })

  test('as the name of a member is refused without repeating the name', async () => {
    await each(PUBLISHED_NUMBERS, async (number, at) => {
      const [what, spell] = spellingAt(at)
      const text = spell(number)
      const answer = await world.as('checkout').post('/v1/payers', { short_name: CANARY, metadata: { [text]: 'x' } })
      expectRefused(answer, /^\/metadata\/\(name\)|^#\/body$/, [number, text], what)
    })
  })

  test('in every member of every route is refused, signed in or not', async () => {
    const bodies = operations.flatMap(operation =>
      leavesOf(operation.spec.requestBody?.content['application/json']?.schema).map(path => ({ operation, path })),
    )
    expect(bodies.length).toBeGreaterThan(40)
    await each(bodies, async ({ operation, path }, at) => {
      const [what, spell] = spellingAt(at)
      const number = numberAt(at)
      const client = at % 2 === 0 ? world.withToken(null) : world.as('billing')
      const body = nested(path, `${CANARY} ${spell(number)}`)
      const answer = await client.send(operation.method, idsIn(operation.path), body)
      expectRefused(answer, `/${path.join('/')}`, [number], `${operation.name} ${path.join('.')} ${what}`)
    })
  })

  test('of any other type than JSON is refused for its type, and kept nowhere', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=b']) {
      const raw = `note=${CANARY}&card=${numberAt(0)}`
      const answer = await world
        .as('checkout')
        .post('/v1/payers', undefined, { raw, headers: { 'content-type': type } })
      answers.push(answer)
      expect(answer.status).toBe(415)
    }
  })
})

describe('a card number elsewhere in a request', () => {
  test('in a path is refused, on routes that exist and on those that do not', async () => {
    await each(PUBLISHED_NUMBERS, async (number, at) => {
      const [what, spell] = spellingAt(at)
      const text = inUrl(what, spell(number))
      for (const path of [`/v1/payers/${number}`, `/v1/tokens/${text}`, `/${text}`, `/v1/charges/${number}/capture`]) {
        const client = at % 2 === 0 ? world.withToken(null) : world.as('checkout')
        const answer = path.endsWith('capture') ? await client.post(path, { a: CANARY }) : await client.get(path)
        expectRefused(answer, '#/path', [number], `${what} ${path.slice(0, 12)}`)
      }
    })
  })

  test('in a query is refused, as a value or as a name', async () => {
    await each(PUBLISHED_NUMBERS, async (number, at) => {
      const [what, spell] = spellingAt(at)
      const text = inUrl(what, spell(number))
      const client = at % 2 === 0 ? world.withToken(null) : world.as('checkout')
      expectRefused(await client.get(`/v1/payers?external_ref=${text}`), '#/query/external_ref', [number], what)
      expectRefused(await client.get(`/v1/payers?short_name=${number}&limit=1`), '#/query/short_name', [number], what)
      expectRefused(await client.get(`/v1/payers?limit=1&${text}=1`), /^#\/query\/\d+$/, [number], what)
      expectRefused(await client.get(`/healthz?x=${number}`), '#/query/x', [number], what)
    })
  })

  test('in a header is refused, whichever header it is', async () => {
    const names = [
      'x-note',
      'user-agent',
      'referer',
      'cookie',
      'accept',
      'accept-language',
      'x-request-id',
      'idempotency-key',
      'origin',
      'from',
      'if-none-match',
      'x-forwarded-for',
      'traceparent',
    ]
    const spellings = ['as it is', 'with spaces', 'with dashes', 'percent-encoded', 'in base64'] as const
    const all = names.flatMap(name => spellings.map(spelling => ({ name, spelling })))
    await each(all, async ({ name, spelling }, at) => {
      const number = numberAt(at)
      const text = (SPELLINGS[spelling] as (n: string) => string)(number)
      const client = at % 2 === 0 ? world.withToken(null) : world.as('checkout')
      const answer = await client.post('/v1/payers', { short_name: CANARY }, { headers: { [name]: text } })
      expectRefused(answer, `#/headers/${name}`, [number], `${name} ${spelling}`)
    })
    await each(PUBLISHED_NUMBERS, async number => {
      const answer = await world.withToken(null).get('/v1/payers', { headers: { [`x-${number}`]: 'a' } })
      expectRefused(answer, /^#\/headers\/\d+$/, [number], 'name')
    })
  })

  test('in an Authorization header opens nothing and comes back nowhere', async () => {
    for (const [at, form] of [
      (n: string) => n,
      (n: string) => `Bearer ${n}`,
      (n: string) => `Basic ${Buffer.from(`user:${n}`).toString('base64')}`,
      (n: string) => `Bearer a.${n}.b`,
    ].entries()) {
      const number = numberAt(at)
      const answer = await world.withToken(null).get('/v1/payers', { headers: { authorization: form(number) } })
      answers.push(answer)
      expect([401, 422]).toContain(answer.status)
      expect(answer.text).not.toContain(number)
    }
  })

  test('is refused before the sign-in, the scope, the path and the key are judged, and after what cannot be read', async () => {
    const number = numberAt(7)
    const refused = async (answer: Promise<ApiAnswer>, pointer: string) =>
      expectRefused(await answer, pointer, [number], pointer)
    await refused(world.withToken(null).post('/v1/payers', { short_name: number }), '/short_name')
    await refused(world.as('finance').post('/v1/payers', { short_name: number }), '/short_name')
    await refused(world.as('checkout').post('/v1/nothing', { a: number }), '/a')
    await refused(world.as('checkout').send('PUT', '/v1/payers', { a: number }), '/a')
    await refused(world.as('checkout').post('/v1/payers', { a: number }, { key: null }), '/a')
    await refused(world.as('admin').patch('/v1/tokens/vtok_test_00000000000000000000000000', { a: number }), '/a')
    const unread: [number, ApiAnswer][] = [
      [400, await world.as('checkout').post('/v1/payers', undefined, { raw: `{"a":"${number}"` })],
      [415, await world.as('checkout').post('/v1/payers', { a: number }, { headers: { 'content-encoding': 'gzip' } })],
      [413, await world.as('checkout').post('/v1/payers', { a: number, pad: 'x'.repeat(70_000) })],
    ]
    for (const [status, answer] of unread) {
      answers.push(answer)
      expect(answer.status).toBe(status)
      expect(answer.text).not.toContain(number)
    }
  })

  test('in what says it comes from Stripe, without its signature, is kept nowhere', async () => {
    const raw = JSON.stringify({ id: 'evt_1', note: `${CANARY} ${numberAt(3)}` })
    for (const path of ['/webhooks/stripe', '/webhooks/stripe/other', '/webhooks/stripe/nobody']) {
      const answer = await world
        .withToken(null)
        .post(path, undefined, { raw, key: null, headers: { 'stripe-signature': 't=1,v1=00' } })
      answers.push(answer)
      expect(answer).toMatchObject({ status: 400, json: { code: 'invalid_signature' } })
    }
    const inPath = await world.withToken(null).post(`/webhooks/stripe/${numberAt(4)}`, {}, { key: null })
    expectRefused(inPath, '#/path', [numberAt(4)], 'webhook path')
  })
})

describe('a field for a security code or a track', () => {
  test.each(['cvc', 'CVV', 'cvv2', 'card_cvc', 'security_code', 'track1', 'track2', 'Track2Data', 'card[cvc]'])(
    'is refused by its name: %s',
    async name => {
      const checkout = world.as('checkout')
      expectRefused(
        await checkout.post('/v1/payers', { short_name: CANARY, metadata: { [name]: '123' } }),
        /^\/metadata\//,
        [],
        name,
      )
      expectRefused(
        await world.withToken(null).get(`/v1/payers?${encodeURIComponent(name)}=123`),
        /^#\/query\//,
        [],
        name,
      )
    },
  )
})

describe('a number that is no card number', () => {
  test('passes: near misses, ids, times, phone numbers, and a number beside a letter', async () => {
    const checkout = world.as('checkout')
    const passing = [
      ...NEAR_MISSES,
      randomUUID(),
      '1764000000000',
      '2026-11-23T12:00:00.000Z',
      '+4917612345678',
      `n${numberAt(0)}`,
      `${numberAt(0)}n`,
    ]
    for (const [at, text] of passing.entries()) {
      const answer = await checkout.post('/v1/payers', { short_name: `Passing ${at}`, metadata: { text } })
      expect(answer.status, text).toBe(201)
    }
  })
})

/** Every column that can hold a text: what callers fill in the clear, and what only we and Stripe write. */
const FILLED_BY_CALLERS: Record<string, string[]> = {
  audit_log: ['request_id', 'details'],
  charges: ['billing_job'],
  checkout_sessions: ['consent_text_version', 'consent_locale', 'limits', 'origin'],
  consents: ['text_version', 'locale'],
  inquiries: ['assigned_to'],
  purpose_registers: ['document'],
  staff_sessions: ['subject', 'roles'],
  stripe_events: ['facts'],
  tenants: ['name', 'allowed_origins'],
  tokens: ['limits'],
}
const FILLED_BY_US: Record<string, string[]> = {
  audit_log: [
    'tenant_id',
    'id',
    'actor_kind',
    'actor_id',
    'action',
    'outcome',
    'object_type',
    'object_id',
    'payer_id',
    'transaction_id',
  ],
  audit_archives: ['*'],
  audit_blocks: ['*'],
  audit_checkpoint_copies: ['*'],
  audit_checkpoints: ['*'],
  // A view of the log, whose columns stand above.
  audit_texts: ['*'],
  balance_transactions: ['*'],
  charge_attempts: ['*'],
  charges: ['*'],
  checkout_sessions: ['tenant_id', 'id', 'payer_id', 'setup_intent_id', 'usage', 'token_id'],
  consents: ['tenant_id', 'id', 'payer_id', 'purpose', 'source', 'recorded_by'],
  deployment_region: ['*'],
  disclosure_people: ['*'],
  // Recipients and references are sealed; what is here is in closed forms.
  disclosures: ['*'],
  disputes: ['*'],
  exceptions: ['*'],
  erasures: ['*'],
  idempotency_keys: ['tenant_id', 'status', 'object_id', 'payer_id'],
  identity_checks: ['*'],
  // Which kind of document was seen: one of a closed list.
  identity_evidence: ['*'],
  inquiries: [
    'tenant_id',
    'id',
    'kind',
    'status',
    'source',
    'language',
    'payer_id',
    'contact_fields',
    'privacy_request_id',
    'created_by',
  ],
  inquiry_messages: ['*'],
  key_rotations: ['*'],
  key_usage: ['*'],
  mail_outbox: ['*'],
  mirror_cursors: ['*'],
  objections: ['*'],
  payer_history: ['*'],
  payers: ['tenant_id', 'id', 'status', 'identity_fields', 'stripe_customer_id'],
  payout_rows: ['*'],
  payouts: ['*'],
  privacy_requests: ['*'],
  purpose_registers: ['tenant_id', 'published_by'],
  reconciliations: ['tenant_id', 'id', 'status', 'summary', 'error_code'],
  refunds: [
    'tenant_id',
    'id',
    'charge_id',
    'payer_id',
    'currency',
    'status',
    'origin',
    'failure_code',
    'stripe_refund_id',
    'stripe_idempotency_key',
  ],
  reveals: ['*'],
  scheduled_tasks: ['*'],
  signing_keys: ['*'],
  staff_sessions: ['tenant_id', 'id'],
  stripe_events: ['*'],
  tenant_webhook_secrets: ['tenant'],
  tenants: ['id', 'region', 'stripe_account_id', 'stripe_publishable_key'],
  token_sources: ['*'],
  tokenize_failures: ['*'],
  tokens: ['*'],
}

describe('the second net, in the database', () => {
  test('knows every column that can hold a text: a new one must be put on one of two lists', async () => {
    const columns = await connected(
      cluster.database.superuserUrl,
      sql => sql<{ table: string; column: string }[]>`
        select c.table_name as table, c.column_name as column from information_schema.columns c
         where c.table_schema = 'public' and c.data_type in ('text', 'character varying', 'json', 'jsonb', 'ARRAY')`,
    )
    expect(columns.length).toBeGreaterThan(100)
    const unlisted = columns.filter(({ table, column }) => {
      const ours = FILLED_BY_US[table] ?? []
      return !(FILLED_BY_CALLERS[table]?.includes(column) || ours.includes(column) || ours.includes('*'))
    })
    expect(unlisted).toEqual([])
  })

  test('refuses each published number, plain or printed, in each column that callers fill', async () => {
    const net = Object.entries(FILLED_BY_CALLERS).flatMap(([table, columns]) =>
      columns.map(column => ({ table, column })),
    )
    await connected(cluster.database.appUrl, async sql => {
      const types = await sql<{ place: string; type: string }[]>`
        select table_name || '.' || column_name as place, data_type as type from information_schema.columns
         where table_schema = 'public'`
      const typeOf = new Map(types.map(({ place, type }) => [place, type]))
      for (const [at, { table, column }] of net.entries()) {
        const numbers = PUBLISHED_NUMBERS.filter((_, i) => i % net.length === at || i === at)
        for (const number of numbers) {
          const printed = [14, 15, 16, 19].includes(number.length) ? printedGroups(number) : [number]
          for (const text of [number, printed.join(' '), `a ${printed.join('-')} b`]) {
            const type = typeOf.get(`${table}.${column}`)
            const value = type === 'jsonb' ? JSON.stringify({ note: [text] }) : type === 'ARRAY' ? `{"${text}"}` : text
            const shown = await refusalOf(sql, table, column, value, type === 'jsonb')
            expect(shown.code, `${table}.${column} ${number.slice(-4)}`).toBe('PL003')
            expect(JSON.stringify(shown)).not.toContain(number.slice(4))
          }
        }
        const fine = typeOf.get(`${table}.${column}`) === 'jsonb' ? '{"a":"none"}' : '{none}'
        expect((await refusalOf(sql, table, column, fine, fine.includes('"'))).code, `${table}.${column}`).not.toBe(
          'PL003',
        )
      }
    })
  })
})

describe('of all these requests', () => {
  test('nothing is kept: no row, no byte on the disk, no line of a log, no label of a metric', async () => {
    expect(answers.length).toBeGreaterThan(1_000)
    const allowed = new Set(['public.payers', 'public.idempotency_keys', 'public.audit_log'])
    const rowsAfter = await rowCounts()
    for (const [table, rows] of rowsAfter) if (!allowed.has(table)) expect(rows, table).toBe(rowsBefore.get(table))
    const texts = (await databaseTexts(cluster.database)).flatMap(({ rows }) => rows).join('\n')
    const metrics = await (await fetch(world.metricsUrl)).text()
    const files = await cluster.files()
    const places = [
      ...files.map(({ name, bytes }) => ({ name, bytes })),
      { name: 'every table as text', bytes: Buffer.from(texts) },
      { name: "the service's log", bytes: Buffer.from(world.logs.join('')) },
      { name: 'metrics', bytes: Buffer.from(metrics) },
      {
        name: 'answers',
        bytes: Buffer.from(answers.map(({ text, headers }) => text + JSON.stringify(headers)).join('\n')),
      },
    ]
    const holding = (needle: string) => places.filter(({ bytes }) => bytes.includes(needle)).map(({ name }) => name)
    const found = holding(CONTROL)
    for (const place of ['/base/', '/pg_wal/', 'every table'])
      expect(
        found.some(name => name.includes(place)),
        place,
      ).toBe(true)
    expect(places.some(({ name }) => name.endsWith('postgres.log'))).toBe(true)
    expect(holding(CANARY)).toEqual([])
    for (const number of PUBLISHED_NUMBERS) {
      for (const spelling of ['as it is', 'with spaces', 'with dashes', 'in full-width digits', 'in base64']) {
        const needle = (SPELLINGS[spelling] as (n: string) => string)(number)
        // A number may stand in the log beside the letter that lets it pass; that one was sent by the test above.
        expect(holding(needle), `${number.slice(-4)} ${spelling}`).toEqual([])
      }
    }
    expect(metrics).toMatch(/panless_firewall_hits_total\{place="body"\} \d{3}/)
    for (const place of ['path', 'query', 'headers'])
      expect(metrics).toContain(`panless_firewall_hits_total{place="${place}"}`)
  })
})

/** How the service's own role fails to store a value; other columns are empty, so that it always fails somehow. */
async function refusalOf(
  sql: Parameters<Parameters<typeof connected>[1]>[0],
  table: string,
  column: string,
  value: string,
  json: boolean,
) {
  try {
    await sql.begin(async tx => {
      await tx`set local app.tenant = 'demo'`
      const key = table === 'tenants' ? 'id' : 'tenant_id'
      const cast = json ? '::text::jsonb' : ''
      await tx.unsafe(`insert into ${table} (${key}, ${column}) values ('demo', $1${cast})`, [value])
    })
    return { code: 'stored' }
  } catch (error) {
    const { code, message, detail, hint, where } = error as Record<string, unknown>
    return { code, message, detail, hint, where }
  }
}

type Schema = {
  properties?: Record<string, Schema>
  anyOf?: Schema[]
  oneOf?: Schema[]
  items?: Schema
  additionalProperties?: unknown
}

/** The paths of all members of a body that may hold a value, from its schema. */
function leavesOf(schema: unknown): string[][] {
  const at = (schema ?? {}) as Schema
  const found = [...(at.anyOf ?? []), ...(at.oneOf ?? [])].flatMap(leavesOf)
  for (const [name, inner] of Object.entries(at.properties ?? {})) {
    const below = leavesOf(inner)
    found.push(...(below.length > 0 ? below.map(path => [name, ...path]) : [[name]]))
  }
  if (at.items) found.push(['0'])
  if (typeof at.additionalProperties === 'object') found.push(['key'])
  const unique = new Map(found.map(path => [path.join('/'), path]))
  return [...unique.values()]
}

function nested(path: readonly string[], value: unknown): unknown {
  const [name, ...rest] = path
  if (name === undefined) return value
  return name === '0' ? [nested(rest, value)] : { [name]: nested(rest, value) }
}

/** What is percent-encoded already is sent as it is: one level is looked at. */
const inUrl = (spelling: string, text: string) => (spelling === 'percent-encoded' ? text : encodeURIComponent(text))

const idsIn = (path: string) => path.replace(/\{[^}]+\}/g, 'payer_00000000000000000000000000')
