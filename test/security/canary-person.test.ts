// A person and a twin are written through every way in. The person is erased: nothing of them is left anywhere, and what
// the log of writes and older copies still hold is sealed by a key that is gone. The twin has lost nothing.
import type postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { open } from '../../src/crypto/envelope.ts'
import { exportAudit } from '../../src/domain/audit/export-audit.ts'
import { retireKeyVersion } from '../../src/domain/keys/retire-key-version.ts'
import { rotateKeys } from '../../src/domain/keys/rotate-keys.ts'
import { dataKeyOf, type SealingKey } from '../../src/domain/payers/data-key.ts'
import { columnsOf, HELD_DATA } from '../../src/domain/privacy/held-data.ts'
import { type HeldRow, ownKeyColumns, ownKeyOf } from '../../src/domain/privacy/read-held-data.ts'
import { operatorContext } from '../../src/domain/tenants/operator-context.ts'
import { exportTokens } from '../../src/domain/tokens/export-tokens.ts'
import { keyringEditor } from '../../src/keyring/edit-keyring.ts'
import { sealAll } from '../support/audit-world.ts'
import { foundIn, type Place } from '../support/canary.ts'
import {
  type CanaryPerson,
  grantAccess,
  WAYS_IN,
  writeCanaryPerson,
  writeLateCanaries,
} from '../support/canary-person.ts'
import { asSuperuser, databaseTexts } from '../support/database-contents.ts'
import { erase } from '../support/erasing.ts'
import { operationsOf } from '../support/openapi-operations.ts'
import { type OwnCluster, startOwnCluster } from '../support/own-cluster.ts'
import { startWorld, type World } from '../support/world.ts'

let cluster: OwnCluster
let world: World
let person: CanaryPerson
let twin: CanaryPerson

beforeAll(async () => {
  cluster = await startOwnCluster()
  world = await startWorld({ database: cluster.database })
  person = await writeCanaryPerson(world)
  twin = await writeCanaryPerson(world)
  await writeLateCanaries(world, [person, twin])
}, 240_000)
afterAll(() => world?.close())

const payersOf = (of: CanaryPerson) => [of.payer, of.imported]
const asOwner = <Value>(work: (sql: postgres.Sql) => Promise<Value>) => asSuperuser(cluster.database, work)

/** Hashes that stay: of requests and references, so that money cannot move twice; of callers, in a log that never changes. */
const HASHES_KEPT = new Set([
  'charges.reference_hash',
  'idempotency_keys.key_hash',
  'idempotency_keys.request_hash',
  'audit_log.address_hash',
  // Whose it is has nothing to do with the person.
  'disclosures.recipient_hash',
])

type HeldValue = {
  column: string
  kind: 'sealed' | 'hashed'
  row: string
  payer: string
  value: Buffer
  /** The row's own, where it was about nobody who was known. */
  key: SealingKey | null
}

/** Sealed and hashed columns, with what each holds of some payers. */
async function heldOf(payers: readonly string[], which: 'all' | 'shown' = 'all') {
  return asOwner(async sql => {
    const held: HeldValue[] = []
    for (const [table, of] of Object.entries(HELD_DATA)) {
      const { section, where, shown, row, sealed, hashed } = of
      if (which === 'shown' && section === null) continue
      const rows = which === 'shown' && shown ? `${where} and ${shown}` : where
      for (const payer of payers) {
        for (const kind of ['sealed', 'hashed'] as const) {
          for (const column of columnsOf(kind === 'sealed' ? sealed : hashed)) {
            const values = await sql.unsafe<(HeldRow & { row: Buffer | string; value: Buffer })[]>(
              `select ${row} as row, ${column} as value ${ownKeyColumns(table, of)} from ${table}
                where tenant_id = $1 and (${rows}) and length(${column}) > 0`,
              ['demo', payer],
            )
            for (const one of values) {
              const { row: id, value } = one
              const name = typeof id === 'string' ? id : id.toString('hex')
              const key = await ownKeyOf({ ...world.dependencies, tenantId: 'demo' }, of, one)
              held.push({ column: `${table}.${column}`, kind, row: name, payer, value, key })
            }
          }
        }
      }
    }
    return held
  })
}

