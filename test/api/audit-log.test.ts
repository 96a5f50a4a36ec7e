// The audit log: what is in it, who may read it, that nobody may change it, and that each row proves itself.
import { createHash, randomUUID } from 'node:crypto'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ApiAnswer } from '../support/api-client.ts'
import { asSuperuser, connected } from '../support/database-contents.ts'
import { jsonbText } from '../support/jsonb-text.ts'
import { chargeOf, payerWithCard } from '../support/payer-with-card.ts'
import { startWorld, type World } from '../support/world.ts'

let world: World
beforeAll(async () => {
  world = await startWorld()
})
afterAll(() => world.close())

const reader = () => world.as('privacy')
type Row = {
  id: string
  sequence: number
  action: string
  outcome: string
  actor: { kind: string; id: string }
  subject: { type: string; id: string | null }
  request_id: string
  details: Record<string, unknown>
}

async function rowsOf(answer: ApiAnswer, tenant: 'demo' | 'other' = 'demo'): Promise<Row[]> {
  const id = answer.headers['x-request-id']
  const page = await world.as('privacy', tenant).get('/v1/audit-log?limit=100')
  return page.json.data.filter((row: Row) => row.request_id === id)
}

describe('every change', () => {
  test('has a row with who asked, what for and the request that asked', async () => {
    const [checkout, billing] = [world.as('checkout'), world.as('billing')]
    const [privacy, admin] = [world.as('privacy'), world.as('admin')]
    const payer = await checkout.post('/v1/payers', { short_name: 'Audited', email: 'a@example.org' })
    const { id } = payer.json
    const saved = await checkout.post('/v1/tokens', {
      payer: id,
      payment_method: 'pm_card_visa',
      consent: { text_version: 'v1' },
    })
    const token = saved.json.id
    const charge = await billing.post('/v1/charges', chargeOf(token))
    const authorized = await billing.post('/v1/charges', chargeOf(token, { capture: 'manual' }))
    const consent = await privacy.post(`/v1/payers/${id}/consents`, { purpose: 'marketing', text_version: 'v1' })
    const changes: [ApiAnswer, string | null][] = [
      [payer, id],
      [await checkout.patch(`/v1/payers/${id}`, { locale: 'mn' }), id],
      [await checkout.post('/v1/payers/search', { email: 'a@example.org' }, { key: null }), null],
      [
        await privacy.post(`/v1/payers/${id}/reveal`, { fields: ['email'], purpose: 'legal_request', reason: 'asked' }),
        id,
      ],
      [
        await checkout.post('/v1/checkout-sessions', {
          payer: id,
          usage: 'off_session',
          consent: { text_version: 'v1', locale: 'mn' },
        }),
        null,
      ],
      [saved, token],
      [await admin.patch(`/v1/tokens/${token}`, { metadata: { a: 'b' } }), token],
      [charge, charge.json.id],
      [authorized, authorized.json.id],
      [await billing.post(`/v1/charges/${authorized.json.id}/capture`, {}), authorized.json.id],
      [
        await billing.post('/v1/refunds', { charge: charge.json.id, amount: 100, reason: 'requested_by_customer' }),
        null,
      ],
      [await admin.post(`/v1/tokens/${token}/freeze`, { reason: 'a look' }), token],
      [await admin.post(`/v1/tokens/${token}/thaw`, {}), token],
      [await admin.del(`/v1/tokens/${token}`), token],
      [consent, consent.json.id],
      [await privacy.post(`/v1/payers/${id}/consents/${consent.json.id}/withdraw`), consent.json.id],
    ]
    for (const [answer, object] of changes) {
      expect(answer.status, answer.text).toBeLessThan(300)
      const rows = await rowsOf(answer)
      expect(rows.length, answer.text).toBeGreaterThan(0)
      for (const row of rows) {
        expect(row.actor.kind).toBe('service')
        expect(row.action).toMatch(/^[a-z-]+\.[a-z-]+$/)
      }
      if (object !== null) expect(rows.map(row => row.subject.id)).toContain(object)
    }
  })

  test('that is refused for its content leaves no row, and a repetition of a request none of its own', async () => {
    const checkout = world.as('checkout')
    expect(await rowsOf(await checkout.post('/v1/payers', { short_name: '' }))).toEqual([])
    const key = `key-${randomUUID()}`
    const body = { short_name: 'Once' }
    expect(await rowsOf(await checkout.post('/v1/payers', body, { key }))).toHaveLength(1)
    expect(await rowsOf(await checkout.post('/v1/payers', body, { key }))).toEqual([])
  })

  test('says ids, field names and codes, and no value', async () => {
    const checkout = world.as('checkout')
    const canary = `canary-${randomUUID()}`
    const made = await checkout.post('/v1/payers', {
      short_name: canary,
      real_name: canary,
      external_ref: canary,
      metadata: { [canary.slice(0, 30)]: canary },
    })
    await checkout.patch(`/v1/payers/${made.json.id}`, { short_name: `${canary}2` })
    await world.as('billing').post(`/v1/payers/${made.json.id}/reveal`, { fields: [canary], purpose: canary })
    const page = await reader().get('/v1/audit-log?limit=100')
    expect(page.text).not.toContain('canary-')
    expect(page.text).toContain('"fields":["short_name","real_name","external_ref","metadata"]')
  })
})

