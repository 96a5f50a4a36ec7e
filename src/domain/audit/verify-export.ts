// The independent verifier: judges an export with nothing but public keys, and outside checkpoints where they are given.
// It streams: one line, one node a level of the tree, and the outside checkpoints are all that it holds.
import { hash as digest } from 'node:crypto'
import { createMerkleStream, type MerkleStream } from '../../crypto/merkle-stream.ts'
import type { StatementReader } from '../../crypto/signed-statement.ts'
import { readArchive } from './archive.ts'
import {
  type BlockFacts,
  CHAIN_START,
  type ChainEnd,
  type ChangedRow,
  judgeBlock,
  judgeChanged,
} from './chain-check.ts'
import { type CheckpointPayload, readCheckpoint, statementHash } from './checkpoint.ts'
import { type ArchiveStart, archiveStart, EXPORT_FORMAT, type HashedLine, readHashedLine } from './export-lines.ts'
import { type AuditFinding, distinct, finding } from './finding.ts'
import { judgeCheckpoint, misplaced, predecessorMissing } from './judge-checkpoint.ts'
import type { OutsideCheckpoints } from './outside-checkpoints.ts'

/** Rows that do not fit and are kept for words about them; all are counted. */
const CHANGED_MAX = 200

export type ExportVerdict = {
  ok: boolean
  tenant: string | null
  /** Whether it is an archive, of which nothing says that the chain ends with it. */
  part: boolean
  /** The block that it begins after, which an archive ends with; 0 for the whole chain. */
  after_block: number
  blocks: number
  entries: number
  unsealed: number
  checkpoints: number
  outside_checkpoints: number
  last_block: { number: number; hash: string; entries_through: number }
  findings: AuditFinding[]
}

export type ExportVerifier = {
  take(line: Buffer): void
  end(): ExportVerdict
}

type BlockFields = {
  tenant: string
  number: number
  rowCount: number
  rowsThrough: number
  root: string
  previousHash: string
}
type OpenBlock = { line: HashedLine; fields: BlockFields; found: number; changed: ChangedRow[] }

/** Where the reading of an export has come to. */
type Reading = {
  read: StatementReader
  outsideOf: (tenantId: string) => OutsideCheckpoints | null
  outside: OutsideCheckpoints | null
  tree: MerkleStream
  tenant: string | null
  end: ChainEnd
  /** A checkpoint of this block, the one before the last, comes too late. */
  passed: number
  open: OpenBlock | null
  unsealed: { rows: number; changed: ChangedRow[] } | null
  lastCheckpoint: { number: number; hash: string } | null
  /** Whether it is an archive, which does not end the chain. */
  part: boolean
  after: number
  /** Checkpoints of blocks that have not come yet. */
  beyond: CheckpointPayload[]
  /** What the last line says of the whole. */
  told: { blocks: number; rows: number } | null
  counts: { blocks: number; entries: number; checkpoints: number; outside: number }
  findings: AuditFinding[]
}

/** `outsideOf`: checkpoints of a tenant that were kept elsewhere; null when nothing is known of it. */
export function createExportVerifier(
  read: StatementReader,
  outsideOf: (tenantId: string) => OutsideCheckpoints | null = () => null,
): ExportVerifier {
  const reading: Reading = {
    read,
    outsideOf,
    outside: null,
    tree: createMerkleStream(),
    tenant: null,
    end: CHAIN_START,
    passed: 0,
    open: null,
    unsealed: null,
    lastCheckpoint: null,
    part: false,
    after: 0,
    beyond: [],
    told: null,
    counts: { blocks: 0, entries: 0, checkpoints: 0, outside: 0 },
    findings: [],
  }
  return {
    take(line) {
      const hashed = readHashedLine(line)
      if (hashed?.kind === 'row') takeRow(reading, hashed)
      else if (hashed) takeBlock(reading, hashed)
      else takeOther(reading, line)
    },
    end: () => conclude(reading),
  }
}

