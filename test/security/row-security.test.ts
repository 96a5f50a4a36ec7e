// What the database itself keeps apart and refuses, whatever the service does: tenants, keys, roles, moves, deletions.
import { randomBytes } from 'node:crypto'
import type postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openDatabase } from '../../src/db/client.ts'
import { asSuperuser, connected } from '../support/database-contents.ts'
import { chargeOf, payerWithCard, type SavedCard } from '../support/payer-with-card.ts'
import { startWorld, type World } from '../support/world.ts'

let world: World
let demo: SavedCard & { charge: string }
let other: SavedCard & { charge: string }
let tables: string[]

beforeAll(async () => {
  world = await startWorld({ webhooks: false })
  const [mine, theirs] = await Promise.all([payerWithCard(world), payerWithCard(world, { tenant: 'other' })])
  const charge = async (tenant: 'demo' | 'other', token: string) => {
    const made = await world.as('billing', tenant).post('/v1/charges', chargeOf(token))
    const refund = { charge: made.json.id, amount: 100, reason: 'requested_by_customer' }
    expect((await world.as('billing', tenant).post('/v1/refunds', refund)).status).toBe(201)
    return made.json.id
  }
  demo = { ...mine, charge: await charge('demo', mine.token) }
  other = { ...theirs, charge: await charge('other', theirs.token) }
  tables = (
    await catalog<{ name: string }>(`
    select c.relname as name from pg_class c
     where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
       and exists (select 1 from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id') order by 1`)
  ).map(({ name }) => name)
})
afterAll(() => world.close())

const catalog = <Row extends object>(query: string): Promise<Row[]> =>
  asSuperuser(world.database, async sql => [...(await sql.unsafe<Row[]>(query))])

/** One transaction of the service's role, in a tenant or in none; what it does is never kept. */
async function asService<Value>(
  tenant: string | null,
  work: (tx: postgres.TransactionSql) => Promise<Value>,
): Promise<Value> {
  const done: { value?: Value } = {}
  await connected(world.database.appUrl, sql =>
    sql
      .begin(async tx => {
        if (tenant !== null) await tx.unsafe(`set local app.tenant = '${tenant}'`)
        done.value = await work(tx)
        throw new Undone()
      })
      .catch(error => {
        if (!(error instanceof Undone)) throw error
      }),
  )
  return done.value as Value
}
class Undone extends Error {}

/** The SQLSTATE that a statement of the service is refused with, or `done`. */
const refusalOf = (tenant: string | null, statement: string): Promise<string> =>
  asService(tenant, tx => tx.unsafe(statement)).then(
    () => 'done',
    error => String(error.code),
  )

/** Functions that run as the owner, and why. */
const AS_OWNER: Record<string, string> = {
  panless_remove_archived: 'entries of the audit log leave only by it, once an archive holds them',
}

const NOT_ALLOWED = '42501'

