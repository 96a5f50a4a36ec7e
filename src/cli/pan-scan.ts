// panless pan-scan: searches database, logs and backups for card numbers, and says where, never what.
import { createReadStream } from 'node:fs'
import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Command } from 'commander'
import { maskCardNumbers } from '../crypto/pan.ts'
import { type BytesScan, scanBytes } from '../domain/pan-scan/scan-bytes.ts'
import { type DatabaseScan, scanDatabase } from '../domain/pan-scan/scan-database.ts'
import { testBytesScan, testDatabaseScan } from '../domain/pan-scan/self-test.ts'
import { EXIT, UsageError } from './exit-codes.ts'
import { printJson, printTable, progressBar } from './output.ts'
import { withVault } from './with-vault.ts'

type FileScan = { file: string; places: number; lines: number[]; unreadable: string | null }
type Result = { database: DatabaseScan | null; files: FileScan[]; files_searched: number; bytes_searched: number }

export function panScanCommand(): Command {
  return new Command('pan-scan')
    .description(
      'Search the database, or files, for card numbers in the clear. Says where they are, never what they are.',
    )
    .argument(
      '[path...]',
      'files and folders (gzip and zstd are opened), or - for standard input; without any: the database',
    )
    .option('--database', 'search the database besides the files')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `
Before it searches, it looks for a canary in the same way; when that is not found, nothing is claimed.
The database is read as the service's own role, tenant by tenant, in pages; what is sealed is not opened. Places in
sealed values, in values that Postgres has compressed in its files, and in other encryption are not seen.

Examples:
  panless pan-scan
  panless pan-scan /var/log/panless /backup/base.tar.gz
  pg_dump --format=plain panless | panless pan-scan -

Exit codes: 0 none found, 1 found or not everything could be searched, 2 wrong usage, 69 the database is away,
78 wrong configuration.`,
    )
    .action(async (paths: string[], options: { database?: boolean; json?: boolean }) => {
      process.exitCode = await scan(paths, options.database || paths.length === 0, options.json ?? false)
    })
}

async function scan(paths: string[], withDatabase: boolean, json: boolean): Promise<number> {
  await testBytesScan()
  const result: Result = { database: null, files: [], files_searched: 0, bytes_searched: 0 }
  if (paths.length > 0) await scanPaths(paths, result)
  if (withDatabase) result.database = await scanOwnDatabase()
  if (json) printJson(result)
  else print(result)
  const found =
    result.files.length > 0 ||
    (result.database !== null && (result.database.places > 0 || result.database.unread.length > 0))
  return found ? EXIT.failed : EXIT.ok
}

function scanOwnDatabase(): Promise<DatabaseScan> {
  return withVault(async vault => {
    await testDatabaseScan(vault.dependencies.db.sql)
    const bar = progressBar('rows')
    try {
      return await scanDatabase(vault.ctx, vault.config.DEFAULT_TENANT, bar.update)
    } finally {
      bar.stop()
    }
  })
}

async function scanPaths(paths: string[], result: Result): Promise<void> {
  const files: { file: string; bytes: number }[] = []
  for (const path of paths) if (path !== '-') files.push(...(await filesUnder(path)))
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0)
  const bar = progressBar('bytes')
  const onBytes = (count: number) => {
    result.bytes_searched += count
    if (total > 0) bar.update(result.bytes_searched, total)
  }
  try {
    for (const { file } of files) keep(result, file, await scanBytes(createReadStream(file), onBytes).catch(unreadable))
    if (paths.includes('-')) keep(result, '-', await scanBytes(process.stdin, onBytes))
  } finally {
    bar.stop()
  }
}

const unreadable = (error: { code?: string }): BytesScan => ({
  places: 0,
  lines: [],
  bytes: 0,
  unreadable: `cannot be read (${error.code ?? 'error'})`,
})

function keep(result: Result, file: string, { places, lines, unreadable }: BytesScan): void {
  result.files_searched++
  // A name can hold a card number too.
  const name = maskCardNumbers(file)
  if (places > 0 || unreadable !== null || name !== file) {
    result.files.push({ file: name, places: places + (name === file ? 0 : 1), lines, unreadable })
  }
}

/** Regular files, folders to any depth; links are not followed. */
async function filesUnder(path: string): Promise<{ file: string; bytes: number }[]> {
  const stat = await lstat(path).catch(() => {
    throw new UsageError('A path that was given does not exist or cannot be looked at.')
  })
  if (stat.isFile()) return [{ file: path, bytes: stat.size }]
  if (!stat.isDirectory()) return []
  const found = []
  for (const name of (await readdir(path)).toSorted()) found.push(...(await filesUnder(join(path, name))))
  return found
}

function print({ database, files, files_searched, bytes_searched }: Result): void {
  if (files_searched > 0) {
    console.log(`Searched ${files_searched} ${files_searched === 1 ? 'file' : 'files'}, ${bytes_searched} bytes.`)
  }
  if (files.length > 0) {
    printTable(
      ['file', 'places', 'lines'],
      files.map(file => [file.file, file.unreadable ?? file.places, file.lines.join(' ') || '-']),
    )
  }
  if (database !== null) {
    console.log(`Searched ${database.rows} rows of ${database.tables} tables.`)
    if (database.hits.length > 0) {
      printTable(
        ['table', 'column', 'row', 'places'],
        database.hits.map(hit => [hit.table, hit.column, hit.row, hit.places]),
      )
    }
    for (const table of database.unread) console.log(`Not searched, for want of rights: ${table}`)
  }
  const places = files.reduce((sum, file) => sum + file.places, database?.places ?? 0)
  console.log(
    places === 0
      ? 'No card number was found.'
      : `${places} ${places === 1 ? 'place holds' : 'places hold'} a card number. See docs/operations.md for what to do.`,
  )
}
