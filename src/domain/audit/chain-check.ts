// Judges blocks one after the other: what they say, how they hang together, and whether they hold the rows they sealed.
// Pure, so that the database's own check and the one of an export come to the same words.
import { createHash } from 'node:crypto'
import { type AuditFinding, counted, finding } from './finding.ts'

/** A row whose hash does not fit its text. */
export type ChangedRow = { id: string; sequence: number; text: string; hash: string }

export type BlockFacts = {
  number: number
  rowCount: number
  rowsThrough: number
  hash: string
  previousHash: string
  /** Whether the hash is that of what the block says. */
  hashFits: boolean
  /** Whether the root is that of the hashes of the rows that were found. */
  rootFits: boolean
  rowsFound: number
  /** Whether a signed archive holds its rows, which then need not be here. */
  archived?: boolean
  rowsChanged: readonly ChangedRow[]
}

export type ChainEnd = { number: number; hash: string; rowsThrough: number }

/** Before the first block. */
export const CHAIN_START: ChainEnd = { number: 0, hash: '0'.repeat(64), rowsThrough: 0 }

/** Rows of a block that are tried for having changed places; pairs grow with the square. */
const MOVED_MAX = 200

/** What is wrong with a block that follows `before`. */
export function judgeBlock(before: ChainEnd, block: BlockFacts): AuditFinding[] {
  const { number } = block
  const missing = number - before.number - 1
  const findings = judgeRows(block, missing > 0)
  if (!block.hashFits)
    findings.push(finding('block_changed', 'The block does not say what its hash is of.', { block: number }))
  if (missing > 0) {
    const which = missing === 1 ? `Block ${number - 1} is` : `Blocks ${before.number + 1} to ${number - 1} are`
    findings.push(finding('block_missing', `${which} not there.`, { block: before.number + 1 }))
  } else if (block.previousHash !== before.hash) {
    const detail = `The block follows another block ${before.number} than the one that is there.`
    findings.push(finding('chain_broken', detail, { block: number }))
  } else if (block.rowsThrough !== before.rowsThrough + block.rowCount) {
    findings.push(finding('chain_broken', 'The block counts on from another number of entries.', { block: number }))
  }
  return findings
}

function judgeRows(block: BlockFacts, afterGap: boolean): AuditFinding[] {
  const { number, rowCount, rowsFound } = block
  const findings = judgeChanged(block)
  // What a missing block held is counted to the one after it, so nothing can be said of its number.
  if (afterGap) return findings
  const sealed = `of ${counted(rowCount, 'entry', 'entries')} that the block sealed`
  if (block.archived && rowsFound === 0) return findings
  if (rowsFound < rowCount) {
    findings.push(finding('entries_missing', `${rowCount - rowsFound} ${sealed} are gone.`, { block: number }))
  } else if (rowsFound > rowCount) {
    const detail = `${counted(rowsFound - rowCount, 'entry stands', 'entries stand')} beside the ${rowCount} that the block sealed.`
    findings.push(finding('entries_added', detail, { block: number }))
  } else if (!block.rootFits) {
    const detail =
      'The entries are not those that the block sealed: rewritten with new hashes, exchanged, or in another order.'
    findings.push(finding('entries_replaced', detail, { block: number }))
  }
  return findings
}

/** Rows whose hash does not fit; `block` is null for rows that are not sealed yet. */
export function judgeChanged(block: { number: number | null; rowsChanged: readonly ChangedRow[] }): AuditFinding[] {
  const moved = movedRows(block.rowsChanged)
  const changed = block.rowsChanged.filter(row => !moved.has(row.id))
  const about = block.number === null ? {} : { block: block.number }
  const findings: AuditFinding[] = []
  if (moved.size > 0) {
    const detail = `${moved.size} entries have changed places: each says what it said, under the number of another.`
    findings.push(finding('entries_reordered', detail, { ...about, entries: [...moved] }))
  }
  if (changed.length > 0) {
    const detail = `${counted(changed.length, 'entry does', 'entries do')} not say what ${changed.length === 1 ? 'its hash is' : 'their hashes are'} of.`
    findings.push(finding('entry_changed', detail, { ...about, entries: changed.map(row => row.id) }))
  }
  return findings
}

/** Rows whose hash fits under the number of another row that does not fit either. */
function movedRows(rows: readonly ChangedRow[]): Set<string> {
  const moved = new Set<string>()
  if (rows.length > MOVED_MAX) return moved
  for (const row of rows) {
    const fits = (sequence: number) =>
      createHash('sha256')
        .update(row.text.replace(`,${row.sequence},`, `,${sequence},`))
        .digest('hex') === row.hash
    if (rows.some(other => other !== row && fits(other.sequence))) moved.add(row.id)
  }
  return moved
}
