// A migrated database in a cluster of its own, for tests that read what lies on the disk.
import { readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { migrate } from '../../src/db/migrate.ts'
import { admitService, startScratchPostgres } from '../../src/dev/postgres.ts'
import { migrateQueue } from '../../src/queue/queue.ts'
import type { SuiteDatabase } from './database.ts'
import { connected } from './database-contents.ts'
import { testBinaries } from './postgres-version.ts'

export type OwnCluster = {
  database: SuiteDatabase
  /** Writes all that is in memory to the data files, then gives every file of data, log of writes and server log. */
  files(): Promise<{ name: string; bytes: Buffer }[]>
}

/** Values lie on the disk as they are: nothing is compressed, in tables or in the log of writes. */
export async function startOwnCluster(): Promise<OwnCluster> {
  const server = await startScratchPostgres({
    binaries: testBinaries(),
    // Every row that was ever written stays in the log of writes.
    settings: {
      wal_compression: 'off',
      max_wal_size: '2GB',
      wal_keep_size: '2GB',
      checkpoint_timeout: '1h',
      log_min_messages: 'warning',
      log_min_error_statement: 'error',
    },
  })
  try {
    await migrate({ url: server.ownerUrl, alongside: migrateQueue })
    await admitService(server.ownerUrl)
    const folder = await connected(server.superuserUrl, async sql => {
      const columns = await sql<{ change: string }[]>`
        select format('alter table %I.%I alter column %I set storage external', n.nspname, c.relname, a.attname) as change
          from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
         where c.relkind = 'r' and a.attnum > 0 and not a.attisdropped and a.attstorage in ('x', 'm')
           and n.nspname in ('public', 'pgboss')`
      for (const { change } of columns) await sql.unsafe(change)
      const [row] = await sql<{ data_directory: string }[]>`show data_directory`
      return row?.data_directory as string
    })
    const database = {
      name: 'panless',
      superuserUrl: server.superuserUrl,
      ownerUrl: server.ownerUrl,
      appUrl: server.appUrl,
      drop: () => server.stop(),
    }
    return { database, files: () => readFiles(server.superuserUrl, folder) }
  } catch (cause) {
    await server.stop()
    throw cause
  }
}

async function readFiles(superuserUrl: string, dataFolder: string) {
  const database = await connected(superuserUrl, async sql => {
    await sql`checkpoint`
    const [row] = await sql<{ oid: string }[]>`select oid::text from pg_database where datname = current_database()`
    return row?.oid as string
  })
  const folders = [
    join(dataFolder, 'base', database),
    join(dataFolder, 'global'),
    join(dataFolder, 'pg_wal'),
    join(dataFolder, 'pg_xact'),
  ]
  const names = [join(dirname(dataFolder), 'postgres.log')]
  for (const folder of folders) {
    for (const entry of await readdir(folder, { withFileTypes: true }))
      if (entry.isFile()) names.push(join(folder, entry.name))
  }
  return Promise.all(names.map(async name => ({ name, bytes: await readFile(name) })))
}
