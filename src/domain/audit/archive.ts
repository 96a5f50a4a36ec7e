// An archive of the audit log: which blocks a file holds, and the signed statement of it.
import { z } from 'zod'
import type { StatementReader } from '../../crypto/signed-statement.ts'
import type { Ctx, Tx } from '../context.ts'

const hash = z.string().regex(/^[0-9a-f]{64}$/)

const archivePayload = z.strictObject({
  tenant: z.string(),
  first_block: z.int(),
  last_block: z.int(),
  rows: z.int(),
  head: hash,
  file: z.string(),
  sha256: hash,
  at: z.iso.datetime(),
})

export type ArchivePayload = z.infer<typeof archivePayload>

export type ArchiveRow = {
  first_block: number
  last_block: number
  row_count: number
  file: string
  digest: Buffer
  statement: string
}

/** Archives of blocks from one number to another, the oldest first. */
export async function archivesOf({ sql, tenantId }: Tx, from: number, to: number): Promise<ArchiveRow[]> {
  return [
    ...(await sql<ArchiveRow[]>`
      select first_block, last_block, row_count, file, digest, statement from audit_archives
       where tenant_id = ${tenantId} and last_block >= ${from} and first_block <= ${to} order by first_block`),
  ]
}

/** What the statement of an archive says; null when it is not signed by one of the keys. */
export const readArchive = (statement: string, read: StatementReader): ArchivePayload | null =>
  archivePayload.safeParse(read('archive', statement)).data ?? null

/** Whether the row is what one of our keys signed. */
export function isSigned({ statements }: Pick<Ctx, 'statements'>, tenantId: string, row: ArchiveRow): boolean {
  const said = readArchive(row.statement, statements.read)
  return (
    said?.tenant === tenantId &&
    said.first_block === row.first_block &&
    said.last_block === row.last_block &&
    said.rows === row.row_count &&
    said.file === row.file &&
    said.sha256 === row.digest.toString('hex')
  )
}