describe('the catalog', () => {
  test('has row security on and forced, with one policy for all, on every table of tenants', async () => {
    expect(tables.length).toBeGreaterThan(15)
    const rows = await catalog<Record<string, unknown>>(`
      select c.relname as name, c.relrowsecurity as enabled, c.relforcerowsecurity as forced,
             (select count(*)::int from pg_policy p where p.polrelid = c.oid) as policies,
             (select bool_and(p.polcmd = '*' and p.polroles = '{0}' and p.polpermissive
                and pg_get_expr(p.polqual, c.oid) = pg_get_expr(p.polwithcheck, c.oid)
                and pg_get_expr(p.polqual, c.oid) = '(tenant_id = current_setting(''app.tenant''::text, true))')
                from pg_policy p where p.polrelid = c.oid) as exact
        from pg_class c where c.relname = any (array['${tables.join("','")}']) and c.relkind in ('r', 'p') order by 1`)
    expect(rows).toEqual(tables.map(name => ({ name, enabled: true, forced: true, policies: 1, exact: true })))
  })

  test('has no other tables but those of the tenants themselves and of the keys of all', async () => {
    const rows = await catalog<{ name: string }>(`
      select c.relname as name from pg_class c
       where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'm', 'f')
         and not exists (select 1 from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id') order by 1`)
    expect(rows.map(({ name }) => name)).toEqual([
      'deployment_region',
      'key_usage',
      'key_versions',
      'signing_keys',
      'tenant_webhook_secrets',
      'tenants',
    ])
  })

  test('leads every primary key, unique index and foreign key with the tenant', async () => {
    const indexes = await catalog<{ name: string; first: string }>(`
      select i.indexrelid::regclass::text as name, a.attname as first
        from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
       where i.indisunique and i.indrelid::regclass::text = any (array['${tables.join("','")}'])`)
    expect(indexes.length).toBeGreaterThan(tables.length)
    for (const { name, first } of indexes) expect(first, name).toBe('tenant_id')
    const foreignKeys = await catalog<{ name: string; here: string; there: string }>(`
      select c.conname as name, h.attname as here, t.attname as there
        from pg_constraint c
        join pg_attribute h on h.attrelid = c.conrelid and h.attnum = c.conkey[1]
        join pg_attribute t on t.attrelid = c.confrelid and t.attnum = c.confkey[1]
       where c.contype = 'f' and c.connamespace = 'public'::regnamespace`)
    expect(foreignKeys.length).toBeGreaterThan(8)
    for (const { name, here, there } of foreignKeys) expect([here, there], name).toEqual(['tenant_id', 'tenant_id'])
    const named = await catalog<{ table: string }>(`
      select conrelid::regclass::text as table from pg_constraint
       where contype = 'c' and pg_get_constraintdef(oid) ~ 'tenant_id <> ''''' order by 1`)
    expect(named.map(({ table }) => table)).toEqual(tables)
  })

  test('gives the service no ownership, no attribute and no role that could lift row security', async () => {
    const [role] = await catalog<Record<string, unknown>>(`
      select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication from pg_roles where rolname = 'panless_service'`)
    expect(role).toEqual({
      rolsuper: false,
      rolbypassrls: false,
      rolcreaterole: false,
      rolcreatedb: false,
      rolreplication: false,
    })
    const member = await catalog<{ role: string }>(`
      select r.rolname as role from pg_roles r
       where pg_has_role('panless_service', r.oid, 'member') and r.rolname not in ('panless_service', 'panless_app')`)
    expect(member).toEqual([])
    const owned = await catalog(`
      select oid from pg_class where relowner in ('panless_service'::regrole, 'panless_app'::regrole)
      union all select oid from pg_proc where proowner in ('panless_service'::regrole, 'panless_app'::regrole)`)
    expect(owned).toEqual([])
  })

  test('lets the service delete, truncate or define nothing beyond the list', async () => {
    const rights = await catalog<{ table: string; right: string }>(`
      select c.relname as table, r as right from pg_class c, unnest(array['delete', 'truncate', 'references', 'trigger']) r
       where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
         and has_table_privilege('panless_service', c.oid, r) order by 1, 2`)
    expect(rights).toEqual(
      [
        'checkout_sessions',
        'idempotency_keys',
        'mirror_cursors',
        'objections',
        'payout_rows',
        'reveals',
        'staff_sessions',
        'tenant_webhook_secrets',
        'tokenize_failures',
      ].map(table => ({ table, right: 'delete' })),
    )
    const updates = await catalog<{ name: string }>(`
      select c.relname as name from pg_class c
       where c.relname = any (array['${tables.join("','")}']) and c.relkind in ('r', 'p')
         and not has_table_privilege('panless_service', c.oid, 'update') order by 1`)
    expect(updates.map(({ name }) => name)).toEqual([
      'audit_archives',
      'audit_blocks',
      'audit_checkpoints',
      'audit_log',
      'charge_attempts',
      'disclosure_people',
      'disclosures',
      'identity_evidence',
      'inquiry_messages',
      'objections',
      'purpose_registers',
      'reveals',
      'token_sources',
    ])
    expect(await refusalOf('demo', 'create table mine (id int)')).toBe(NOT_ALLOWED)
    expect(await refusalOf('demo', 'alter table payers disable row level security')).toBe(NOT_ALLOWED)
    expect(await refusalOf('demo', "set session_replication_role = 'replica'")).toBe(NOT_ALLOWED)
  })

  test("has functions that run with the caller's rights on a pinned search path, and no view past row security", async () => {
    const functions = await catalog<{ name: string; definer: boolean; config: string[] | null }>(`
      select p.proname as name, p.prosecdef as definer, p.proconfig as config from pg_proc p
       where p.pronamespace = 'public'::regnamespace`)
    expect(functions.length).toBeGreaterThan(8)
    for (const { name, definer, config } of functions) {
      expect(definer, name).toBe(name in AS_OWNER)
      expect(config, name).toContainEqual(expect.stringMatching(/^search_path=/))
    }
    const views = await catalog<{ name: string }>(`
      select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where c.relkind in ('v', 'm') and n.nspname not in ('pg_catalog', 'information_schema')
         and not coalesce(c.reloptions @> array['security_invoker=true'], false)`)
    expect(views).toEqual([])
  })
})

