// The audit log: appending while it is sealed against appending alone, and verifying against hashing the same bytes.
import { hash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import postgres from 'postgres'
import { eachLineOf } from '../../src/cli/audit-files.ts'
import { type Database, openDatabase } from '../../src/db/client.ts'
import { BLOCKS_AT_ONCE, checkBlocks } from '../../src/domain/audit/check-blocks.ts'
import { linesOfBlock, readBlocks } from '../../src/domain/audit/export-audit.ts'
import { endLine, headLine, readHashedLine } from '../../src/domain/audit/export-lines.ts'
import { BLOCK_ROWS_MAX, sealAudit } from '../../src/domain/audit/seal-audit.ts'
import { createExportVerifier } from '../../src/domain/audit/verify-export.ts'
import type { Measured } from './run.ts'
import { openBenchSite } from './site.ts'

/** How many rows are verified. */
const ROWS = Number(process.env.BENCH_AUDIT_ROWS ?? 1_000_000)
const WRITERS = 8
const ROUND_MS = 4_000
const ROUNDS = 3
const SEAL_EVERY_MS = 1_000
const CLOCK = { now: () => new Date(), wall: () => new Date() }

export async function benchAudit(): Promise<Measured[]> {
  const site = await openBenchSite()
  const folder = await mkdtemp(join(tmpdir(), 'panless-bench-audit-'))
  const db = openDatabase({ url: site.postgres.appSocketUrl, poolMax: WRITERS + 1 })
  try {
    return [
      await measureAppend(db),
      ...(await measureVerify(db, site.postgres.superuserUrl, join(folder, 'export.ndjson'))),
    ]
  } finally {
    await db.close()
    await site.close()
    await rm(folder, { recursive: true, force: true })
  }
}

/** Rounds with and without a sealer take turns, so that both meet the same machine. */
async function measureAppend(db: Database): Promise<Measured> {
  const counts = { alone: 0, sealed: 0 }
  await appendFor(db, 1_000)
  for (let round = 0; round < ROUNDS; round++) {
    counts.alone += await appendFor(db, ROUND_MS)
    const stop = new AbortController()
    const sealing = sealUntil(db, stop.signal)
    counts.sealed += await appendFor(db, ROUND_MS)
    stop.abort()
    await sealing
  }
  const perSecond = (count: number) => Math.round((count * 1_000) / (ROUNDS * ROUND_MS))
  return {
    what: 'Audit append while sealing ÷ without',
    value: counts.sealed / counts.alone,
    target: 0.93,
    better: 'at least',
    figures: `${perSecond(counts.sealed)}/s with a sealer that comes every second, ${perSecond(counts.alone)}/s without, ${WRITERS} writers, each entry its own transaction`,
  }
}

async function appendFor(db: Database, ms: number): Promise<number> {
  const until = performance.now() + ms
  let done = 0
  const writer = async () => {
    while (performance.now() < until) {
      await db.sql`select panless_enter_tenant('append'), panless_append_audit('append', now(), ${ENTRY}::text::jsonb)`
      done++
    }
  }
  await Promise.all(Array.from({ length: WRITERS }, writer))
  return done
}

const ENTRY = JSON.stringify({
  id: 'audt_01kb2c3d4e5f6g7h8j9k0m1n2p',
  actor_kind: 'service',
  actor_id: 'billing/billing-subject',
  action: 'charge.create',
  outcome: 'ok',
  object_type: 'charge',
  object_id: 'chrg_01kb2c3d4e5f6g7h8j9k0m1n2p',
  payer_id: 'payer_01kb2c3d4e5f6g7h8j9k0m1n2p',
  request_id: '7c9e6679-7425-40de-944b-e07fc1f90ae7',
  address_hash: `\\x${'ab'.repeat(32)}`,
  details: { amount: 4800, currency: 'usd', token: 'vtok_test_01kb2c3d4e5f6g7h8j9k0m1n2p' },
})

async function sealUntil(db: Database, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const { more } = await sealAudit({ db, clock: CLOCK }, 'append')
    if (!more) await new Promise(resolve => setTimeout(resolve, SEAL_EVERY_MS))
  }
}

/**
 * Held against pure hashing in the verifier's own language, by one process, of bytes that lie ready: no column is read, no
 * text composed, nothing ordered, compared or parsed. In Postgres that is SHA-256 of each entry's text and the Merkle root of
 * each block's hashes, in Node SHA-256 of each entry's text, of a leaf and of a node, which a tree has one of for each entry.
 */
async function measureVerify(db: Database, superuserUrl: string, file: string): Promise<Measured[]> {
  const owner = postgres(superuserUrl, { max: 1, onnotice: () => {} })
  await fill(owner, db)
  await writeExport(db, file)
  // In turn, and the best of each: what else the machine does is none of theirs.
  const ways = {
    pureSql: () => timed(() => hashInSql(owner)),
    sql: () => timed(() => verifyInSql(db, 2)),
    sqlAlone: () => timed(() => verifyInSql(db, 1)),
    pure: () => hashOnly(file),
    independent: () => timed(() => verifyFile(file)),
  }
  const best = new Map<string, number>()
  for (let round = 0; round < ROUNDS; round++) {
    for (const [way, run] of Object.entries(ways))
      best.set(way, Math.min(best.get(way) ?? Number.POSITIVE_INFINITY, await run()))
  }
  await owner.end()
  const ms = (way: keyof typeof ways) => best.get(way) as number
  const seconds = (way: keyof typeof ways) => `${(ms(way) / 1_000).toFixed(2)} s`
  const rows = ROWS.toLocaleString('en')
  return [
    {
      what: `Verifying ${rows} entries in SQL ÷ pure hashing in SQL`,
      value: ms('sql') / ms('pureSql'),
      target: 1.5,
      better: 'at most',
      figures: `${seconds('sql')} in two processes of Postgres, ${seconds('sqlAlone')} in one; pure hashing in one ${seconds('pureSql')}`,
    },
    {
      what: `Verifying ${rows} entries independently ÷ pure hashing in Node`,
      value: ms('independent') / ms('pure'),
      target: 2.5,
      better: 'at most',
      figures: `${seconds('independent')}, reading the file included; pure hashing ${seconds('pure')}`,
    },
  ]
}

