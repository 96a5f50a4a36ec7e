// What somebody with the rights of the database's owner can do to the sealed audit log, and what the verifiers say of it.
import { generateKeyPairSync, hash } from 'node:crypto'
import type postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createStatementSigner } from '../../src/crypto/signed-statement.ts'
import { blockLine } from '../../src/domain/audit/export-lines.ts'
import type { AuditFinding } from '../../src/domain/audit/finding.ts'
import { verifyAuditLog } from '../../src/domain/audit/verify-audit-log.ts'
import { operatorContext } from '../../src/domain/tenants/operator-context.ts'
import { codesOf, type SealedTenant, sealAll, sealedTenant, sealSingly } from '../support/audit-world.ts'
import { connected } from '../support/database-contents.ts'
import { startWorld, type World } from '../support/world.ts'

let world: World
let tenants = 0

beforeAll(async () => {
  world = await startWorld({ webhooks: false })
})
afterAll(() => world?.close())

const sha256 = (text: string) => hash('sha256', text)

const newTenant = (options?: { blocks?: number; entries?: number }) =>
  sealedTenant(world, `victim-${++tenants}`, options)

type Attack = (sql: postgres.TransactionSql, tenant: string) => Promise<unknown>

/** As the owner of the tables: nothing that stands in the database stops it. */
const asOwner = (tenant: SealedTenant, attack: Attack) =>
  connected(world.database.ownerUrl, sql =>
    sql.begin(async tx => {
      await tx.unsafe(`set local app.tenant = '${tenant.tenantId}'`)
      for (const table of ['audit_log', 'audit_blocks', 'audit_checkpoints', 'audit_checkpoint_copies'])
        await tx.unsafe(`alter table ${table} disable trigger user; alter table ${table} no force row level security`)
      await attack(tx, tenant.tenantId)
      for (const table of ['audit_log', 'audit_blocks', 'audit_checkpoints', 'audit_checkpoint_copies'])
        await tx.unsafe(`alter table ${table} enable trigger user; alter table ${table} force row level security`)
    }),
  )

/** The sequence of the nth sealed entry. */
const nth = async (sql: postgres.TransactionSql, tenant: string, n: number): Promise<string> => {
  const [row] = await sql<{ sequence: bigint }[]>`
    select sequence from audit_log where tenant_id = ${tenant} order by transaction_number, sequence offset ${n} limit 1`
  return String(row?.sequence)
}

const rehash: Attack = (sql, tenant) => sql`
  update audit_log a set row_hash = sha256(convert_to(t.text, 'UTF8')) from audit_texts t
   where t.tenant_id = a.tenant_id and t.sequence = a.sequence and a.tenant_id = ${tenant}`

/** Makes the blocks anew, each of as many entries and of the same time as before. */
const chainAgain: Attack = async (sql, tenant) => {
  const old = await sql<{ row_count: number; sealed_at: Date }[]>`
    select row_count, sealed_at from audit_blocks where tenant_id = ${tenant} order by number`
  await sql`delete from audit_blocks where tenant_id = ${tenant}`
  for (const { row_count, sealed_at } of old)
    await sql`select panless_seal_audit(${tenant}, ${sealed_at}, ${row_count})`
}

function say(title: string, findings: readonly AuditFinding[]): void {
  const lines = findings.map(({ code, block, checkpoint, detail }) => {
    const where = [
      block === null ? '' : ` block ${block}`,
      checkpoint === null ? '' : ` checkpoint ${checkpoint}`,
    ].join('')
    return `    ${code}${where}: ${detail}`
  })
  console.log(`${title}\n${lines.join('\n') || '    nothing found'}`)
}

type Seen = { alone: string[]; outside: string[]; exported: string[]; exportedAlone: string[] }