describe('without a tenant', () => {
  test.each([
    ['none', null],
    ['an empty one', ''],
  ])('named (%s), the service sees no row of any table and adds none', async (_, tenant) => {
    for (const table of tables) {
      const [seen] = await asService(tenant, tx => tx.unsafe(`select count(*)::int as rows from ${table}`))
      expect(seen, table).toEqual({ rows: 0 })
      expect(await refusalOf(tenant, `insert into ${table} (tenant_id) values ('demo')`), table).toBe(NOT_ALLOWED)
    }
  })

  test('a tenant without a name cannot be made up', async () => {
    for (const table of tables) {
      const refusal = await refusalOf('', `insert into ${table} (tenant_id) values ('')`)
      expect(['23514', '23502'], table).toContain(refusal)
    }
  })
})

describe('in one tenant', () => {
  test("another's rows are neither seen nor changed, and none can be given away", async () => {
    for (const table of tables) {
      const rows = await asService('demo', tx => tx.unsafe(`select distinct tenant_id from ${table}`))
      expect([[], [{ tenant_id: 'demo' }]], table).toContainEqual([...rows])
      expect(await refusalOf('demo', `insert into ${table} (tenant_id) values ('other')`), table).toBe(NOT_ALLOWED)
    }
    const touched = await asService(
      'demo',
      async tx => (await tx`update payers set updated_at = now() where id = ${other.payer}`).count,
    )
    expect(touched).toBe(0)
    expect(await refusalOf('demo', `update payers set tenant_id = 'other' where id = '${demo.payer}'`)).toBe(
      NOT_ALLOWED,
    )
  })

  test("values that are unique there say nothing of another's", async () => {
    const hash = `decode('${randomBytes(32).toString('hex')}', 'hex')`
    const insert = (tenant: string) => `
      insert into idempotency_keys (tenant_id, key_hash, request_hash, status, moves_money, lease_until, created_at)
      values ('${tenant}', ${hash}, ${hash}, 'running', false, now(), now())`
    await asSuperuser(world.database, sql => sql.unsafe(insert('other')))
    expect(await refusalOf('demo', insert('demo'))).toBe('done')
    expect(await refusalOf('other', insert('other'))).toBe('23505')
  })

  test("nothing can hang on another's parent", async () => {
    const consent = (tenant: string, payer: string) => `
      insert into consents (tenant_id, id, payer_id, purpose, text_version, accepted_at, source, created_at)
      values ('${tenant}', 'cons_x', '${payer}', 'marketing', 'v1', now(), 'service', now())`
    expect(await refusalOf('demo', consent('demo', other.payer))).toBe('23503')
    expect(await refusalOf('demo', consent('demo', 'payer_missing'))).toBe('23503')
    expect(await refusalOf('demo', consent('demo', demo.payer))).toBe('done')
    const attempt = (charge: string) => `
      insert into charge_attempts (tenant_id, id, charge_id, kind, status, amount, stripe_idempotency_key, created_at)
      values ('demo', 'attm_x', '${charge}', 'cancel', 'created', 1, 'key-x', now())`
    expect(await refusalOf('demo', attempt(other.charge))).toBe('23503')
    expect(await refusalOf('demo', attempt(demo.charge))).toBe('done')
  })

  test('the functions of the hot paths take a tenant by its form only, for one transaction', async () => {
    const enter = (tenant: string) => `select panless_enter_tenant('${tenant.replaceAll("'", "''")}')`
    for (const ill of ['', 'Demo', "demo'", 'demo; reset role', '-demo', 'd'.repeat(41), 'demo\n']) {
      expect(await refusalOf(null, enter(ill)), ill).toBe('22023')
    }
    await connected(world.database.appUrl, async sql => {
      const inside = await sql.begin(async tx => {
        await tx.unsafe(enter('demo'))
        return tx`select count(*)::int as rows from payers`
      })
      expect(inside[0]?.rows).toBeGreaterThan(0)
      expect((await sql`select count(*)::int as rows from payers`)[0]).toEqual({ rows: 0 })
    })
  })
})

