// `npm run test:pg -- 15 [files]`: the core of the tests on another major version of Postgres.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { installPostgres, supportedVersions } from './postgres-version.ts'

/** The tests whose outcome can depend on the database's version. */
const CORE = [
  ...['api', 'cli', 'console', 'crash', 'db', 'domain', 'jobs', 'keyring', 'security', 'support'].map(
    folder => `test/${folder}`,
  ),
  'test/dev/postgres.test.ts',
]

const EXIT_USAGE = 64

const [major, ...files] = process.argv.slice(2)
if (major === undefined || !supportedVersions.includes(major)) {
  console.error(`usage: npm run test:pg -- <${supportedVersions.join('|')}> [test files]`)
  process.exit(EXIT_USAGE)
}
await installPostgres(major)
const vitest = join(import.meta.dirname, '..', '..', 'node_modules', 'vitest', 'vitest.mjs')
const chosen = files.length > 0 ? files : CORE
const result = spawnSync(process.execPath, [vitest, 'run', '--project', 'panless', ...chosen], {
  stdio: 'inherit',
  env: { ...process.env, PANLESS_TEST_PG: major },
})
process.exit(result.status ?? 1)