/** What is seen from within, with checkpoints from outside, and by the independent verifier with and without them. */
async function seen(title: string, tenant: SealedTenant): Promise<Seen> {
  const outside = await tenant.verifyWithOutside()
  const exported = await tenant.verifyExport()
  say(`${title}\n  in the database, with checkpoints from outside:`, outside)
  say('  of an export, with checkpoints from outside:', exported.findings)
  return {
    alone: codesOf(await tenant.verify()),
    outside: codesOf(outside),
    exported: codesOf(exported.findings),
    exportedAlone: codesOf((await tenant.verifyExport({ outside: false })).findings),
  }
}

describe('a log that nobody touched', () => {
  test('verifies from within and from outside, also with entries that are not sealed yet', async () => {
    const tenant = await newTenant()
    await tenant.append(3)
    expect(await tenant.verifyWithOutside()).toEqual([])
    const verdict = await tenant.verifyExport()
    expect(verdict).toMatchObject({ ok: true, blocks: 3, checkpoints: 3, outside_checkpoints: 3, findings: [] })
    expect(verdict.entries).toBe(verdict.last_block.entries_through)
    expect(verdict.unsealed).toBeGreaterThan(3)
  })

  test('verifies while it is sealed', async () => {
    const tenant = await newTenant()
    const ctx = operatorContext(world.dependencies, tenant.tenantId, 'test')
    let grown = false
    // Once the blocks were walked, and before their checkpoints are read.
    const growing = (sql: postgres.TransactionSql) =>
      new Proxy(sql, {
        apply: (target, self, [text, ...values]) => {
          if (!grown && String(text).includes('from audit_archives')) {
            grown = true
            return tenant.grow(2).then(() => Reflect.apply(target, self, [text, ...values]))
          }
          return Reflect.apply(target, self, [text, ...values])
        },
      })
    const transaction: typeof ctx.db.transaction = (id, work) =>
      ctx.db.transaction(id, tx => work({ ...tx, sql: growing(tx.sql) }))
    const verdict = await verifyAuditLog({ ...ctx, db: { ...ctx.db, transaction } }, {})
    expect(grown).toBe(true)
    expect(verdict).toMatchObject({ ok: true, blocks: 3, checkpoints: 3, findings: [] })
  })
})

