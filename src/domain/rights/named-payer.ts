// The payer that a request names. A name that fits nobody costs the same look-up as one that does.
import { lookupHash, normalizeExternalRef } from '../../crypto/keyed-hash.ts'
import type { Ctx, Tx } from '../context.ts'
import { isId } from '../ids.ts'
import type { Contact } from './request-input.ts'

export type NamedPayer = {
  id: string
  status: string
  wrapped_key: Buffer
  key_version: number
  profile_sealed: Buffer
  on_file: boolean
}

/** Null for nobody, and for several: an address that two payers share names neither. */
export async function namedPayer(
  tx: Tx,
  ctx: Ctx,
  name: string | undefined,
  contact: Contact,
): Promise<NamedPayer | null> {
  const { sql } = tx
  const rows = await sql<NamedPayer[]>`
    select id, status, wrapped_key, key_version, profile_sealed, coalesce(email_hash = ${contact.hash}, false) as on_file
      from payers where tenant_id = ${tx.tenantId} and ${byName(tx, ctx, name, contact)} limit 2`
  return rows.length === 1 ? (rows[0] as NamedPayer) : null
}

function byName({ sql }: Tx, ctx: Ctx, name: string | undefined, contact: Contact) {
  if (name === undefined) return sql`email_hash = ${contact.hash}`
  if (isId('payer', name)) return sql`id = ${name}`
  const key = ctx.keyring.derive('lookup-hash')
  return sql`external_ref_hash = ${lookupHash(key, ctx.tenantId, 'payers.external_ref', normalizeExternalRef(name))}`
}
