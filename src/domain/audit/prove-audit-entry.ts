// Proves one entry: the path from its hash to its block's root, and the chain from that block to a signed checkpoint.
import { z } from 'zod'
import { inclusionPath, leafHash } from '../../crypto/merkle-tree.ts'
import type { Ctx, Tx } from '../context.ts'
import { DomainError, notFound } from '../errors.ts'
import { requirePermission } from '../permissions.ts'
import { write } from '../write.ts'
import { BLOCKS_BETWEEN_MAX } from './make-checkpoint.ts'
import { BLOCK_ROWS_MAX } from './seal-audit.ts'
import { timesOfEntry } from './times-of-entry.ts'

/** Blocks from an entry's own to the checkpoint's: one round of sealing may come on top. */
const CHAIN_MAX = 2 * BLOCKS_BETWEEN_MAX

const blockSchema = z.object({
  number: z.int(),
  hash: z.string().describe('SHA-256 of the bytes of `text`.'),
  text: z
    .string()
    .describe('A JSON array: what it is, 1, tenant, number, entries, entries through, end, root, previous hash, time.'),
})

export const auditProofSchema = z
  .object({
    object: z.literal('audit_proof'),
    entry: z.string(),
    text: z.string().describe('Everything that the entry says, as one JSON array; what its hash is of.'),
    row_hash: z.string().describe('SHA-256 of the bytes of `text`.'),
    leaf_hash: z.string().describe('SHA-256 of a byte 0 and the row hash (RFC 6962 section 2.1).'),
    index: z.int().describe('The place of the leaf in the tree, from 0.'),
    tree_size: z.int(),
    path: z.array(z.string()).describe('The nodes from the leaf up that give the root, as in RFC 9162 section 2.1.3.'),
    root: z.string(),
    chain: z.array(blockSchema).describe("The entry's block and those after it, to the block of the checkpoint."),
    checkpoint: z.object({
      number: z.int(),
      statement: z
        .string()
        .describe('Signed with a key of /.well-known/jwks.json; names the hash of the last block of `chain`.'),
    }),
  })
  .meta({ id: 'AuditProof' })

export type AuditProof = z.infer<typeof auditProofSchema>

/** Recorded. @throws insufficient_scope, not_found, not_sealed_yet */
export async function proveAuditEntry(ctx: Ctx, id: string): Promise<AuditProof> {
  requirePermission(ctx, 'proveAuditEntry')
  return write(ctx, async tx => {
    const row = await findRow(tx, id)
    const block = await blockOf(tx, row)
    const { chain, checkpoint } = await chainToCheckpoint(tx, block.number)
    const rows = await tx.sql<{ row_hash: Buffer; sequence: number }[]>`
      select a.row_hash, a.sequence from audit_log a
       where a.tenant_id = ${tx.tenantId}
         and (a.transaction_number, a.sequence) > (${block.from_transaction}, ${block.from_sequence})
         and (a.transaction_number, a.sequence) <= (${block.end_transaction}, ${block.end_sequence})
       order by a.transaction_number, a.sequence limit ${BLOCK_ROWS_MAX}`
    const leaves = rows.map(one => leafHash(one.row_hash))
    const index = rows.findIndex(one => one.sequence === row.sequence)
    const proof: AuditProof = {
      object: 'audit_proof',
      entry: id,
      text: row.text,
      row_hash: row.row_hash.toString('hex'),
      leaf_hash: leafHash(row.row_hash).toString('hex'),
      index,
      tree_size: leaves.length,
      path: inclusionPath(leaves, index).map(node => node.toString('hex')),
      root: block.root.toString('hex'),
      chain,
      checkpoint,
    }
    return { value: proof, audit: { action: 'audit-log.prove', object: { type: 'audit_entry', id } } }
  })
}

type EntryRow = { sequence: number; transaction_number: number; row_hash: Buffer; text: string }

/** By the time in its id, since the log has no index of ids. */
async function findRow({ sql, tenantId }: Tx, id: string): Promise<EntryRow> {
  const { from, to } = timesOfEntry(id)
  const [row] = await sql<EntryRow[]>`
    select t.sequence, t.transaction_number, t.row_hash, t.text
      from audit_log a join audit_texts t on t.tenant_id = a.tenant_id and t.sequence = a.sequence
     where a.tenant_id = ${tenantId} and a.id = ${id}
       and a.at between ${from} and ${to}`
  if (!row) throw notFound()
  return row
}

type BlockRow = {
  number: number
  root: Buffer
  end_transaction: number
  end_sequence: number
  from_transaction: number
  from_sequence: number
}

async function blockOf({ sql, tenantId }: Tx, row: EntryRow): Promise<BlockRow> {
  const [block] = await sql<BlockRow[]>`
    select b.number, b.root, b.end_transaction, b.end_sequence,
           coalesce(p.end_transaction, 0) as from_transaction, coalesce(p.end_sequence, 0) as from_sequence
      from audit_blocks b left join audit_blocks p on p.tenant_id = b.tenant_id and p.number = b.number - 1
     where b.tenant_id = ${tenantId} and (b.end_transaction, b.end_sequence) >= (${row.transaction_number}, ${row.sequence})
     order by b.end_transaction, b.end_sequence limit 1`
  if (!block) throw notYet('The entry is not sealed yet. Ask again in a minute.')
  return block
}

async function chainToCheckpoint({ sql, tenantId }: Tx, from: number) {
  const [checkpoint] = await sql<{ number: number; block_number: number; statement: string }[]>`
    select number, block_number, statement from audit_checkpoints
     where tenant_id = ${tenantId} and block_number >= ${from} order by block_number limit 1`
  if (!checkpoint) throw notYet('The entry is sealed, and no checkpoint of it is signed yet. Ask again in a minute.')
  const chain = await sql<z.infer<typeof blockSchema>[]>`
    select b.number, encode(b.hash, 'hex') as hash, panless_audit_block_text(b) as text from audit_blocks b
     where b.tenant_id = ${tenantId} and b.number between ${from} and ${checkpoint.block_number}
     order by b.number limit ${CHAIN_MAX}`
  return { chain: [...chain], checkpoint: { number: checkpoint.number, statement: checkpoint.statement } }
}

const notYet = (detail: string) => new DomainError('not_sealed_yet', detail, { retryAfterSeconds: 60 })