describe('one entry rewritten', () => {
  const values: Record<string, string> = {
    id: "'audt_00000000000000000000000000'",
    at: "at + interval '1 microsecond'",
    actor_kind: "'operator2'",
    actor_id: "'somebody'",
    action: "'charge.nothing'",
    outcome: "'denied'",
    object_type: "'refund'",
    object_id: 'null',
    payer_id: "'payer_x'",
    request_id: "'r'",
    address_hash: "'\\x00'",
    details: 'details || \'{"amount": 1000000}\'',
    transaction_id: "'0' || transaction_id",
    hash_version: '1',
    row_hash: "sha256('')",
  }

  test('is named, whichever column it was', async () => {
    const columns = await connected(
      world.database.superuserUrl,
      sql => sql<{ name: string }[]>`
        select attname as name from pg_attribute
         where attrelid = 'audit_log'::regclass and attnum > 0 and not attisdropped and attgenerated = ''`,
    )
    // The tenant and the sequence move an entry, which is tried further down.
    expect(Object.keys(values).toSorted()).toEqual(
      columns
        .map(({ name }) => name)
        .filter(name => !['tenant_id', 'sequence'].includes(name))
        .toSorted(),
    )
    const tenant = await newTenant({ blocks: 1, entries: Object.keys(values).length })
    const ids = new Map<string, string>()
    await asOwner(tenant, async (sql, id) => {
      let at = 1
      for (const [column, value] of Object.entries(values)) {
        const sequence = await nth(sql, id, at++)
        const [row] = await sql.unsafe(
          `update audit_log set ${column} = ${value} where tenant_id = '${id}' and sequence = ${sequence} returning id`,
        )
        ids.set(column, row?.id)
      }
    })
    const findings = await tenant.verify()
    say('one entry rewritten, in each column of an entry of its own', findings)
    const named = findings.find(({ code }) => code === 'entry_changed')?.entries ?? []
    for (const [column, id] of ids) expect(named, column).toContain(id)
    expect(named).toHaveLength(ids.size)
    const exported = (await tenant.verifyExport()).findings.find(({ code }) => code === 'entry_changed')?.entries
    expect(exported?.toSorted()).toEqual(named.toSorted())
  })

  test('to a time or a text that arithmetic or lines stumble over is named like any other', async () => {
    const tenant = await newTenant({ blocks: 1, entries: 6 })
    await asOwner(tenant, async (sql, id) => {
      const changes = [
        "at = 'infinity'",
        "at = '294276-12-31Z'",
        "actor_id = E'a\"b\\\\c'",
        "actor_id = E'a\\nb'",
        "details = '7'",
      ]
      for (const [i, change] of changes.entries())
        await sql.unsafe(
          `update audit_log set ${change} where tenant_id = '${id}' and sequence = ${await nth(sql, id, i)}`,
        )
    })
    const [finding] = await tenant.verify()
    expect(finding).toMatchObject({ code: 'entry_changed', block: 1 })
    expect(finding?.entries).toHaveLength(5)
    expect(codesOf((await tenant.verifyExport()).findings)).toEqual(['entry_changed'])
  })

  test('is named in its block, wherever that stands among many', async () => {
    const tenant = await newTenant({ blocks: 1 })
    await tenant.append(90)
    await sealSingly(world, tenant.tenantId, 90)
    const changed = [5, 20, 21, 40, 41, 60, 61, 80, 90]
    await asOwner(
      tenant,
      (sql, id) =>
        sql`
        update audit_log a set outcome = 'denied' from audit_blocks b
         where a.tenant_id = ${id} and b.tenant_id = ${id} and b.number = any(${changed})
           and (a.transaction_number, a.sequence) = (b.end_transaction, b.end_sequence)`,
    )
    const findings = await tenant.verify()
    expect(findings.map(({ code, block }) => [code, block])).toEqual(changed.map(block => ['entry_changed', block]))
  })

  test('with its hash made anew does not fit the root of its block', async () => {
    const tenant = await newTenant()
    await asOwner(tenant, async (sql, id) => {
      await sql`update audit_log set action = 'charge.nothing' where tenant_id = ${id} and sequence = ${await nth(sql, id, 10)}`
      await rehash(sql, id)
    })
    const { alone, exported } = await seen('one entry rewritten, with its hash', tenant)
    expect(alone).toEqual(['entries_replaced'])
    expect(exported).toEqual(['entries_replaced'])
  })
})

describe('the whole rewritten and chained again', () => {
  test('contradicts the signed checkpoints', async () => {
    const tenant = await newTenant()
    await asOwner(tenant, async (sql, id) => {
      await sql`update audit_log set action = 'charge.nothing' where tenant_id = ${id}`
      await rehash(sql, id)
      await chainAgain(sql, id)
    })
    expect(await seen('all rewritten and chained again', tenant)).toEqual({
      alone: ['history_rewritten'],
      outside: ['history_rewritten'],
      exported: ['history_rewritten'],
      exportedAlone: ['history_rewritten'],
    })
  })

  test('with its checkpoints taken away is seen by those kept outside, and by nothing else', async () => {
    const tenant = await newTenant()
    await asOwner(tenant, async (sql, id) => {
      await sql`update audit_log set action = 'charge.nothing' where tenant_id = ${id}`
      await rehash(sql, id)
      await chainAgain(sql, id)
      await sql`delete from audit_checkpoints where tenant_id = ${id}`
    })
    expect(await seen('all rewritten, chained again, checkpoints removed', tenant)).toEqual({
      alone: [],
      outside: ['checkpoint_missing', 'history_rewritten'],
      exported: ['checkpoint_missing', 'history_rewritten'],
      exportedAlone: [],
    })
  })

  test('with its checkpoints led to later blocks than their own is seen in the file alone', async () => {
    const tenant = await newTenant()
    await tenant.append(4)
    await sealAll(world, tenant.tenantId)
    await asOwner(tenant, async (sql, id) => {
      await sql`update audit_log set action = 'charge.nothing' where tenant_id = ${id}`
      await rehash(sql, id)
      await chainAgain(sql, id)
      // In two steps, since no two checkpoints are of one block.
      for (const by of [10, -9])
        await sql`update audit_checkpoints set block_number = block_number + ${by} where tenant_id = ${id}`
    })
    const { alone, exportedAlone } = await seen('all rewritten, chained again, checkpoints led elsewhere', tenant)
    expect(alone).toEqual(['checkpoint_forged'])
    expect(exportedAlone).toEqual(['export_damaged'])
  })
})

