// A checkpoint: a signed statement of how far the chain of blocks had come, and with which hash.
import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { StatementReader } from '../../crypto/signed-statement.ts'

const hash = z.string().regex(/^[0-9a-f]{64}$/)
const number = z.int().min(1)

/** What the statement says. */
export const checkpointPayload = z.strictObject({
  id: z.string(),
  tenant: z.string(),
  checkpoint: number,
  block: number,
  rows: number,
  head: hash.describe('The hash of that block.'),
  at: z.iso.datetime(),
  previous: hash.nullable().describe('SHA-256 of the statement before.'),
})

export type CheckpointPayload = z.infer<typeof checkpointPayload>

/** What a statement says; null when it is not signed by one of the keys, or says something else than a checkpoint does. */
export const readCheckpoint = (statement: string, read: StatementReader): CheckpointPayload | null =>
  checkpointPayload.safeParse(read('checkpoint', statement)).data ?? null

export const statementHash = (statement: string): Buffer => createHash('sha256').update(statement).digest()
