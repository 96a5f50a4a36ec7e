// From the moment an erasure begins nothing about the person is read or written; only money that is open is settled.
import type { Tx } from '../context.ts'
import { DomainError, notFound } from '../errors.ts'

export const payerErased = () => new DomainError('payer_erased', 'The payer has been erased.')

/** Whether what is said may be read: not while its payer is being erased, and not afterwards. Null: it is no payer's. */
export const isLiving = (payerStatus: string | null): boolean => payerStatus === null || payerStatus === 'active'

/** @throws payer_erased */
export function requireLiving(payerStatus: string | null): void {
  if (!isLiving(payerStatus)) throw payerErased()
}

/** Keeps an erasure from beginning until the transaction ends. @throws not_found, payer_erased */
export async function holdLiving(tx: Tx, payerId: string): Promise<void> {
  const [row] = await tx.sql<{ status: string }[]>`
    select status from payers where tenant_id = ${tx.tenantId} and id = ${payerId} for share`
  if (!row) throw notFound()
  requireLiving(row.status)
}
