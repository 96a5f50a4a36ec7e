// Old entries leave for archives that still verify, by one path only, and nothing leaves that is not safe elsewhere.
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { archiveAudit } from '../../src/domain/audit/archive-audit.ts'
import { makeCheckpoint } from '../../src/domain/audit/make-checkpoint.ts'
import { verifyArchives } from '../../src/domain/audit/verify-archives.ts'
import { createExportVerifier } from '../../src/domain/audit/verify-export.ts'
import { workerContext } from '../../src/domain/tenants/operator-context.ts'
import { openArchiveFolder } from '../../src/outbound/archive-folder.ts'
import { codesOf, sealAll, sealedTenant, sealSingly } from '../support/audit-world.ts'
import { asSuperuser, connected } from '../support/database-contents.ts'
import { changing, publishChanged } from '../support/registers.ts'
import { startWorld, type World } from '../support/world.ts'

let world: World
let folder: string
let tenants = 0

const DAY_SECONDS = 86_400

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'panless-archive-'))
  world = await startWorld({ webhooks: false, environment: { AUDIT_ARCHIVE_FOLDER: folder } })
})
afterAll(async () => {
  await world?.close()
  await rm(folder, { recursive: true, force: true })
})

const archive = (tenant: string) => archiveAudit(workerContext(world.dependencies, tenant))
const newTenant = () => sealedTenant(world, `old-${++tenants}`, { blocks: 3, entries: 5 })
const filesOf = async (tenant: string) => (await readdir(folder)).filter(file => file.startsWith(`${tenant}-`))
const files = () => openArchiveFolder(folder)
const archivesSeen = (tenant: string) =>
  verifyArchives({ ...workerContext(world.dependencies, tenant), actor: { kind: 'operator', name: 'test' } }, files())

async function rowsOf(tenant: string): Promise<number> {
  const [row] = await asSuperuser(
    world.database,
    sql => sql<{ rows: number }[]>`select count(*)::int as rows from audit_log where tenant_id = ${tenant}`,
  )
  return row?.rows as number
}

/** Business time goes on, and the log with it. */
async function later(tenant: Awaited<ReturnType<typeof newTenant>>, days: number): Promise<void> {
  await world.advance(days * DAY_SECONDS)
  await tenant.grow(2)
}

/** As the service's role, in a transaction of a tenant. */
const asService = (tenant: string, statement: string) =>
  connected(world.database.appUrl, sql =>
    sql.begin(async tx => {
      await tx.unsafe(`set local app.tenant = '${tenant}'`)
      await tx.unsafe(statement)
    }),
  )