function damaged({ findings }: Reading, detail: string): void {
  if (findings.at(-1)?.detail !== detail) findings.push(finding('export_damaged', detail))
}

function takeRow(reading: Reading, line: HashedLine): void {
  const into = reading.unsealed ?? reading.open
  if (into === null) {
    damaged(reading, 'An entry stands before the first block.')
    return
  }
  if (digest('sha256', line.text) !== line.hash && into.changed.length < CHANGED_MAX)
    into.changed.push(changedRow(line))
  if (reading.unsealed) {
    reading.unsealed.rows++
  } else if (reading.open) {
    reading.tree.add(line.hash)
    reading.open.found++
  }
}

function takeBlock(reading: Reading, line: HashedLine): void {
  closeBlock(reading)
  const fields = blockFields(line.text)
  if (fields === null) {
    damaged(reading, 'A block cannot be read.')
    return
  }
  if (fields.tenant !== reading.tenant) damaged(reading, 'A block belongs to another tenant.')
  reading.open = { line, fields, found: 0, changed: [] }
}

function closeBlock(reading: Reading): void {
  const { open, outside, counts, findings } = reading
  if (open === null) return
  const facts: BlockFacts = {
    ...open.fields,
    hash: open.line.hash,
    hashFits: digest('sha256', open.line.text) === open.line.hash,
    rootFits: reading.tree.end() === open.fields.root,
    rowsFound: open.found,
    rowsChanged: open.changed,
  }
  findings.push(...judgeBlock(reading.end, facts))
  reading.passed = reading.end.number
  reading.end = { number: facts.number, hash: facts.hash, rowsThrough: facts.rowsThrough }
  reading.open = null
  counts.blocks++
  counts.entries += open.found
  for (const checkpoint of outside?.ofBlock(facts.number) ?? []) {
    counts.outside++
    findings.push(...judgeCheckpoint(checkpoint, facts, facts))
  }
}

function takeCheckpoint(reading: Reading, statement: string): void {
  closeBlock(reading)
  const { end, findings, outside, lastCheckpoint: before } = reading
  reading.counts.checkpoints++
  const payload = readCheckpoint(statement, reading.read)
  if (payload === null || payload.tenant !== reading.tenant) {
    const detail = 'A checkpoint is not one that was signed with these keys.'
    findings.push(finding('checkpoint_forged', detail, { block: end.number }))
    return
  }
  const { checkpoint, block } = payload
  const hash = statementHash(statement).toString('hex')
  const kept = outside?.statementHashOf(checkpoint)
  if (kept !== undefined && kept !== hash) {
    const detail = 'Another checkpoint of this number was kept outside.'
    findings.push(finding('checkpoint_replaced', detail, { checkpoint, block }))
  }
  if (before === null ? checkpoint !== 1 : payload.previous !== before.hash)
    findings.push(predecessorMissing(checkpoint))
  reading.lastCheckpoint = { number: checkpoint, hash }
  if (block > end.number) reading.beyond.push(payload)
  else if (block <= reading.passed) findings.push(misplaced(payload))
  else findings.push(...judgeCheckpoint(payload, block === end.number ? end : undefined, end))
}

function takeOther(reading: Reading, line: Buffer): void {
  const value = parseLine(line)
  switch (value?.kind) {
    case 'export':
    case 'archive':
      begin(reading, value)
      break
    case 'checkpoint':
      takeCheckpoint(reading, String(value.statement))
      break
    case 'unsealed':
      closeBlock(reading)
      reading.unsealed = { rows: 0, changed: [] }
      break
    case 'end':
      reading.told = { blocks: Number(value.blocks), rows: Number(value.rows) }
      break
    default:
      damaged(reading, 'A line is none of an export.')
  }
}

