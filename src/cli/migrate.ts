// panless migrate: brings the database to this version's schema, under a lock.
import { Command } from 'commander'
import { loadMigrationSettings } from '../config.ts'
import { type MigrationState, migrate } from '../db/migrate.ts'
import { migrateQueue } from '../queue/queue.ts'

export function migrateCommand(): Command {
  return new Command('migrate')
    .description('Apply the migrations that the database lacks. Reads DATABASE_MIGRATION_URL; only one runs at a time.')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      `
Example:
  DATABASE_MIGRATION_URL=postgres://… panless migrate

Exit codes: 0 the database is at this version, 1 failed, 69 the database is away, 78 wrong configuration.`,
    )
    .action(async (options: { json?: boolean }) => {
      const { url, caFile } = loadMigrationSettings()
      const result = await migrateDatabase(url.reveal(), caFile)
      console.log(
        options.json
          ? JSON.stringify(result)
          : `The database is ${result.state}: ${result.applied} of ${result.known} migrations.`,
      )
    })
}

/** Our schema and the queue library's, under one lock. */
export function migrateDatabase(url: string, caFile?: string): Promise<MigrationState> {
  return migrate({ url, caFile, alongside: owner => migrateQueue(owner, caFile) })
}
