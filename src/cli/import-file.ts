// Reads a file of cards to take over, CSV with a header row or a JSON object on each line, and judges each line.
import { createReadStream } from 'node:fs'
import { extname } from 'node:path'
import { containsCardNumber } from '../crypto/pan.ts'
import { hasDuplicateMember } from '../crypto/strict-json.ts'
import { CsvFault, type CsvRecord, csvRecords } from './csv-records.ts'
import { UsageError } from './exit-codes.ts'

export const FORMATS = ['csv', 'ndjson'] as const
export type Format = (typeof FORMATS)[number]

export type FileLine = { line: number; value: Record<string, unknown> | null; fault: string | null }

const LINE_MAX = 65_536
const CARD_NUMBER = 'holds a card number: a card is named by the id that Stripe gave it'

/** @throws UsageError for a name that says nothing of the format */
export function formatOf(path: string, given?: string): Format {
  if (given !== undefined) return given as Format
  const extension = extname(path).toLowerCase()
  if (extension === '.csv') return 'csv'
  if (extension === '.ndjson' || extension === '.jsonl') return 'ndjson'
  throw new UsageError('The format cannot be told from the name of the file: give --format csv or ndjson.')
}

/** Yields each line with what it holds, or with what is wrong with it; a fault never repeats a value. */
export async function* readImportFile(path: string, format: Format): AsyncGenerator<FileLine> {
  if (format === 'csv') yield* csvLines(path)
  else yield* jsonLines(path)
}

async function* textOf(path: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  try {
    for await (const chunk of createReadStream(path)) yield decoder.decode(chunk as Buffer, { stream: true })
    yield decoder.decode()
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError('The file is not UTF-8.')
    throw error
  }
}

async function* csvLines(path: string): AsyncGenerator<FileLine> {
  let header: string[] | null = null
  try {
    for await (const record of csvRecords(textOf(path))) {
      if (header === null) {
        header = headerOf(record)
        continue
      }
      yield csvLine(record, header)
    }
  } catch (error) {
    if (!(error instanceof CsvFault)) throw error
    yield { line: error.line, value: null, fault: error.message }
  }
}

/** @throws UsageError */
function headerOf({ cells, raw }: CsvRecord): string[] {
  if (containsCardNumber(raw)) throw new UsageError(`The header ${CARD_NUMBER}.`)
  const names = cells.map(cell => cell.trim())
  if (new Set(names).size < names.length) throw new UsageError('The header names a column twice.')
  return names
}

function csvLine({ line, cells, raw }: CsvRecord, header: string[]): FileLine {
  if (containsCardNumber(raw) || cells.some(containsCardNumber)) return { line, value: null, fault: CARD_NUMBER }
  if (cells.length !== header.length) {
    return { line, value: null, fault: `has ${cells.length} cells where the header has ${header.length}` }
  }
  const filled = header.map((name, i) => [name, cells[i] as string] as const).filter(([, cell]) => cell !== '')
  return { line, value: Object.fromEntries(filled), fault: null }
}

async function* jsonLines(path: string): AsyncGenerator<FileLine> {
  let rest = ''
  let line = 0
  for await (const text of textOf(path)) {
    const lines = (rest + text).split('\n')
    rest = lines.pop() as string
    for (const one of lines) {
      line++
      if (one.trim() !== '') yield jsonLine(line, one)
    }
    if (rest.length > LINE_MAX) break
  }
  if (rest.trim() !== '') yield jsonLine(line + 1, rest)
}

function jsonLine(line: number, text: string): FileLine {
  if (text.length > LINE_MAX) return { line, value: null, fault: 'is too long' }
  if (containsCardNumber(text)) return { line, value: null, fault: CARD_NUMBER }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return { line, value: null, fault: 'is not JSON' }
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { line, value: null, fault: 'is not a JSON object' }
  }
  if (hasDuplicateMember(text)) return { line, value: null, fault: 'names a member twice' }
  const decoded = Object.entries(value).flatMap(([name, member]) => [name, String(member)])
  if (decoded.some(containsCardNumber)) return { line, value: null, fault: CARD_NUMBER }
  return { line, value: value as Record<string, unknown>, fault: null }
}
