// Reads CSV as RFC 4180 has it: quoted cells may hold commas, quotes and line ends. Nothing is guessed.

export type CsvRecord = { line: number; cells: string[]; raw: string }

/** What keeps a file from being read; `line` is where the record begins. */
export class CsvFault extends Error {
  readonly line: number
  constructor(line: number, message: string) {
    super(message)
    this.name = 'CsvFault'
    this.line = line
  }
}

/** Longer records are a file of another kind, or a quote that never ends. */
const RECORD_MAX = 65_536

/** Yields the records with the line numbers on which they begin; blank lines are passed over. @throws CsvFault */
export async function* csvRecords(chunks: AsyncIterable<string>): AsyncGenerator<CsvRecord> {
  const reader = new RecordReader()
  for await (const chunk of chunks) yield* reader.take(chunk)
  yield* reader.end()
}

type State = 'cell_start' | 'bare' | 'quoted' | 'quote_in_quoted'

class RecordReader {
  #state: State = 'cell_start'
  #cells: string[] = []
  #cell = ''
  #raw = ''
  #line = 1
  #recordLine = 1
  #afterReturn = false

  #step(char: string): CsvRecord | null {
    const secondOfPair = this.#afterReturn && char === '\n'
    this.#afterReturn = char === '\r'
    if (secondOfPair && this.#state !== 'quoted') return null
    if (char === '\n' && !secondOfPair) this.#line++
    else if (char === '\r') this.#line++
    this.#raw += char
    if (this.#raw.length > RECORD_MAX) throw new CsvFault(this.#recordLine, 'the record is too long')
    if (this.#state === 'quoted') {
      if (char === '"') this.#state = 'quote_in_quoted'
      else this.#cell += char
      return null
    }
    if (char === '\n' || char === '\r') return this.#finish()
    if (char === ',') {
      this.#endCell()
      return null
    }
    this.#inCell(char)
    return null
  }

  #inCell(char: string): void {
    if (this.#state === 'quote_in_quoted') {
      if (char !== '"') throw new CsvFault(this.#recordLine, 'something follows a closing quote')
      this.#cell += '"'
      this.#state = 'quoted'
      return
    }
    if (char === '"') {
      if (this.#state === 'bare') throw new CsvFault(this.#recordLine, 'a quote stands inside a cell without quotes')
      this.#state = 'quoted'
      return
    }
    this.#cell += char
    this.#state = 'bare'
  }

  #endCell(): void {
    this.#cells.push(this.#cell)
    this.#cell = ''
    this.#state = 'cell_start'
  }

  #finish(): CsvRecord | null {
    const blank = this.#cells.length === 0 && this.#cell === '' && this.#state === 'cell_start'
    this.#endCell()
    const record = { line: this.#recordLine, cells: this.#cells, raw: this.#raw }
    this.#cells = []
    this.#raw = ''
    this.#recordLine = this.#line
    return blank ? null : record
  }

  *take(chunk: string): Generator<CsvRecord> {
    for (const char of chunk) {
      const record = this.#step(char)
      if (record) yield record
    }
  }

  *end(): Generator<CsvRecord> {
    if (this.#state === 'quoted') throw new CsvFault(this.#recordLine, 'a quoted cell does not end')
    const record = this.#finish()
    if (record) yield record
  }
}
