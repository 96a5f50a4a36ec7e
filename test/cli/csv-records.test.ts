// CSV is read as it was written, whatever stands in its cells and wherever the chunks are cut.
import { stringify } from 'csv-stringify/sync'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CsvFault, csvRecords } from '../../src/cli/csv-records.ts'

async function* inChunks(text: string, size: number) {
  for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size)
}

async function recordsOf(text: string, size = 7) {
  const records = []
  for await (const { line, cells } of csvRecords(inChunks(text, size))) records.push({ line, cells })
  return records
}

test('what a CSV writer wrote is read back, for any cells, line ends and chunks', async () => {
  const cell = fc.string({
    unit: fc.constantFrom('a', 'é', '日', ' ', ',', '"', '\n', '\r', '\r\n', "'", '='),
    maxLength: 8,
  })
  const table = fc.array(fc.array(cell, { minLength: 2, maxLength: 5 }), { minLength: 1, maxLength: 6 })
  await fc.assert(
    fc.asyncProperty(table, fc.constantFrom('\n', '\r\n'), fc.integer({ min: 1, max: 20 }), async (rows, end, size) => {
      const text = stringify(rows, { record_delimiter: end, quoted: true })
      expect((await recordsOf(text, size)).map(({ cells }) => cells)).toEqual(rows)
    }),
  )
})

test('records are named by the line on which they begin', async () => {
  expect(await recordsOf('a,b\r\n\r\n"x\r\ny",1\r\n2,3')).toEqual([
    { line: 1, cells: ['a', 'b'] },
    { line: 3, cells: ['x\r\ny', '1'] },
    { line: 5, cells: ['2', '3'] },
  ])
})

describe('refused is', () => {
  test.each([
    ['a quote that does not end', 'a,b\n"x', 2],
    ['text after a closing quote', 'a\n"x"y\n', 2],
    ['a quote inside a bare cell', 'a\nx"y\n', 2],
    ['a record without end', `a\n${'x'.repeat(70_000)}`, 2],
  ])('%s, with its line', async (_name, text, line) => {
    const fault = await recordsOf(text, 1_000).catch((error: unknown) => error)
    expect(fault).toBeInstanceOf(CsvFault)
    expect((fault as CsvFault).line).toBe(line)
  })
})