describe('entries removed', () => {
  test('in the middle are missed in their block', async () => {
    const tenant = await newTenant()
    await asOwner(
      tenant,
      async (sql, id) => sql`delete from audit_log where tenant_id = ${id} and sequence = ${await nth(sql, id, 10)}`,
    )
    const { alone, exported } = await seen('one entry deleted in the middle', tenant)
    expect(alone).toEqual(['entries_missing'])
    expect(exported).toEqual(['entries_missing'])
    expect((await tenant.verify())[0]).toMatchObject({
      block: 2,
      detail: '1 of 8 entries that the block sealed are gone.',
    })
  })

  test('at the end, with their block, are missed by the checkpoint of it', async () => {
    const tenant = await newTenant()
    await asOwner(tenant, cutTail)
    const { alone, outside, exported } = await seen('the tail cut off', tenant)
    expect(alone).toEqual(['tail_cut'])
    expect(outside).toEqual(['tail_cut'])
    expect(exported).toEqual(['tail_cut'])
  })

  test('at the end, with block and checkpoint, are missed by those kept outside, and by nothing else', async () => {
    const tenant = await newTenant()
    await asOwner(tenant, async (sql, id) => {
      await cutTail(sql, id)
      await sql`delete from audit_checkpoints where tenant_id = ${id} and block_number = 3`
    })
    const { alone, outside, exported, exportedAlone } = await seen('the tail cut off, with its checkpoint', tenant)
    expect([alone, exportedAlone]).toEqual([[], []])
    expect(outside).toEqual(['checkpoint_missing', 'tail_cut'])
    expect(exported).toEqual(['checkpoint_missing', 'tail_cut'])
  })

  test('at the end and filled up again to the same length give another block than was signed', async () => {
    const tenant = await newTenant()
    await asOwner(tenant, async (sql, id) => {
      await cutTail(sql, id)
      await sql`delete from audit_checkpoints where tenant_id = ${id} and block_number = 3`
    })
    // The service itself goes on, seals and signs: the number of blocks, entries and checkpoints is as before.
    const before = [...tenant.outside]
    await tenant.grow(8)
    expect(tenant.outside).toHaveLength(3)
    tenant.outside.splice(0, 3, ...before)
    const { alone, outside, exported } = await seen('the tail cut off and filled up to the same length', tenant)
    expect(alone).toEqual([])
    expect(outside).toEqual(['checkpoint_replaced', 'history_rewritten'])
    expect(exported).toEqual(['checkpoint_replaced', 'history_rewritten'])
  })

  /** The last block and everything above the one before it. */
  async function cutTail(sql: postgres.TransactionSql, tenant: string): Promise<void> {
    await sql`
      delete from audit_log a using audit_blocks b
       where a.tenant_id = ${tenant} and b.tenant_id = ${tenant} and b.number = 2
         and (a.transaction_number, a.sequence) > (b.end_transaction, b.end_sequence)`
    await sql`delete from audit_blocks where tenant_id = ${tenant} and number = 3`
  }
})