describe('entries older than three months', () => {
  test('leave for a file that verifies on its own, and the log goes on verifying', async () => {
    const tenant = await newTenant()
    const { tenantId } = tenant
    expect(await archive(tenantId)).toBe(0)
    await later(tenant, 93)
    const before = await rowsOf(tenantId)
    expect(await archive(tenantId)).toBe(1)
    const [file] = await filesOf(tenantId)
    expect(file).toMatch(/-000000000001-000000000003\.ndjson\.gz$/)
    const verifier = createExportVerifier(world.dependencies.statements.read)
    const read: string[] = []
    await files().read(file as string, line => {
      read.push(line.toString())
      verifier.take(line)
    })
    expect(JSON.parse(read[0] as string)).toMatchObject({ kind: 'archive', tenant: tenantId, region: 'test-region' })
    const verdict = verifier.end()
    expect(verdict).toMatchObject({ ok: true, tenant: tenantId, part: true, after_block: 0, blocks: 3, checkpoints: 3 })
    // The archiving itself is an entry.
    expect(await rowsOf(tenantId)).toBe(before - verdict.entries + 1)
    expect(await tenant.verifyWithOutside()).toEqual([])
    expect(await tenant.verifyExport()).toMatchObject({ ok: true, part: false, after_block: 3, blocks: 1 })
    // The checkpoint of the block that it begins after was kept outside too.
    expect(await tenant.verifyExport()).toMatchObject({ outside_checkpoints: 2 })
    expect(await archivesSeen(tenantId)).toMatchObject({ archives: 1, entries: verdict.entries, findings: [] })
    // Again: nothing is old enough.
    expect(await archive(tenantId)).toBe(0)
    // Later archives join on.
    await later(tenant, 93)
    expect(await archive(tenantId)).toBe(1)
    expect(await tenant.verifyWithOutside()).toEqual([])
    expect(await archivesSeen(tenantId)).toMatchObject({ archives: 2, findings: [] })
  })

  test('leave by their number, however few of them a block holds', async () => {
    const tenant = await newTenant()
    const { tenantId } = tenant
    const small = 60
    await tenant.append(small)
    await sealSingly(world, tenantId, small)
    await later(tenant, 93)
    expect(await archive(tenantId)).toBe(1)
    expect(await filesOf(tenantId)).toEqual([expect.stringMatching(/-000000000001-0000000000[67]\d\.ndjson\.gz$/)])
    expect(await tenant.verifyWithOutside()).toEqual([])
    expect((await archivesSeen(tenantId)).findings).toEqual([])
  })

  test('leave no gap in an export that is being written: it fails and says so', async () => {
    const tenant = await newTenant()
    await later(tenant, 93)
    const exported = tenant.exported()
    await exported.next()
    expect(await archive(tenant.tenantId)).toBe(1)
    await expect(Array.fromAsync(exported)).rejects.toMatchObject({ code: 'invalid_state' })
    expect(await tenant.verifyExport()).toMatchObject({ ok: true, after_block: 3 })
  })

  test('that no checkpoint covers stay, and so do all without a folder', async () => {
    const tenant = await newTenant()
    const { tenantId } = tenant
    await tenant.append(3)
    await sealAll(world, tenantId)
    await world.advance(93 * DAY_SECONDS)
    const ctx = workerContext(world.dependencies, tenantId)
    const before = await rowsOf(tenantId)
    expect(await archiveAudit({ ...ctx, auditArchive: null })).toBe(0)
    expect(await rowsOf(tenantId)).toBe(before)
    await tenant.append(1)
    await sealAll(world, tenantId)
    expect(await archive(tenantId)).toBe(1)
    expect(await filesOf(tenantId)).toEqual([expect.stringMatching(/-000000000003\.ndjson\.gz$/)])
    await makeCheckpoint(world.dependencies, tenantId)
    expect(await archive(tenantId)).toBe(1)
    expect(await tenant.verify()).toEqual([])
  })

  test('that a crash left in the database after they were archived leave with the next run', async () => {
    const tenant = await newTenant()
    const { tenantId } = tenant
    await later(tenant, 93)
    const ctx = workerContext(world.dependencies, tenantId)
    let calls = 0
    // The connection is lost once the archive is recorded and one block of it is emptied.
    const db = {
      ...ctx.db,
      transaction: (async (id, work) =>
        ctx.db.transaction(id, async tx => {
          const [row] = await tx.sql`select 1 from audit_archives where tenant_id = ${tenantId}`
          if (row && ++calls > 3) throw new Error('the connection is lost')
          return work(tx)
        })) as typeof ctx.db.transaction,
    }
    await expect(archiveAudit({ ...ctx, db })).rejects.toThrow('lost')
    expect(await archivesSeen(tenantId)).toMatchObject({ archives: 1, findings: [] })
    await archive(tenantId)
    expect(await filesOf(tenantId)).toHaveLength(1)
    expect(await tenant.verifyWithOutside()).toEqual([])
    const [row] = await asSuperuser(
      world.database,
      sql => sql<{ left: number }[]>`
        select count(*)::int as left from audit_log a
         where a.tenant_id = ${tenantId} and a.transaction_number <= (
           select end_transaction from audit_blocks b where b.tenant_id = ${tenantId} and b.number = 3)`,
    )
    expect(row?.left).toBe(0)
  })

  test('stay when the log does not verify: nothing is moved away that an auditor should see', async () => {
    const tenant = await newTenant()
    const { tenantId } = tenant
    await asSuperuser(world.database, async sql => {
      await sql`alter table audit_log disable trigger user`
      await sql`update audit_log set action = 'charge.nothing' where tenant_id = ${tenantId} and action = 'charge.create'`
      await sql`alter table audit_log enable trigger user`
    })
    await later(tenant, 93)
    const before = await rowsOf(tenantId)
    await expect(archive(tenantId)).rejects.toThrow(/does not verify/)
    expect(await rowsOf(tenantId)).toBe(before)
  })
})

