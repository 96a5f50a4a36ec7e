// A scan that finds nothing proves nothing unless it finds a canary: this plants one everywhere it looks, without writing.
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import type { Sql } from 'postgres'
import { scannerSelfTest } from '../../crypto/pan-scan-text.ts'
import { scanBytes } from './scan-bytes.ts'
import { placesIn } from './scan-database.ts'

/** A published test number, put together here so that it stands in no file. */
const canary = () => '42'.repeat(8)

export class SelfTestFailed extends Error {
  constructor(where: string) {
    super(`The scan does not find its own canary in ${where}: its answer would mean nothing.`)
  }
}

/** @throws SelfTestFailed */
export async function testBytesScan(): Promise<void> {
  if (!(await scannerSelfTest())) throw new SelfTestFailed('one of the ways of writing it')
  const printed = canary().replace(/(.{4})(?!$)/g, '$1 ')
  const lines = Buffer.from(`first line\n{"note":"${printed}"}\n`)
  for (const [where, bytes] of [
    ['text', lines],
    ['gzip', gzipSync(lines)],
  ] as const) {
    const { places, lines: found } = await scanBytes(Readable.from([bytes]))
    if (places !== 1 || found[0] !== 2) throw new SelfTestFailed(where)
  }
}

/** The canary travels backwards, so that no log of Postgres holds it. @throws SelfTestFailed */
export async function testDatabaseScan(sql: Sql): Promise<void> {
  const reversed = [...canary()].reverse().join('')
  const [row] = await sql`
    select reverse(${reversed}::text) as text, jsonb_build_object('a', jsonb_build_array(reverse(${reversed}::text)))::text as json,
           convert_to(reverse(${reversed}::text), 'UTF8') as bytes, reverse(${reversed}::text)::numeric::text as number`
  for (const [column, value] of Object.entries(row as Record<string, string | Buffer>)) {
    if (placesIn(value) !== 1) throw new SelfTestFailed(`a ${column} column`)
  }
}