describe('entries in another order', () => {
  const swap: Attack = async (sql, tenant) => {
    const [a, b] = [await nth(sql, tenant, 9), await nth(sql, tenant, 12)]
    for (const [from, to] of [
      [a, '-1'],
      [b, a],
      ['-1', b],
    ])
      await sql`update audit_log set sequence = ${to as string} where tenant_id = ${tenant} and sequence = ${from as string}`
  }

  test('are named as such when they keep their hashes', async () => {
    const tenant = await newTenant()
    await asOwner(tenant, swap)
    const { alone, exported } = await seen('two entries exchanged', tenant)
    // They also stand in the wrong place of the tree, unless their transactions put them back.
    expect(alone).toContain('entries_reordered')
    expect(exported).toContain('entries_reordered')
    expect((await tenant.verify()).find(({ code }) => code === 'entries_reordered')?.entries).toHaveLength(2)
  })

  test('do not fit the root of their block when their hashes are made anew', async () => {
    const tenant = await newTenant()
    await asOwner(tenant, async (sql, id) => {
      await swap(sql, id)
      await rehash(sql, id)
    })
    const { alone, exported } = await seen('two entries exchanged, with new hashes', tenant)
    expect(alone).toEqual(['entries_replaced'])
    expect(exported).toEqual(['entries_replaced'])
  })
})

describe('entries added', () => {
  test('among sealed ones are counted', async () => {
    const tenant = await newTenant()
    await asOwner(tenant, async (sql, id) => {
      const [number] = await sql<{ next: string }[]>`select nextval('audit_log_sequence_seq')::text as next`
      await sql`
        insert into audit_log (tenant_id, sequence, id, at, actor_kind, actor_id, action, outcome, object_type, object_id,
                               payer_id, request_id, details, transaction_id, row_hash, hash_version)
        select tenant_id, ${number?.next as string}, 'audt_made_up', at, actor_kind, actor_id, action, outcome, object_type, object_id,
               payer_id, request_id, details, transaction_id, '', 2
          from audit_log where tenant_id = ${id} and sequence = ${await nth(sql, id, 10)}`
      await rehash(sql, id)
    })
    const { alone, exported } = await seen('an entry inserted', tenant)
    expect(alone).toEqual(['entries_added'])
    expect(exported).toEqual(['entries_added'])
  })

  test('under numbers that no transaction has had are named, whichever side of the blocks they are on', async () => {
    for (const number of ['-5', '0', '9000000000000000000']) {
      const tenant = await newTenant({ blocks: 1 })
      await asOwner(tenant, async (sql, id) => {
        await sql`
          insert into audit_log (tenant_id, id, at, actor_kind, actor_id, action, outcome, object_type, object_id, payer_id,
                                 request_id, address_hash, details, transaction_id, row_hash, hash_version)
          select tenant_id, 'audt_stray', at, actor_kind, actor_id, action, outcome, object_type, object_id, payer_id, request_id,
                 address_hash, details, ${number}, row_hash, 2
            from audit_log where tenant_id = ${id} limit 1`
        await rehash(sql, id)
      })
      const findings = await tenant.verify()
      say(`an entry of transaction ${number} added`, findings)
      expect(findings).toContainEqual(expect.objectContaining({ code: 'entries_added', entries: ['audt_stray'] }))
    }
  })

  test('from another tenant are missed there and counted here', async () => {
    const [from, to] = [await newTenant(), await newTenant()]
    await asOwner(
      from,
      async (sql, id) =>
        sql`update audit_log set tenant_id = ${to.tenantId} where tenant_id = ${id} and sequence = ${await nth(sql, id, 10)}`,
    )
    expect(codesOf(await from.verify())).toEqual(['entries_missing'])
    const there = await to.verify()
    expect(codesOf(there)).toContain('entry_changed')
  })
})

