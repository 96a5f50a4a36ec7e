// One throwaway Postgres for a whole test run: migrated once into a template that every suite clones.
import postgres from 'postgres'
import type { TestProject } from 'vitest/node'
import { migrate } from '../../src/db/migrate.ts'
import { admitService, startScratchPostgres } from '../../src/dev/postgres.ts'
import { migrateQueue } from '../../src/queue/queue.ts'
import { testBinaries } from './postgres-version.ts'

/** The migrated database that suites are cloned from. */
const TEMPLATE = 'panless_template'

export interface TestPostgres {
  template: string
  /** Addresses without a database's name at the end: superuser, owner and service. */
  superuserUrl: string
  ownerUrl: string
  appUrl: string
}

declare module 'vitest' {
  interface ProvidedContext {
    postgres: TestPostgres
  }
}

/** Runs before the first suite; what it returns runs after the last. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startScratchPostgres({ binaries: testBinaries() })
  try {
    const template = server.urlsOf(TEMPLATE)
    await makeTemplate(server.superuserUrl)
    await migrate({ url: template.ownerUrl, alongside: migrateQueue })
    await admitService(template.ownerUrl)
    const bare = server.urlsOf('')
    project.provide('postgres', {
      template: TEMPLATE,
      superuserUrl: bare.superuserUrl,
      ownerUrl: bare.ownerUrl,
      appUrl: bare.appUrl,
    })
  } catch (cause) {
    await server.stop()
    throw cause
  }
  return () => server.stop()
}

async function makeTemplate(superuserUrl: string): Promise<void> {
  const sql = postgres(superuserUrl, { max: 1 })
  try {
    await sql.unsafe(`create database ${TEMPLATE} owner panless_owner`)
  } finally {
    await sql.end()
  }
}