/** Form and version of the key (src/crypto/envelope.ts). */
const SEALED_HEAD_BYTES = 5

type Held = Awaited<ReturnType<typeof heldOf>>

async function placesHeld(): Promise<Place[]> {
  const texts = await databaseTexts(cluster.database)
  const files = await cluster.files()
  const metrics = await (await fetch(world.metricsUrl)).text()
  return [
    ...texts.map(({ table, rows }) => ({ name: table, bytes: Buffer.from(rows.join('\n'), 'latin1') })),
    ...(await copies()),
    ...files,
    { name: "the service's log", bytes: Buffer.from(world.logs.join('')) },
    { name: 'metrics', bytes: Buffer.from(metrics) },
  ]
}

/** Everything that can be taken out as a file. */
async function exports(): Promise<Place[]> {
  const finance = world.as('finance')
  const places: Place[] = []
  for (const name of ['charges.csv', 'balance-lines.csv', 'payouts.csv']) {
    const csv = await finance.get(`/v1/exports/${name}?from=2026-11-01T00:00:00Z&to=2027-01-31T00:00:00Z`)
    expect(csv.status, csv.text).toBe(200)
    places.push({ name, bytes: Buffer.from(csv.text) })
  }
  const ctx = operatorContext(world.dependencies, 'demo', 'test')
  const pages = await Array.fromAsync((await exportTokens(ctx)).pages)
  places.push({ name: 'tokens', bytes: Buffer.from(JSON.stringify(pages)) })
  const lines = await Array.fromAsync(exportAudit(ctx))
  expect(lines.length).toBeGreaterThan(100)
  places.push({ name: 'the audit log', bytes: Buffer.from(lines.join('\n')) })
  return places
}

/** What COPY gives of every table, as a dump has it. */
async function copies(): Promise<Place[]> {
  return asOwner(async sql => {
    const tables = await sql<{ name: string }[]>`
      select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where c.relkind = 'r' and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast') order by 1`
    const places: Place[] = []
    for (const { name } of tables) {
      for (const format of ['text', 'binary']) {
        const parts: Buffer[] = []
        for await (const part of await sql.unsafe(`copy ${name} to stdout (format ${format})`).readable())
          parts.push(part)
        places.push({ name: `COPY of ${name} as ${format}`, bytes: Buffer.concat(parts) })
      }
    }
    return places
  })
}