describe('a block', () => {
  test('that is removed is missed in the chain', async () => {
    const tenant = await newTenant()
    await asOwner(tenant, (sql, id) => sql`delete from audit_blocks where tenant_id = ${id} and number = 2`)
    const { alone, outside, exported } = await seen('a block deleted', tenant)
    for (const codes of [alone, outside, exported]) expect(codes).toEqual(['block_missing'])
  })

  test('that says something else is named, and so is a chain that was led past it', async () => {
    const tenant = await newTenant()
    await asOwner(
      tenant,
      (sql, id) => sql`update audit_blocks set rows_through = rows_through + 1 where tenant_id = ${id} and number = 2`,
    )
    expect(codesOf(await tenant.verify())).toEqual(['block_changed', 'chain_broken', 'history_rewritten'])
    const other = await newTenant()
    await asOwner(other, async (sql, id) => {
      await sql`update audit_blocks set sealed_at = sealed_at - interval '1 year' where tenant_id = ${id} and number = 2`
      await sql`
        update audit_blocks b set hash = sha256(convert_to(panless_audit_block_text(b), 'UTF8'))
         where b.tenant_id = ${id} and b.number = 2`
    })
    const { alone, exported } = await seen('a block dated back, with its hash', other)
    expect(alone).toEqual(['chain_broken', 'history_rewritten'])
    expect(exported).toEqual(['chain_broken', 'history_rewritten'])
  })
})

describe('a checkpoint', () => {
  test('that is changed, or signed with another key, is forged', async () => {
    const tenant = await newTenant()
    const { privateKey } = generateKeyPairSync('ed25519')
    const forger = createStatementSigner({
      kid: world.dependencies.statements.publicKeys()[0]?.kid as string,
      key: privateKey,
    })
    await asOwner(tenant, async (sql, id) => {
      const [row] = await sql<
        { statement: string }[]
      >`select statement from audit_checkpoints where tenant_id = ${id} and number = 2`
      const payload = JSON.parse(Buffer.from(`${row?.statement}`.split('.')[1] as string, 'base64url').toString())
      await sql`update audit_checkpoints set statement = ${forger.sign('checkpoint', payload)} where tenant_id = ${id} and number = 2`
      await sql`update audit_checkpoints set head = sha256('') where tenant_id = ${id} and number = 3`
    })
    const { alone, outside, exported } = await seen('checkpoints forged', tenant)
    expect(alone).toEqual(['checkpoint_forged'])
    expect(outside).toContain('checkpoint_replaced')
    expect(exported).toContain('checkpoint_forged')
  })

  test('that is removed in the middle is missed by the next one', async () => {
    const tenant = await newTenant()
    await asOwner(tenant, (sql, id) => sql`delete from audit_checkpoints where tenant_id = ${id} and number = 2`)
    const { alone, exported } = await seen('a checkpoint deleted', tenant)
    expect(alone).toEqual(['checkpoint_missing'])
    expect(exported).toEqual(['checkpoint_missing'])
  })

  test('of another tenant, or of another kind, is none of this log', async () => {
    const [one, two] = [await newTenant(), await newTenant()]
    await asOwner(
      one,
      (sql, id) =>
        sql`update audit_checkpoints set statement = ${two.outside[2] as string} where tenant_id = ${id} and number = 3`,
    )
    await asOwner(
      two,
      (sql, id) =>
        sql`update audit_checkpoints set statement = ${world.dependencies.statements.sign('receipt', { tenant: id })} where tenant_id = ${id} and number = 3`,
    )
    for (const tenant of [one, two]) {
      expect(codesOf(await tenant.verify())).toEqual(['checkpoint_forged'])
      expect(codesOf((await tenant.verifyExport({ outside: false })).findings)).toEqual(['checkpoint_forged'])
    }
  })
})