describe('every denial', () => {
  test('of a scope has a row, with the route and the code', async () => {
    const answer = await world.as('finance').post('/v1/charges', {})
    expect(answer.status).toBe(403)
    expect(await rowsOf(answer)).toMatchObject([
      {
        action: 'POST /v1/charges',
        outcome: 'denied',
        actor: { kind: 'service', id: 'finance/finance-subject' },
        subject: { type: 'route', id: null },
        details: { code: 'insufficient_scope' },
      },
    ])
  })

  test('is in the log of the tenant that the token names, wherever the object is', async () => {
    const foreign = await world.as('checkout', 'other').post('/v1/payers', { short_name: 'Theirs' })
    const answer = await world.as('admin').get(`/v1/payers/${foreign.json.id}`)
    expect(answer.status).toBe(403)
    expect(await rowsOf(answer)).toHaveLength(1)
    expect(await rowsOf(answer, 'other')).toEqual([])
  })
})

describe('reading the log', () => {
  test('is recorded itself', async () => {
    const answer = await reader().get('/v1/audit-log?limit=1&outcome=ok')
    expect(await rowsOf(answer)).toMatchObject([{ action: 'audit-log.read', details: { filters: ['outcome'] } }])
  })

  test('goes by action, outcome, object, payer, actor and time, combined', async () => {
    const from = new Date(Date.now() - 1).toISOString()
    const client = world.as('checkout', 'demo', { sub: `subject-${randomUUID()}` })
    const payer = await client.post('/v1/payers', { short_name: 'Filtered' })
    await client.patch(`/v1/payers/${payer.json.id}`, { locale: 'mn' })
    const to = new Date(Date.now() + 1_000).toISOString()
    const list = async (query: Record<string, string>) =>
      (await reader().get(`/v1/audit-log?${new URLSearchParams(query)}`)).json.data.map((row: Row) => row.action)
    const { id } = payer.json
    expect(await list({ object: id })).toEqual(['payer.update', 'payer.create'])
    expect(await list({ payer: id, action: 'payer.create' })).toEqual(['payer.create'])
    const [{ actor }] = (await reader().get(`/v1/audit-log?object=${id}&limit=1`)).json.data
    expect(await list({ actor: actor.id, outcome: 'ok', created_from: from, created_to: to })).toEqual([
      'payer.update',
      'payer.create',
    ])
    expect(await list({ object: id, created_to: from })).toEqual([])
    expect(await list({ object: id, outcome: 'denied' })).toEqual([])
  })

  test('pages through without a gap or a repetition', async () => {
    for (let i = 0; i < 5; i++) await world.as('finance').get('/v1/audit-log')
    const seen: number[] = []
    let path = '/v1/audit-log?limit=2&outcome=denied'
    for (let page = await reader().get(path); ; page = await reader().get(path)) {
      seen.push(...page.json.data.map((row: Row) => row.sequence))
      if (page.json.next_cursor === null) break
      path = `/v1/audit-log?limit=2&outcome=denied&cursor=${page.json.next_cursor}`
    }
    expect(seen.length).toBeGreaterThanOrEqual(5)
    expect(seen).toEqual([...new Set(seen)].sort((a, b) => b - a))
  })

  test.each(['outcome=perhaps', 'created_from=yesterday', 'cursor=YTox', 'object=', 'tenant=other', 'limit=1e2'])(
    'refuses ?%s',
    async query => {
      expect(await reader().get(`/v1/audit-log?${query}`)).toMatchObject({ status: 422 })
    },
  )

  test('shows a tenant its own rows only', async () => {
    await world.as('checkout', 'other').post('/v1/payers', { short_name: 'Theirs' })
    const page = await world.as('privacy', 'other').get('/v1/audit-log?limit=100')
    const own = await asSuperuser(world.database, sql => sql`select id from audit_log where tenant_id = 'other'`)
    const ids = new Set(own.map(({ id }) => id))
    expect(page.json.data.length).toBeGreaterThan(0)
    for (const row of page.json.data) expect(ids.has(row.id)).toBe(true)
  })
})

