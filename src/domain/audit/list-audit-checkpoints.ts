// Lists the signed checkpoints of a tenant's audit log, newest or oldest first, and what became of their copies outside.
import { z } from 'zod'
import type { Ctx } from '../context.ts'
import { keyOfCursor, type Page, pageQuery, sortQuery, toPage } from '../page.ts'
import { parseInput } from '../parse-input.ts'
import { requirePermission } from '../permissions.ts'
import { write } from '../write.ts'

export const listAuditCheckpointsQuery = z.strictObject({ ...pageQuery, ...sortQuery })

export const auditCheckpointSchema = z
  .object({
    id: z.string(),
    object: z.literal('audit_checkpoint'),
    number: z.int(),
    block: z.int(),
    entries_through: z.int().describe('Entries of this block and all before it.'),
    head: z.string().describe('The hash of that block.'),
    statement: z.string().describe('Signed (JWS, EdDSA) with a key of /.well-known/jwks.json.'),
    created_at: z.iso.datetime(),
    copies: z.array(
      z.object({
        place: z.enum(['file', 'bucket', 'time-stamp']),
        status: z.enum(['waiting', 'written', 'contradicted']),
        written_at: z.iso.datetime().nullable(),
        error: z.string().nullable(),
        evidence: z
          .string()
          .nullable()
          .describe('What the place gave back, in base64: a time-stamp token of RFC 3161.'),
      }),
    ),
  })
  .meta({ id: 'AuditCheckpoint' })

export type AuditCheckpointView = z.infer<typeof auditCheckpointSchema>

type Row = {
  id: string
  number: number
  block_number: number
  rows_through: number
  head: Buffer
  statement: string
  created_at: Date
  copies: AuditCheckpointView['copies']
}

/** Recorded. @throws insufficient_scope, validation_failed */
export async function listAuditCheckpoints(ctx: Ctx, query: unknown): Promise<Page<AuditCheckpointView>> {
  requirePermission(ctx, 'listAuditCheckpoints')
  const wanted = parseInput(listAuditCheckpointsQuery, query)
  const after = keyOfCursor(wanted.cursor, /^\d{1,15}$/)
  const oldest = wanted.sort === 'oldest'
  return write(ctx, async ({ sql }) => {
    const rows = await sql<Row[]>`
      select k.id, k.number, k.block_number, k.rows_through, k.head, k.statement, k.created_at,
             (select coalesce(json_agg(json_build_object('place', c.sink, 'status', c.status,
                'written_at', to_char(c.written_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'error', c.error_code,
                'evidence', translate(encode(c.evidence, 'base64'), E'\n', '')) order by c.sink), '[]')
                from audit_checkpoint_copies c
               where c.tenant_id = k.tenant_id and c.checkpoint_number = k.number) as copies
        from audit_checkpoints k
       where k.tenant_id = ${ctx.tenantId}
         ${after === undefined ? sql`` : oldest ? sql`and k.number > ${after}` : sql`and k.number < ${after}`}
       order by k.number ${oldest ? sql`asc` : sql`desc`} limit ${wanted.limit + 1}`
    return {
      value: toPage([...rows], wanted.limit, row => row.number, showCheckpoint),
      audit: { action: 'audit-log.read', object: { type: 'audit_checkpoints', id: null } },
    }
  })
}

const showCheckpoint = (row: Row): AuditCheckpointView => ({
  id: row.id,
  object: 'audit_checkpoint',
  number: row.number,
  block: row.block_number,
  entries_through: row.rows_through,
  head: row.head.toString('hex'),
  statement: row.statement,
  created_at: row.created_at.toISOString(),
  copies: row.copies,
})