describe('a pool of one connection', () => {
  test('never carries a tenant over to the next transaction, whatever ended the one before', async () => {
    const db = openDatabase({ url: world.database.appUrl, poolMax: 1, applicationName: 'one connection' })
    const seen = { demo: 0, other: 0, none: 0 }
    const endings = [
      async () => {},
      async () => {
        throw new Error('the verb failed')
      },
      async (tx: postgres.TransactionSql) => void (await tx`select 1 / 0`),
      async (tx: postgres.TransactionSql) => void (await tx`select * from no_such_table`),
      async (tx: postgres.TransactionSql) => {
        await tx.savepoint(point => point`select 1 / 0`).catch(() => {})
      },
      async (tx: postgres.TransactionSql) =>
        void (await tx.unsafe('set local statement_timeout = 1; select pg_sleep(1)')),
    ]
    const round = async (i: number) => {
      if (i % 7 === 0) {
        seen.none += 1
        expect([...(await db.sql`select tenant_id from payers limit 1`)]).toEqual([])
        return
      }
      const tenant = i % 2 === 0 ? 'demo' : 'other'
      const ending = endings[i % 97 === 0 ? 5 : i % 5] as (tx: postgres.TransactionSql) => Promise<void>
      await db
        .transaction(tenant, async tx => {
          const rows = await tx.sql`select distinct tenant_id from payers`
          expect([...rows]).toEqual([{ tenant_id: tenant }])
          seen[tenant] += 1
          await ending(tx.sql)
        })
        .catch(error => {
          if (error.name === 'AssertionError') throw error
        })
    }
    try {
      for (let from = 0; from < 3_000; from += 100) {
        await Promise.all(Array.from({ length: 100 }, (_, i) => round(from + i)))
      }
    } finally {
      await db.close()
    }
    expect(seen.demo + seen.other + seen.none).toBe(3_000)
  })
})

describe('the life of a thing', () => {
  test('cannot be turned back by the service', async () => {
    const moves: [string, string][] = [
      [`update charges set status = 'sending' where id = '${demo.charge}'`, 'a succeeded charge'],
      [`update charges set status = 'declined' where id = '${demo.charge}'`, 'a succeeded charge'],
      [`update charge_attempts set status = 'sending' where charge_id = '${demo.charge}'`, 'a succeeded attempt'],
      [`update tokens set status = 'pending' where id = '${demo.token}'`, 'an active token'],
      [
        `update tokens set status = 'detached' where id = '${demo.token}'; update tokens set status = 'active' where id = '${demo.token}'`,
        'a detached token',
      ],
      [
        `update payers set status = 'erased' where id = '${demo.payer}'; update payers set status = 'active' where id = '${demo.payer}'`,
        'an erased payer',
      ],
    ]
    for (const [statement, what] of moves) expect(await refusalOf('demo', statement), what).toBe('PL002')
    expect(await refusalOf('demo', `update charges set status = 'paid' where id = '${demo.charge}'`)).toMatch(
      /^(PL002|23514)$/,
    )
  })

  test('leaves its traces: money and evidence are never deleted, by the service or the owner', async () => {
    for (const table of ['charges', 'charge_attempts', 'refunds', 'tokens', 'consents', 'payers', 'stripe_events']) {
      expect(await refusalOf('demo', `delete from ${table}`), table).toBe(NOT_ALLOWED)
      expect(await refusalOf('demo', `truncate ${table} cascade`), table).toBe(NOT_ALLOWED)
    }
    await connected(world.database.ownerUrl, async sql => {
      for (const statement of [
        'delete from charge_attempts',
        'truncate charge_attempts',
        'delete from charges',
        'delete from refunds',
        'truncate charges cascade',
      ]) {
        const refused = sql.begin(async tx => {
          await tx`set local app.tenant = 'demo'`
          await tx.unsafe(statement)
        })
        await expect(refused, statement).rejects.toMatchObject({ code: 'PL001' })
      }
    })
  })

  test('keeps what an attempt was made with: its amount, its charge, its key at Stripe', async () => {
    for (const column of [
      'amount = 1',
      "charge_id = 'chrg_x'",
      "stripe_idempotency_key = 'x'",
      'created_at = now()',
      "kind = 'cancel'",
    ]) {
      expect(await refusalOf('demo', `update charge_attempts set ${column}`), column).toBe(NOT_ALLOWED)
    }
  })

  test('keeps the key of a request that moved money', async () => {
    const deleted = await refusalOf('demo', 'delete from idempotency_keys where moves_money and object_id is not null')
    expect(deleted).toBe('PL001')
  })

  test('admits one undecided attempt of a charge, and amounts that can be', async () => {
    const attempt = (id: string) => `
      insert into charge_attempts (tenant_id, id, charge_id, kind, status, amount, stripe_idempotency_key, created_at)
      values ('demo', '${id}', '${demo.charge}', 'capture', 'sending', 1, 'key-${id}', now());`
    expect(await refusalOf('demo', attempt('attm_1'))).toBe('done')
    expect(await refusalOf('demo', attempt('attm_1') + attempt('attm_2'))).toBe('23505')
    for (const change of ['amount = 0', 'amount_captured = amount + 1', 'amount_refunded = -1']) {
      expect(await refusalOf('demo', `update charges set ${change} where id = '${demo.charge}'`), change).toBe('23514')
    }
  })
})