describe('a row of the log', () => {
  test.each([
    ['update', "update audit_log set action = 'payer.nothing'"],
    ['delete', 'delete from audit_log'],
    ['truncate', 'truncate audit_log'],
  ])('cannot be touched by the service: %s', async (_, statement) => {
    await connected(world.database.appUrl, sql =>
      sql
        .begin(async tx => {
          await tx`set local app.tenant = 'demo'`
          await expect(tx.unsafe(statement)).rejects.toMatchObject({ code: '42501' })
          return null
        })
        .catch(endsAsRefused),
    )
  })

  test.each([
    ['update', "update audit_log set action = 'payer.nothing' where tenant_id = 'demo'"],
    ['delete', "delete from audit_log where tenant_id = 'demo'"],
    ['truncate', 'truncate audit_log'],
  ])('cannot be touched by the owner of the table either: %s', async (_, statement) => {
    await connected(world.database.ownerUrl, sql =>
      sql
        .begin(async tx => {
          await tx`set local app.tenant = 'demo'`
          await expect(tx.unsafe(statement)).rejects.toMatchObject({ code: 'PL001' })
          return null
        })
        .catch(endsAsRefused),
    )
  })

  test('carries a hash of all that it says, in the form of its version', async () => {
    const rows = await asSuperuser(
      world.database,
      sql => sql`select *, (extract(epoch from at) * 1000000)::bigint::text as micros from audit_log order by sequence`,
    )
    expect(rows.length).toBeGreaterThan(20)
    for (const row of rows) {
      const [tenant, sequence, at] = [row.tenant_id, Number(row.sequence), Number(row.micros)]
      const address = row.address_hash?.toString('hex') ?? null
      const who = [row.actor_kind, row.actor_id, row.action, row.outcome, row.object_type, row.object_id, row.payer_id]
      const last = [row.request_id, address]
      expect(row.hash_version).toBe(2)
      const texts = [tenant, sequence, at, row.id, ...who, ...last, row.transaction_id]
      const text = `[2,${jsonbText(row.details)},${JSON.stringify(texts).slice(1)}`
      expect(createHash('sha256').update(text).digest('hex'), row.action).toBe(row.row_hash.toString('hex'))
    }
  })

  test('gets its transaction and its hash from the database, whatever the writer claims', async () => {
    const id = `audt_${randomUUID().slice(0, 8)}`
    await connected(world.database.appUrl, sql =>
      sql.begin(async tx => {
        await tx`set local app.tenant = 'demo'`
        await tx`insert into audit_log (tenant_id, id, at, actor_kind, actor_id, action, outcome, object_type,
                                        request_id, details, transaction_id, row_hash)
                 values ('demo', ${id}, now(), 'worker', 'worker', 'made.up', 'ok', 'route', 'r', '{}', '1', ''::bytea)`
      }),
    )
    const [row] = await asSuperuser(world.database, sql => sql`select * from audit_log where id = ${id}`)
    expect(Number(row?.transaction_id)).toBeGreaterThan(1)
    expect(row?.row_hash).toHaveLength(32)
  })

  test('keeps the address of the caller as a keyed hash only', async () => {
    await payerWithCard(world)
    const rows = await asSuperuser(world.database, sql => sql`select * from audit_log where actor_kind = 'service'`)
    expect(rows.some(row => row.address_hash?.length === 32)).toBe(true)
    const text = JSON.stringify(rows, (_, value) => (typeof value === 'bigint' ? String(value) : value))
    expect(text).not.toMatch(/127\.0\.0\.1|::1"/)
  })
})

/** A refused statement ends its transaction; that is all that may go wrong here. */
function endsAsRefused(error: unknown): null {
  if (error instanceof postgres.PostgresError && ['42501', 'PL001', '25P02'].includes(error.code)) return null
  throw error
}
