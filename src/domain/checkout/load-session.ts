// Reads a checkout session.

import type { TokenLimits } from '../../db/schema/payers.ts'
import type { Tx } from '../context.ts'
import { notFound } from '../errors.ts'
import { isId } from '../ids.ts'
import { requireLiving } from '../payers/payer-erased.ts'
import type { SessionRow } from '../tokens/prepare-tokenize.ts'

export type StoredSession = SessionRow & { limits: TokenLimits | null; expires_at: Date; created_at: Date }

/** @throws not_found, payer_erased */
export async function loadSession(tx: Tx, sessionId: string): Promise<StoredSession> {
  if (!isId('session', sessionId)) throw notFound()
  const [row] = await tx.sql<(StoredSession & { payer_status: string })[]>`
    select s.*, p.status as payer_status
      from checkout_sessions s join payers p on p.tenant_id = s.tenant_id and p.id = s.payer_id
     where s.tenant_id = ${tx.tenantId} and s.id = ${sessionId}`
  if (!row) throw notFound()
  requireLiving(row.payer_status)
  return row
}