describe('before anything is erased', () => {
  test('every way in has its words', async () => {
    const document = (await world.withToken(null).get('/openapi.json')).json
    const withBody = operationsOf(document).filter(({ spec, method }) => spec.requestBody || method === 'POST')
    const named = new Set([...Object.keys(WAYS_IN)])
    expect(withBody.map(({ name }) => name).filter(name => !named.has(name))).toEqual([])
  })

  test('every personal column holds words of the person, sealed, and nothing of the twin', async () => {
    const held = await heldOf(payersOf(person))
    const filled = new Set(held.map(({ column }) => column))
    const personal = Object.entries(HELD_DATA).flatMap(([table, { sealed, hashed }]) =>
      [...columnsOf(sealed), ...columnsOf(hashed)].map(column => `${table}.${column}`),
    )
    expect(personal.filter(column => !filled.has(column))).toEqual([])
    const opened = await openAll(held)
    const said = new Map<string, string>()
    for (const { column, text } of opened) said.set(column, `${said.get(column) ?? ''}${text}`)
    for (const [column, text] of said) {
      expect(
        person.mark.needles.some(({ bytes }) => text.includes(bytes.toString())),
        column,
      ).toBe(true)
      expect(text, column).not.toContain(twin.mark.text)
    }
  })

  test.each([
    ['the person', (of: CanaryPerson) => of.payer, 30],
    ['the person as a payer that was imported', (of: CanaryPerson) => of.imported, 8],
  ])('the access package of %s holds all of it, and nothing of the twin', async (_name, payerOf, least) => {
    const payer = payerOf(person)
    const id = await grantAccess(world, { mark: person.mark, payer })
    const privacy = world.as('privacy')
    const open = (body: Record<string, string>) => {
      const reason = person.mark.word('packagereason')
      return privacy.post(`/v1/privacy-requests/${id}/package`, { ...body, reason }, { key: null })
    }
    const json = await open({})
    expect(json.status, json.text.slice(0, 500)).toBe(200)
    const pages = await Promise.all(['en', 'ja', 'mn'].map(locale => open({ format: 'html', locale })))
    const words = new Set<string>()
    for (const { column, text } of await openAll(await heldOf([payer], 'shown')))
      for (const [word] of text.matchAll(new RegExp(`${person.mark.text}[a-z]*`, 'gi'))) words.add(`${column} ${word}`)
    expect(words.size).toBeGreaterThan(least)
    for (const { text } of [json, ...pages]) {
      const missing = [...words].filter(word => !text.includes(word.split(' ')[1] as string))
      expect(missing).toEqual([])
      expect(text).toContain(person.mark.phone)
      expect(text).not.toContain(twin.mark.text)
      for (const other of payersOf(twin)) expect(text).not.toContain(other)
    }
  })

  test('nothing of it lies anywhere in the clear, not in files, the log of writes, logs or metrics', async () => {
    const places = await placesHeld()
    expect(places.some(({ name }) => name.includes('/pg_wal/'))).toBe(true)
    expect(foundIn(person.mark, places)).toEqual([])
    expect(foundIn(twin.mark, places)).toEqual([])
  })
})

/** Opens what the payers' own keys seal, and those of rows that turned out to be theirs. */
async function openAll(held: Held) {
  const ctx = operatorContext(world.dependencies, 'demo', 'test')
  const opened: { column: string; text: string }[] = []
  for (const { column, kind, row, payer, value, key: own } of held) {
    if (kind === 'hashed') continue
    const [table, name] = column.split('.') as [string, string]
    const { key, keyVersion } = own ?? (await dataKeyOf(ctx, payer))
    const place = { tenantId: 'demo', table, column: name, row, keyVersion }
    opened.push({ column, text: open(key, place, value).toString('utf8') })
  }
  return opened
}