/** Entries, their blocks, and beside them the bytes that are hashed. */
async function fill(owner: postgres.Sql, db: Database): Promise<void> {
  // Ids of letters, as real ones nearly are: those of digits alone would be looked at as card numbers, one by one.
  await owner`
    insert into audit_log (tenant_id, id, at, actor_kind, actor_id, action, outcome, object_type, object_id, payer_id,
                           request_id, address_hash, details, transaction_id, row_hash)
    select 'verify', 'audt_' || w.name, now(), 'service', 'billing/billing-subject', 'charge.create', 'ok',
           'charge', 'chrg_' || w.name, 'payer_' || right(w.name, 3), gen_random_uuid()::text,
           sha256(w.name::bytea), jsonb_build_object('amount', i, 'currency', 'usd', 'token', 'vtok_test_' || w.name), '', ''
      from generate_series(1, ${ROWS}) i, translate(lpad(i::text, 26, '0'), '0123456789', 'abcdefghij') as w(name)`
  while ((await sealAudit({ db, clock: CLOCK }, 'verify')).more) {}
  await owner`
    create unlogged table bench_texts as
    select convert_to(text, 'UTF8') as bytes from audit_texts where tenant_id = 'verify'`
  await owner`
    create unlogged table bench_blocks as
    select string_agg(row_hash, ''::bytea order by place) as hashes
      from (select row_hash, row_number() over (order by transaction_number, sequence) - 1 as place
              from audit_log where tenant_id = 'verify') r
     group by place / ${BLOCK_ROWS_MAX}`
  await owner.unsafe('vacuum analyze audit_log, audit_blocks, bench_texts, bench_blocks')
  await owner.unsafe('set max_parallel_workers_per_gather = 0')
}

/** A block's hashes are read as a whole, once: by itself each part of them would be fetched from its table. */
async function hashInSql(owner: postgres.Sql): Promise<void> {
  await owner`
    select (select sum(length(sha256(bytes))) from bench_texts),
           (select sum(length(panless_merkle_root(hashes || ''::bytea))) from bench_blocks)`
}

async function timed(work: () => Promise<void>): Promise<number> {
  const began = performance.now()
  await work()
  return performance.now() - began
}

async function writeExport(db: Database, file: string): Promise<void> {
  async function* lines() {
    yield `${headLine({ tenant: 'verify', region: 'test-region', at: new Date() })}\n`
    const counts = { blocks: 0, rows: 0 }
    const end = { block: Number.MAX_SAFE_INTEGER, checkpoint: 0 }
    for (let after = 0; ; ) {
      const blocks = await db.transaction('verify', tx => readBlocks(tx, after, end))
      if (blocks.length === 0) break
      for (const block of blocks) {
        for (const line of linesOfBlock(block)) yield `${line}\n`
        counts.blocks++
        counts.rows += block.rows.length
        after = block.number
      }
    }
    yield `${endLine(counts)}\n`
  }
  await pipeline(Readable.from(lines()), createWriteStream(file))
}

async function hashOnly(file: string): Promise<number> {
  const leaf = Buffer.alloc(33)
  const node = Buffer.alloc(65)
  let ready: Buffer[] = []
  let ms = 0
  const hashReady = () => {
    const began = performance.now()
    for (const text of ready) for (const bytes of [text, leaf, node]) hash('sha256', bytes)
    ms += performance.now() - began
    ready = []
  }
  await eachLineOf(file, line => {
    const hashed = readHashedLine(line)
    if (hashed?.kind === 'row') ready.push(hashed.text)
    if (ready.length === BLOCK_ROWS_MAX) hashReady()
  })
  hashReady()
  return ms
}

async function verifyInSql(db: Database, processes: 1 | 2): Promise<void> {
  let entries = 0
  for (let after = 0, more = true; more; ) {
    const blocks = await db.transaction('verify', async tx => {
      if (processes === 1) await tx.sql`set local max_parallel_workers_per_gather = 0`
      return checkBlocks(tx, after)
    })
    if (blocks.some(block => !block.rootFits || !block.hashFits || block.rowsChanged.length > 0))
      throw new Error('a sound log was found at fault')
    for (const block of blocks) entries += block.rowsFound
    after = blocks.at(-1)?.number ?? after
    more = blocks.length === BLOCKS_AT_ONCE
  }
  if (entries !== ROWS) throw new Error(`${entries} entries were verified`)
}

async function verifyFile(file: string): Promise<void> {
  const verifier = createExportVerifier(() => null)
  await eachLineOf(file, line => verifier.take(line))
  const { ok, entries } = verifier.end()
  if (!ok || entries !== ROWS) throw new Error('a sound export was found at fault')
}
