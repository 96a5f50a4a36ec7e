// Sealing, proofs and checkpoints through the API: what late transactions, several sealers and a stranger's arithmetic make of it.
import { createHash, createPublicKey } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { leafHash, verifyInclusion } from '../../src/crypto/merkle-tree.ts'
import { statementReader } from '../../src/crypto/signed-statement.ts'
import { keepAudit } from '../../src/domain/audit/keep-audit.ts'
import { BLOCK_ROWS_MAX, sealAudit } from '../../src/domain/audit/seal-audit.ts'
import { sealAll, sealedTenant } from '../support/audit-world.ts'
import { asSuperuser, connected } from '../support/database-contents.ts'
import { startWorld, type World } from '../support/world.ts'

let world: World
beforeAll(async () => {
  world = await startWorld({ webhooks: false })
})
afterAll(() => world?.close())

const auditor = () => world.as('auditor')
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const round = async () => {
  await sealAll(world, 'demo')
  await keepAudit(world.dependencies, 'demo')
}

async function newEntry(): Promise<string> {
  const made = await world.as('checkout').post('/v1/payers', { short_name: 'Proved' })
  const page = await auditor().get(`/v1/audit-log?object=${made.json.id}`)
  return page.json.data[0].id
}

describe('a proof', () => {
  test('is refused before the entry is sealed, and then convinces somebody who has the keys and nothing else', async () => {
    const id = await newEntry()
    const early = await auditor().get(`/v1/audit-log/${id}/proof`)
    expect(early).toMatchObject({ status: 409, json: { code: 'not_sealed_yet' }, headers: { 'retry-after': '60' } })
    await world.advance(61)
    await round()
    const { json: proof, status } = await auditor().get(`/v1/audit-log/${id}/proof`)
    expect(status).toBe(200)
    expect(JSON.parse(proof.text)).toContain(id)
    expect(proof.row_hash).toBe(sha256(proof.text))
    expect(proof.leaf_hash).toBe(leafHash(Buffer.from(proof.row_hash, 'hex')).toString('hex'))
    const bytes = (hex: string) => Buffer.from(hex, 'hex')
    const included = verifyInclusion({
      leafHash: bytes(proof.leaf_hash),
      index: proof.index,
      treeSize: proof.tree_size,
      path: proof.path.map(bytes),
      root: bytes(proof.root),
    })
    expect(included).toBe(true)
    const [first] = proof.chain
    expect(JSON.parse(first.text)[8]).toBe(proof.root)
    for (const [i, block] of proof.chain.entries()) {
      expect(block.hash).toBe(sha256(block.text))
      if (i > 0) expect(JSON.parse(block.text)[9]).toBe(proof.chain[i - 1].hash)
    }
    const { keys } = (await world.withToken(null).get('/.well-known/jwks.json')).json
    const jwk = (kid: string) => keys.find((key: { kid: string }) => key.kid === kid)
    const read = statementReader(kid => createPublicKey({ format: 'jwk', key: jwk(kid) }))
    const said = read('checkpoint', proof.checkpoint.statement)
    expect(said).toMatchObject({ tenant: 'demo', block: proof.chain.at(-1).number, head: proof.chain.at(-1).hash })
  })

  test('is recorded, and so are verifying and reading checkpoints', async () => {
    const id = await newEntry()
    await world.advance(61)
    await round()
    const answers = [
      await auditor().get(`/v1/audit-log/${id}/proof`),
      await auditor().get('/v1/audit-log/verify'),
      await auditor().get('/v1/audit-log/checkpoints'),
    ]
    const page = await auditor().get('/v1/audit-log?limit=10')
    const actions = answers.map(
      answer =>
        page.json.data.find((row: { request_id: string }) => row.request_id === answer.headers['x-request-id'])?.action,
    )
    expect(actions).toEqual(['audit-log.prove', 'audit-log.verify', 'audit-log.read'])
  })
})

describe('verification by the API', () => {
  test('finds nothing in a sound log, counts what is not sealed yet, and goes on where it is told', async () => {
    await newEntry()
    const { json } = await auditor().get('/v1/audit-log/verify')
    expect(json).toMatchObject({ object: 'audit_verification', ok: true, findings: [], next_after_block: null })
    expect(json.unsealed).toBeGreaterThan(0)
    await sealAll(world, 'demo')
    const later = await auditor().get(`/v1/audit-log/verify?after_block=${json.last_block.number}`)
    expect(later.json).toMatchObject({ ok: true, findings: [] })
    expect(later.json.blocks).toBeGreaterThan(0)
    expect(later.json.last_block.number).toBe(json.last_block.number + later.json.blocks)
    expect((await auditor().get('/v1/audit-log/verify?after_block=x')).status).toBe(422)
  })
})

