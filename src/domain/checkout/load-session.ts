// Reads a checkout session.
import type { TokenLimits } from '../../db/schema/payers.ts'
import type { Tx } from '../context.ts'
import { notFound } from '../errors.ts'
import { isId } from '../ids.ts'
import type { SessionRow } from '../tokens/prepare-tokenize.ts'

export type StoredSession = SessionRow & { limits: TokenLimits | null; expires_at: Date; created_at: Date }

/** @throws not_found */
export async function loadSession(tx: Tx, sessionId: string): Promise<StoredSession> {
  if (!isId('session', sessionId)) throw notFound()
  const [row] = await tx.sql<StoredSession[]>`
    select * from checkout_sessions where tenant_id = ${tx.tenantId} and id = ${sessionId}`
  if (!row) throw notFound()
  return row
}