function begin(reading: Reading, { kind, format, tenant, after = null }: Record<string, unknown>): void {
  if (reading.tenant !== null) {
    damaged(reading, 'The export begins a second time.')
    return
  }
  if (format !== EXPORT_FORMAT) damaged(reading, 'The export is of a format that this version does not know.')
  reading.part = kind === 'archive'
  reading.tenant = String(tenant)
  reading.outside = reading.outsideOf(reading.tenant)
  const start = archiveStart.nullable().safeParse(after)
  if (!start.success) damaged(reading, 'Where the export begins cannot be read.')
  else if (start.data && start.data.number > 0) beginAfter(reading, start.data)
}

/** What was left out before is no loss only if an archive that we signed holds it. */
function beginAfter(reading: Reading, { number, hash, rowsThrough, checkpoint, archive }: ArchiveStart): void {
  const { findings, outside, counts } = reading
  const said = archive === null ? null : readArchive(archive, reading.read)
  if (said?.tenant !== reading.tenant || said.last_block !== number || said.head !== hash) {
    const detail = `The export begins after block ${number}, and no archive that was signed with these keys ends with it.`
    findings.push(finding('archive_forged', detail, { block: number }))
  }
  reading.after = number
  reading.passed = number - 1
  reading.end = { number, hash, rowsThrough }
  reading.lastCheckpoint = checkpoint
  for (const kept of outside?.ofBlock(number) ?? []) {
    counts.outside++
    findings.push(...judgeCheckpoint(kept, reading.end, reading.end))
  }
}

function conclude(reading: Reading): ExportVerdict {
  closeBlock(reading)
  const { end, findings, outside, counts, told, unsealed } = reading
  const rows = counts.entries + (unsealed?.rows ?? 0)
  if (told === null || told.blocks !== counts.blocks || told.rows !== rows)
    damaged(reading, 'The export is not whole: it ends elsewhere than it says.')
  if (unsealed) findings.push(...judgeChanged({ number: null, rowsChanged: unsealed.changed }))
  for (const early of reading.beyond)
    findings.push(...(early.block > end.number ? judgeCheckpoint(early, undefined, end) : [misplaced(early)]))
  for (const checkpoint of reading.part ? [] : (outside?.beyond(end.number) ?? [])) {
    counts.outside++
    findings.push(...judgeCheckpoint(checkpoint, undefined, end))
  }
  if (!reading.part) findings.push(...(outside?.missing(reading.lastCheckpoint?.number ?? 0) ?? []))
  return {
    ok: findings.length === 0,
    tenant: reading.tenant,
    part: reading.part,
    after_block: reading.after,
    blocks: counts.blocks,
    entries: counts.entries,
    unsealed: unsealed?.rows ?? 0,
    checkpoints: counts.checkpoints,
    outside_checkpoints: counts.outside,
    last_block: { number: end.number, hash: end.hash, entries_through: end.rowsThrough },
    findings: distinct(findings),
  }
}

function parseLine(line: Buffer): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(line.toString('utf8'))
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}

function blockFields(text: Buffer): BlockFields | null {
  const value = parseLine(text) as unknown
  if (!Array.isArray(value) || value[0] !== 'panless audit block' || value[1] !== 1) return null
  const [, , tenant, number, rowCount, rowsThrough, , , root, previousHash] = value
  // A block of no whole number would slip in between those that checkpoints are of.
  if (![number, rowCount, rowsThrough].every(Number.isSafeInteger)) return null
  return { tenant, number, rowCount, rowsThrough, root, previousHash }
}

/** The id and the number of a row that does not fit, as far as its text can still be read. */
function changedRow({ text, hash }: HashedLine): ChangedRow {
  const value = parseLine(text) as unknown
  const fields: unknown[] = Array.isArray(value) ? value : []
  const [sequence, id] = fields[0] === 2 ? [fields[3], fields[5]] : [fields[1], fields[2]]
  return { id: String(id ?? 'unreadable'), sequence: Number(sequence ?? 0), text: text.toString('utf8'), hash }
}
