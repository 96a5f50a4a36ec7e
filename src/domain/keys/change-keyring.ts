// Changes of the keyring's file: by one at a time, whatever machine they run on, and told to the database afterwards.
import type { TransactionSql } from 'postgres'
import type { Ctx } from '../context.ts'
import { enrolKeyring } from './enrol-keyring.ts'

/** Any number, as long as every panless uses the same. */
const KEYRING_LOCK = 7_265_316
/** Making a key at a slow key service takes this long at most. */
const LOCK_IDLE = '60s'

/** `change` sees what the one before it made of the file. */
export async function changeKeyring(ctx: Ctx, change: (sql: TransactionSql) => Promise<void>): Promise<void> {
  await ctx.db.sql.begin(async sql => {
    await sql.unsafe(`set local idle_in_transaction_session_timeout = '${LOCK_IDLE}'`)
    await sql`select pg_advisory_xact_lock(${KEYRING_LOCK})`
    await ctx.keyring.reload()
    await change(sql)
    await ctx.keyring.reload()
  })
  await enrolKeyring(ctx)
}
