// Reads RFC 4180 as strictly as it is written: the test's own reader, so that the writer does not judge itself.

/** Rows by the names of the header; throws for anything that is not RFC 4180 with CRLF. */
export function parseCsv(text: string): Record<string, string>[] {
  const [head, ...rows] = recordsOf(text)
  if (!head) throw new Error('no header')
  return rows.map(cells => {
    if (cells.length !== head.length) throw new Error(`a row of ${cells.length} cells under ${head.length} names`)
    return Object.fromEntries(head.map((name, i) => [name, cells[i] as string]))
  })
}

function recordsOf(text: string): string[][] {
  const records: string[][] = []
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/gy
  let record: string[] = []
  while (cell.lastIndex < text.length) {
    const at = cell.lastIndex
    const match = cell.exec(text)
    if (!match) throw new Error(`no CSV at ${at}`)
    record.push(match[1] === undefined ? (match[2] as string) : match[1].replaceAll('""', '"'))
    if (match[3] === ',') continue
    records.push(record)
    record = []
  }
  return records
}
