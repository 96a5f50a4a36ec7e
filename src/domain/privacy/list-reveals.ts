// Who looked at a person's real name or contacts, for the person's own access package.
import type { Ctx, Tx } from '../context.ts'
import { dataKeyOfRow, openJson } from '../payers/data-key.ts'
import { loadPayer } from '../payers/get-payer.ts'
import { reasonPlace } from '../payers/reveal-payer.ts'

export type RevealView = {
  id: string
  actor: { kind: string; id: string }
  purpose: string
  fields: string[]
  reason: string
  revealed_at: string
}

/** At 60 an hour for each actor this is far above what a person can be looked at. */
const REVEALS_MAX = 10_000

/** Newest first, in the caller's transaction; the reasons are opened. @throws not_found, payer_erased */
export async function listReveals(tx: Tx, ctx: Ctx, payerId: string): Promise<RevealView[]> {
  const payer = await dataKeyOfRow(ctx, await loadPayer(tx, payerId))
  const rows = await tx.sql<
    {
      id: string
      actor_kind: string
      actor_id: string
      purpose: string
      fields: string[]
      reason_sealed: Buffer
      created_at: Date
    }[]
  >`
    select id, actor_kind, actor_id, purpose, fields, reason_sealed, created_at from reveals
     where tenant_id = ${tx.tenantId} and payer_id = ${payerId}
     order by created_at desc, id desc limit ${REVEALS_MAX}`
  return rows.map(row => ({
    id: row.id,
    actor: { kind: row.actor_kind, id: row.actor_id },
    purpose: row.purpose,
    fields: row.fields,
    reason: openJson<string>(ctx, payer, reasonPlace(row.id), row.reason_sealed),
    revealed_at: row.created_at.toISOString(),
  }))
}