describe('checkpoints', () => {
  test('are signed at most once a minute and only when something was sealed, and list newest first', async () => {
    await newEntry()
    await world.advance(61)
    await round()
    const count = async () => (await auditor().get('/v1/audit-log/checkpoints?limit=100')).json.data.length
    const before = await count()
    await newEntry()
    await round()
    expect(await count()).toBe(before)
    await world.advance(61)
    await round()
    expect(await count()).toBe(before + 1)
    const first = await auditor().get('/v1/audit-log/checkpoints?limit=1')
    const second = await auditor().get(`/v1/audit-log/checkpoints?limit=1&cursor=${first.json.next_cursor}`)
    expect(second.json.data[0].number).toBe(first.json.data[0].number - 1)
  })
})

describe('sealing', () => {
  test('waits for a transaction that took an early number and commits late, and then seals it, exactly once', async () => {
    const tenant = await sealedTenant(world, 'late', { blocks: 1, entries: 3 })
    const early = `audt_${'0'.repeat(25)}e`
    await connected(world.database.appUrl, async sql => {
      const committed = Promise.withResolvers<void>()
      const began = Promise.withResolvers<void>()
      const slow = sql.begin(async tx => {
        await tx`set local app.tenant = 'late'`
        await tx`
          insert into audit_log (tenant_id, id, at, actor_kind, actor_id, action, outcome, object_type, request_id, details,
                                 transaction_id, row_hash)
          values ('late', ${early}, now(), 'worker', 'worker', 'made.late', 'ok', 'route', 'r', '{}', '', '')`
        began.resolve()
        await committed.promise
      })
      await began.promise
      await tenant.append(5)
      // Whatever committed since belongs to a later transaction than the one that still runs.
      expect(await sealAudit(world.dependencies, 'late')).toMatchObject({ blocks: 0, rows: 0 })
      committed.resolve()
      await slow
    })
    await sealAll(world, 'late')
    const lines = await tenant.exportLines()
    const at = lines.findIndex(line => line.includes(early))
    const firstLater = lines.findIndex(line => line.includes('"chrg_4"'))
    expect(at).toBeGreaterThan(0)
    expect(at).toBeLessThan(firstLater)
    expect(lines.filter(line => line.includes(early))).toHaveLength(1)
    expect(await tenant.verify()).toEqual([])
  })

  test('by transactions that end in another order than they began loses none of them', async () => {
    const tenant = await sealedTenant(world, 'tangled', { blocks: 1, entries: 1 })
    const connections = await Promise.all(Array.from({ length: 4 }, () => openWriter('tangled')))
    try {
      // Each writes, in turn; they end in the opposite order, and the sealer comes by after every step.
      for (const [i, writer] of connections.entries()) {
        await writer.insert(`early-${i}`)
        await sealAudit(world.dependencies, 'tangled')
      }
      for (const [i, writer] of connections.toReversed().entries()) {
        await writer.insert(`late-${i}`)
        await writer.commit()
        await sealAudit(world.dependencies, 'tangled')
      }
    } finally {
      await Promise.all(connections.map(writer => writer.close()))
    }
    await sealAll(world, 'tangled')
    const [counts] = await asSuperuser(
      world.database,
      sql => sql<{ rows: number; sealed: number; made: number }[]>`
        select count(*)::int as rows, count(*) filter (where object_type = 'made')::int as made,
               (select sum(row_count)::int from audit_blocks where tenant_id = 'tangled') as sealed
          from audit_log where tenant_id = 'tangled'`,
    )
    expect(counts?.made).toBe(8)
    expect(counts?.sealed).toBe(counts?.rows)
    expect(await tenant.verify()).toEqual([])
  })

  test('by several at once makes one chain without a gap or a fork', async () => {
    const tenant = await sealedTenant(world, 'crowd', { blocks: 1, entries: 1 })
    await tenant.append(20)
    const rounds = Array.from({ length: 6 }, async () => {
      for (let i = 0; i < 5; i++) {
        await sealAudit(world.dependencies, 'crowd')
        await keepAudit(world.dependencies, 'crowd')
      }
    })
    await Promise.all([...rounds, tenant.append(20)])
    await sealAll(world, 'crowd')
    expect(await tenant.verifyWithOutside()).toEqual([])
    const verdict = await tenant.verifyExport()
    expect(verdict).toMatchObject({ ok: true })
    expect(verdict.entries).toBeGreaterThanOrEqual(41)
  })

  test('makes blocks of a limited number of entries, however many one transaction wrote', async () => {
    const tenant = await sealedTenant(world, 'large', { blocks: 1, entries: 1 })
    await connected(world.database.appUrl, sql =>
      sql.begin(async tx => {
        await tx`set local app.tenant = 'large'`
        await tx`
          insert into audit_log (tenant_id, id, at, actor_kind, actor_id, action, outcome, object_type, request_id, details,
                                 transaction_id, row_hash)
          select 'large', 'audt_' || lpad(i::text, 26, '0'), now(), 'worker', 'worker', 'made.many', 'ok', 'route', 'r', '{}', '', ''
            from generate_series(1, ${2 * BLOCK_ROWS_MAX + 7}) i`
      }),
    )
    await sealAll(world, 'large')
    expect(await tenant.verify()).toEqual([])
    expect(await tenant.verifyExport()).toMatchObject({ ok: true, blocks: 4, entries: 2 * BLOCK_ROWS_MAX + 9 })
  })

  test('refuses when the numbers of transactions begin anew, as in a database that was copied row by row', async () => {
    await sealedTenant(world, 'copied', { blocks: 1, entries: 1 })
    await asSuperuser(world.database, async sql => {
      await sql`alter table audit_blocks disable trigger user`
      await sql`update audit_blocks set end_transaction = 4000000000000 where tenant_id = 'copied'`
      await sql`alter table audit_blocks enable trigger user`
    })
    await expect(sealAudit(world.dependencies, 'copied')).rejects.toMatchObject({ code: 'PL004' })
  })

  test('of a row with a quote in it, which the short form of the hashed text does not take, proves it all the same', async () => {
    const tenant = await sealedTenant(world, 'quoted', { blocks: 0 })
    await connected(world.database.appUrl, sql =>
      sql.begin(async tx => {
        await tx`set local app.tenant = 'quoted'`
        await tx`
          insert into audit_log (tenant_id, id, at, actor_kind, actor_id, action, outcome, object_type, request_id, details,
                                 transaction_id, row_hash)
          select 'quoted', 'audt_' || i, now(), 'service', actor, 'made.odd', 'ok', 'route', 'r', '{"日本": "\\""}', '', ''
            from unnest(array['a"b', E'a\\\\b', E'a\\nb', E'a\\u0007b', '日本']) with ordinality as w(actor, i)`
      }),
    )
    await sealAll(world, 'quoted')
    expect(await tenant.verify()).toEqual([])
    expect(await tenant.verifyExport({ outside: false })).toMatchObject({ ok: true, blocks: 1 })
    const versions = await asSuperuser(
      world.database,
      sql =>
        sql`select hash_version from audit_log where tenant_id = 'quoted' and action = 'made.odd' order by sequence`,
    )
    expect(versions.map(row => row.hash_version)).toEqual([1, 1, 1, 1, 2])
  })
})

/** A transaction that stays open until it is told. */
async function openWriter(tenant: string) {
  const done = Promise.withResolvers<void>()
  const ready = Promise.withResolvers<(id: string) => Promise<void>>()
  const closed = connected(world.database.appUrl, sql =>
    sql.begin(async tx => {
      await tx.unsafe(`set local app.tenant = '${tenant}'`)
      ready.resolve(async id => {
        await tx`
          insert into audit_log (tenant_id, id, at, actor_kind, actor_id, action, outcome, object_type, request_id, details,
                                 transaction_id, row_hash)
          values (${tenant}, ${id}, now(), 'worker', 'worker', 'made.tangled', 'ok', 'made', 'r', '{}', '', '')`
      })
      await done.promise
    }),
  )
  const insert = await ready.promise
  return {
    insert,
    commit: async () => {
      done.resolve()
      await closed
    },
    close: async () => {
      done.resolve()
      await closed
    },
  }
}