describe('the path by which entries leave', () => {
  test('is open to nobody for a block that is not archived, too young, named wrongly, or of another tenant', async () => {
    const [tenant, other] = [await newTenant(), await newTenant()]
    const { tenantId } = tenant
    const remove = (id: string, block: number, root: string) =>
      asService(tenantId, `select panless_remove_archived('${id}', ${block}, ${root})`)
    const root = (id: string, block: number) =>
      `(select root from audit_blocks where tenant_id = '${id}' and number = ${block})`
    await expect(remove(tenantId, 1, root(tenantId, 1))).rejects.toMatchObject({ code: 'PL001' })
    await expect(remove(other.tenantId, 1, root(other.tenantId, 1))).rejects.toMatchObject({ code: '42501' })
    // A made-up record of an archive is not enough while the block is young.
    const record = `insert into audit_archives values ('${tenantId}', 1, 3, 1, 'made-up', '', '', now());`
    await expect(
      asService(tenantId, `${record} select panless_remove_archived('${tenantId}', 1, ${root(tenantId, 1)})`),
    ).rejects.toMatchObject({ code: 'PL001' })
    await expect(asService(tenantId, `delete from audit_log where tenant_id = '${tenantId}'`)).rejects.toMatchObject({
      code: '42501',
    })
    await later(tenant, 93)
    await archive(tenantId)
    await expect(remove(tenantId, 1, "'\\x00'")).rejects.toMatchObject({ code: 'PL001' })
  })

  test('misused with a made-up record of an archive is found out: nobody of ours signed it', async () => {
    const tenant = await newTenant()
    const { tenantId } = tenant
    await later(tenant, 93)
    await asService(
      tenantId,
      `insert into audit_archives values ('${tenantId}', 1, 3, 1, 'made-up', '', 'a.b.c', now());
       select panless_remove_archived('${tenantId}', 1, (select root from audit_blocks where tenant_id = '${tenantId}' and number = 1))`,
    )
    expect(codesOf(await tenant.verify())).toEqual(['archive_forged', 'entries_missing'])
  })
})

describe('an archive', () => {
  test('that cannot be read is a refusal, not the end of the process', async () => {
    await mkdir(join(folder, 'no-file'))
    await expect(files().read('no-file', () => {})).rejects.toThrow('EISDIR')
    await writeFile(join(folder, 'no-archive'), 'not gzipped')
    await expect(files().read('no-archive', () => {})).rejects.toThrow('incorrect header check')
    expect(await files().read('none', () => {})).toBeNull()
  })

  test('that is changed, or gone before its time, is named', async () => {
    const tenant = await newTenant()
    const { tenantId } = tenant
    await later(tenant, 93)
    await archive(tenantId)
    const [file] = await filesOf(tenantId)
    const path = join(folder, file as string)
    const bytes = await readFile(path)
    const forged = await files().write(
      'forged',
      lines(bytes, text => text.replace('charge.create', 'charge.nothing')),
    )
    expect(forged).toHaveLength(32)
    await writeFile(path, await readFile(join(folder, 'forged')))
    expect(codesOf((await archivesSeen(tenantId)).findings)).toEqual(['archive_damaged', 'entry_changed'])
    await writeFile(path, bytes.subarray(0, bytes.length / 2))
    expect(codesOf((await archivesSeen(tenantId)).findings)).toContain('archive_damaged')
    await rm(path)
    expect(codesOf((await archivesSeen(tenantId)).findings)).toEqual(['archive_missing'])
  })

  test('is dropped once it has been kept as long as the register says, and that is recorded', async () => {
    const tenant = await newTenant()
    const { tenantId } = tenant
    const twoYears = changing('keep_service_running', one => ({
      ...one,
      retention: one.retention.map(kept => (kept.record === 'audit_records' ? { ...kept, days: 731 } : kept)),
    }))
    await publishChanged(world, twoYears, tenantId)
    const tenYears = await newTenant()
    await later(tenant, 93)
    await archive(tenantId)
    await later(tenant, 365)
    await archive(tenantId)
    expect((await filesOf(tenantId)).length).toBe(2)
    await later(tenant, 400)
    await archive(tenantId)
    // The first two are older than two years by now, the third is not.
    expect(await filesOf(tenantId)).toEqual([expect.stringContaining('-000000000005-000000000005')])
    expect((await archivesSeen(tenantId)).findings).toEqual([])
    const [dropped] = await asSuperuser(
      world.database,
      sql =>
        sql`select count(*)::int as count from audit_log where tenant_id = ${tenantId} and action = 'audit-log.drop-archive'`,
    )
    expect(dropped?.count).toBe(2)
    expect(await tenant.verifyWithOutside()).toEqual([])
    await later(tenYears, 800)
    await archive(tenYears.tenantId)
    expect(await filesOf(tenYears.tenantId)).toHaveLength(1)
  })
})

async function* lines(gzipped: Buffer, change: (text: string) => string): AsyncGenerator<string> {
  const { gunzipSync } = await import('node:zlib')
  yield change(gunzipSync(gzipped).toString('utf8')).trimEnd()
}
