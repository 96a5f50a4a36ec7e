// What a whole test run shares: a throwaway Postgres, migrated once into a template that every suite clones, and the bundle
// that processes of panless are started from, in a fraction of the time of the sources.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import postgres from 'postgres'
import type { TestProject } from 'vitest/node'
import { migrate } from '../../src/db/migrate.ts'
import { bundle } from '../../src/dev/bundle.ts'
import { admitService, startScratchPostgres } from '../../src/dev/postgres.ts'
import { migrateQueue } from '../../src/queue/queue.ts'
import { testBinaries } from './postgres-version.ts'
import { MAX_WAL, scratchParent } from './scratch-parent.ts'

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
    /** The file that node runs, and where what it compiled of it is kept. */
    program: { file: string; compileCache: string }
  }
}

/** Runs before the first suite; what it returns runs after the last. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'panless-program-'))
  const bundling = bundle(join(folder, 'app'))
  // Waited for below: until then a bundle that fails must not end this process, which has a server to stop.
  bundling.catch(() => {})
  let server: Awaited<ReturnType<typeof startScratchPostgres>> | null = null
  const stop = async () => {
    await server?.stop()
    await Promise.allSettled([bundling])
    await rm(folder, { recursive: true, force: true })
  }
  try {
    server = await startScratchPostgres({
      parent: await scratchParent(),
      binaries: testBinaries(),
      settings: { max_wal_size: MAX_WAL },
    })
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
    await bundling
    project.provide('program', {
      file: join(folder, 'app', 'panless.mjs'),
      compileCache: join(folder, 'compile-cache'),
    })
  } catch (cause) {
    await stop()
    throw cause
  }
  return stop
}

async function makeTemplate(superuserUrl: string): Promise<void> {
  const sql = postgres(superuserUrl, { max: 1 })
  try {
    await sql.unsafe(`create database ${TEMPLATE} owner panless_owner`)
  } finally {
    await sql.end()
  }
}
