// Keeps a process from starting on a database that was restored from before an erasure.
import { findReturned } from '../domain/erasures/find-returned.ts'
import type { Vault } from '../vault.ts'
import { VaultError } from '../vault-error.ts'

/** @throws VaultError */
export async function refuseReturnedPayers({ dependencies }: Pick<Vault, 'dependencies'>): Promise<void> {
  const { erasureList, log } = dependencies
  if (erasureList === null) {
    log.warn(
      {},
      'ERASURE_LIST_FILE is not set: erasures cannot end, and a restored backup cannot be told from a new one',
    )
    return
  }
  const { returned, unreadable } = await findReturned(dependencies, await erasureList.read())
  if (unreadable > 0) log.warn({ lines: unreadable }, 'the list of erasures has lines that this vault did not sign')
  if (returned.length === 0) return
  throw new VaultError(
    `The database holds ${returned.length} payers whose erasure is on the list: it was restored from before. ` +
      'Run: panless erasures apply',
  )
}