describe('an export', () => {
  test('that begins in the middle needs an archive of the same tenant, signed, that ends there', async () => {
    const tenant = await newTenant()
    const [head, ...rest] = await tenant.exportLines()
    const second = rest.findIndex(
      line => line.startsWith('{"kind":"block"') && line.includes(`"${tenant.tenantId}",2,`),
    )
    const left = rest.slice(second)
    const block = JSON.parse(rest[0] as string)
    const checkpoint = rest.slice(0, second).findLast(line => line.startsWith('{"kind":"checkpoint"'))
    const start = {
      number: 1,
      hash: block.hash,
      rowsThrough: block.block[5],
      checkpoint: { number: 1, hash: sha256(JSON.parse(checkpoint as string).statement) },
    }
    const end = JSON.parse(left.at(-1) as string)
    left[left.length - 1] = JSON.stringify({ ...end, blocks: 2, rows: end.rows - block.block[4] })
    const archive = (said: object) =>
      world.dependencies.statements.sign('archive', {
        tenant: tenant.tenantId,
        first_block: 1,
        last_block: 1,
        rows: block.block[4],
        head: block.hash,
        file: 'f',
        sha256: block.hash,
        at: new Date().toISOString(),
        ...said,
      })
    const begun = async (signed: string | null, after: object = start) => {
      const first = JSON.stringify({ ...JSON.parse(head as string), after: { ...after, archive: signed } })
      return codesOf((await tenant.verifyExport({ lines: [first, ...left], outside: false })).findings)
    }
    expect(await begun(archive({}))).toEqual([])
    const { outside } = tenant
    for (const forged of [null, 'a.b.c', outside[0] as string, archive({ tenant: 'demo' }), archive({ last_block: 2 })])
      expect(await begun(forged)).toEqual(['archive_forged'])
    expect(await begun(archive({ head: '0'.repeat(64) }))).toEqual(['archive_forged'])
    expect(await begun(archive({}), { ...start, hash: 'x' })).toContain('export_damaged')
    // The checkpoint that was kept of the block before it is held against it.
    const other = JSON.stringify({
      ...JSON.parse(head as string),
      after: { ...start, hash: '0'.repeat(64), archive: archive({ head: '0'.repeat(64) }) },
    })
    const verdict = await tenant.verifyExport({ lines: [other, ...left] })
    expect(codesOf(verdict.findings)).toEqual(['chain_broken', 'history_rewritten'])
    // Nor does it begin a second time.
    const again = [head as string, ...rest.slice(0, second), head as string, ...rest.slice(second)]
    expect(codesOf((await tenant.verifyExport({ lines: again })).findings)).toContain('export_damaged')
  })

  test('whose blocks bear no whole numbers is damaged: checkpoints from outside would be held against none of them', async () => {
    const tenant = await newTenant()
    let previous = '0'.repeat(64)
    const lines = (await tenant.exportLines()).flatMap(line => {
      const value = JSON.parse(line)
      if (value.kind === 'checkpoint') return []
      if (value.kind !== 'block') return [line]
      const text = JSON.stringify(value.block.with(3, value.block[3] - 0.5).with(9, previous))
      previous = sha256(text)
      return [blockLine(previous, text)]
    })
    expect(codesOf((await tenant.verifyExport({ lines })).findings)).toContain('export_damaged')
  })

  test('whose checkpoints stand before their blocks is damaged', async () => {
    const tenant = await newTenant()
    const [head, ...rest] = await tenant.exportLines()
    const isCheckpoint = (line: string) => line.startsWith('{"kind":"checkpoint"')
    const lines = [head as string, ...rest.filter(isCheckpoint), ...rest.filter(line => !isCheckpoint(line))]
    expect(codesOf((await tenant.verifyExport({ lines, outside: false })).findings)).toEqual(['export_damaged'])
  })

  test('that is written out while the log is sealed verifies', async () => {
    const tenant = await newTenant()
    const lines: string[] = []
    for await (const line of tenant.exported()) {
      lines.push(line)
      if (line.startsWith('{"kind":"block"')) await tenant.grow(2)
    }
    expect(await tenant.verifyExport({ lines, outside: false })).toMatchObject({ blocks: 3, findings: [] })
  })

  test('that is cut off, or has lines of something else, is damaged', async () => {
    const tenant = await newTenant()
    const lines = await tenant.exportLines()
    for (const damaged of [
      lines.slice(0, -1),
      [...lines.slice(0, 5), ...lines.slice(6)],
      [...lines, '{}'],
      [],
      ['nothing'],
    ]) {
      const verdict = await tenant.verifyExport({ lines: damaged, outside: false })
      expect(codesOf(verdict.findings)).toContain('export_damaged')
    }
  })
})
