// A checkpoint: a signed statement of how far the chain of blocks had come, and with which hash.
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { TokenRefused } from '../../crypto/compact-jws.ts'

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

export type VerifyCheckpoint = (statement: string) => Record<string, unknown>

/** What a statement says; null when it is not signed by one of the keys, or says something else than a checkpoint does. */
export function readCheckpoint(statement: string, verify: VerifyCheckpoint): CheckpointPayload | null {
  try {
    return checkpointPayload.safeParse(verify(statement)).data ?? null
  } catch (error) {
    if (error instanceof TokenRefused) return null
    throw error
  }
}

export const statementHash = (statement: string): Buffer => createHash('sha256').update(statement).digest()