describe('once the person is erased', () => {
  let sealedBefore: Held
  let wrappedBefore: { id: string; wrapped: Buffer; version: number }[]
  /** The data files as a base backup of before would have them, with the log of writes. */
  let backup: Place[]

  beforeAll(async () => {
    sealedBefore = (await heldOf(payersOf(person))).filter(({ kind }) => kind === 'sealed')
    wrappedBefore = await asOwner(async sql => [
      ...(await sql<{ id: string; wrapped: Buffer; version: number }[]>`
        select id, wrapped_key as wrapped, key_version as version from payers where id = any(${payersOf(person)})`),
    ])
    expect(wrappedBefore).toHaveLength(2)
    backup = await cluster.files()
    // An erasure waits for mails that are on their way.
    await world.work()
    for (const payer of payersOf(person)) await erase(world, payer)
    await asOwner(sql => sql.unsafe('vacuum full'))
  }, 120_000)

  test('no byte of it is in any table, file, log, export or stored webhook', async () => {
    const exported = await exports()
    expect(foundIn(person.mark, [...(await placesHeld()), ...exported])).toEqual([])
    // The search finds what is there.
    for (const name of ['charges.csv', 'tokens'])
      expect(
        foundIn(
          twin.mark,
          exported.filter(one => one.name === name),
        ),
      ).not.toEqual([])
  })

  test('no sealed value, no key and no hash of it is left in a row or in a data file', async () => {
    const held = await heldOf(payersOf(person))
    expect(held.filter(({ column }) => !HASHES_KEPT.has(column)).map(({ column }) => column)).toEqual([])
    const ownKeys = await asOwner(async sql => {
      const tables = Object.entries(HELD_DATA).filter(([name, { ownKey }]) => ownKey?.table === name)
      const rows = tables.flatMap(([name, { where }]) =>
        payersOf(person).map(payer =>
          sql.unsafe(`select id from ${name} where tenant_id = $1 and (${where}) and wrapped_key is not null`, [
            'demo',
            payer,
          ]),
        ),
      )
      return (await Promise.all(rows)).flat()
    })
    expect(ownKeys).toEqual([])
    const files = (await cluster.files()).filter(({ name }) => name.includes('/base/'))
    const left = [...sealedBefore.map(({ column, value }) => ({ column, value })), ...wrappedBefore.map(keyOf)]
      .filter(({ value }) => files.some(({ bytes }) => bytes.includes(value)))
      .map(({ column }) => column)
    expect(left).toEqual([])
  })

  test('what older copies hold is sealed, and opens with nothing once the version of its key is retired', async () => {
    const [wrapped] = wrappedBefore as [(typeof wrappedBefore)[number]]
    const [sealed] = sealedBefore as [Held[number]]
    // Of a row that is changed the log of writes tells only what differs: the head of a sealed value is always the same.
    for (const value of [wrapped.wrapped, sealed.value.subarray(SEALED_HEAD_BYTES)]) {
      expect(backup.some(({ name, bytes }) => name.includes('/base/') && bytes.includes(value))).toBe(true)
      // A page of that log may end within a value, and the next one begins with a head of its own: a half is whole.
      const halves = [value.subarray(0, value.length / 2), value.subarray(value.length / 2)]
      const logged = ({ name, bytes }: { name: string; bytes: Buffer }) =>
        name.includes('/pg_wal/') && halves.some(half => bytes.includes(half))
      expect(backup.some(logged)).toBe(true)
    }
    const { keyring } = world.dependencies
    const place = { tenantId: 'demo', table: 'payers', row: wrapped.id }
    const erasure = (await world.as('privacy').get(`/v1/erasures?payer=${wrapped.id}`)).json.data[0]
    expect(erasure.key).toMatchObject({ version: wrapped.version, gone_from_backups: false })
    // Until then whoever has an old copy and the keyring has the key: so the version is rotated out and retired.
    expect(await keyring.unwrap(wrapped.wrapped, wrapped.version, place)).toHaveLength(32)
    const ctx = operatorContext(world.dependencies, 'demo', 'test')
    const editor = keyringEditor(world.environment.KEYRING_FILE as string, null)
    const contextOf = (tenant: string) => operatorContext(world.dependencies, tenant, 'test')
    // As if the time had passed in which a process may still seal with the old version, for which a rotation waits.
    await asOwner(sql => sql`update key_usage set leased_until = now() - interval '1 minute'`)
    const rotated = await rotateKeys(ctx, editor, { contextOf, share: 1 })
    expect(rotated.version).toBe(wrapped.version + 1)
    expect(await retireKeyVersion(ctx, wrapped.version, editor, { contextOf })).toMatchObject({ in_use: [] })
    await expect(keyring.unwrap(wrapped.wrapped, wrapped.version, place)).rejects.toMatchObject({
      name: 'KeyringError',
    })
    const after = (await world.as('privacy').get(`/v1/erasures/${erasure.id}`)).json
    expect(after.key.gone_from_backups).toBe(true)
    expect(world.dependencies.statements.read('receipt', after.receipt)).not.toBeNull()
  }, 120_000)

  test('whatever is read of the person answers, and tells nothing', async () => {
    const ids = await asOwner(
      sql => sql<{ path: string }[]>`
        select '/v1/tokens/' || id as path from tokens where payer_id = any(${payersOf(person)})
        union all select '/v1/charges/' || id from charges where payer_id = any(${payersOf(person)})
        union all select '/v1/refunds/' || id from refunds where payer_id = any(${payersOf(person)})
        union all select '/v1/checkout-sessions/' || id from checkout_sessions where payer_id = any(${payersOf(person)})
        union all select '/v1/disclosures/' || id from disclosures where payer_id = any(${payersOf(person)})
        union all select '/v1/inquiries/' || id from inquiries
                   where payer_id = any(${payersOf(person)})
                      or privacy_request_id in (select id from privacy_requests where payer_id = any(${payersOf(person)}))
        union all select '/v1/privacy-requests/' || id from privacy_requests where payer_id = any(${payersOf(person)})
        union all select '/v1/erasures/' || id from erasures where payer_id = any(${payersOf(person)})`,
    )
    const lists = ['tokens', 'charges', 'refunds', 'disclosures', 'inquiries', 'privacy-requests', 'erasures']
    const paths = [...ids.map(({ path }) => path), ...lists.map(list => `/v1/${list}?limit=100`)]
    expect(ids.length).toBeGreaterThan(15)
    for (const path of paths) {
      const answers = await Promise.all(
        (['checkout', 'billing', 'privacy'] as const).map(role => world.as(role).get(path)),
      )
      const allowed = answers.filter(({ status }) => status !== 403)
      expect(allowed.length, path).toBeGreaterThan(0)
      for (const { status, text } of allowed) {
        expect([200, 410], path).toContain(status)
        expect(foundIn(person.mark, [{ name: path, bytes: Buffer.from(text) }])).toEqual([])
      }
    }
  })

  test('nobody is found by what the person was called, and a new payer may have the reference', async () => {
    const checkout = world.as('checkout')
    const { mark } = person
    for (const query of [`short_name=${mark.word('shortname')}`, `external_ref=${mark.word('externalref')}`])
      expect((await checkout.get(`/v1/payers?${query}`)).json.data).toEqual([])
    const search = await checkout.post('/v1/payers/search', { email: mark.email() }, { key: null })
    expect(search.json.data).toEqual([])
    for (const payer of payersOf(person)) expect((await checkout.get(`/v1/payers/${payer}`)).status).toBe(410)
  })

  test('the audit log still verifies, and shows both ends of each erasure', async () => {
    await sealAll(world, 'demo')
    const auditor = world.as('auditor')
    let verified = (await auditor.get('/v1/audit-log/verify')).json
    for (let blocks = 0; ; verified = (await auditor.get(`/v1/audit-log/verify?after_block=${blocks}`)).json) {
      expect(verified).toMatchObject({ ok: true, findings: [] })
      expect(verified.entries).toBeGreaterThan(0)
      if (verified.next_after_block === null) break
      blocks = verified.next_after_block
    }
    for (const payer of payersOf(person)) {
      const entries = (await auditor.get(`/v1/audit-log?payer=${payer}&limit=100`)).json.data
      const actions = entries.map(({ action }: { action: string }) => action)
      for (const action of ['erasure.start', 'erasure.destroy-key', 'erasure.finish']) expect(actions).toContain(action)
    }
  })

  test('the twin has lost nothing', async () => {
    const { mark } = twin
    const revealed = await world.as('privacy').post(`/v1/payers/${twin.payer}/reveal`, {
      fields: ['real_name', 'email', 'phone'],
      purpose: 'collect_money',
      reason: 'to see that it is all there',
    })
    expect(revealed.json.fields).toEqual({ real_name: mark.word('realname'), email: mark.email(), phone: mark.phone })
    const charge = await world.as('billing').get(`/v1/charges/${twin.charges[0]}`)
    expect(charge.json).toMatchObject({ reference: mark.word('reference'), description: mark.word('description') })
    const opened = await openAll(await heldOf(payersOf(twin)))
    expect(opened.length).toBeGreaterThan(15)
    for (const { column, text } of opened) expect(text, column).not.toContain(person.mark.text)
  })
})

const keyOf = ({ wrapped }: { wrapped: Buffer }) => ({ column: 'payers.wrapped_key', value: wrapped })
