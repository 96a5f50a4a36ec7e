// Searches streams of text of any length for card numbers: dumps, logs, backups. Reports places, never what stands there.
import { findCardNumbers } from './pan.ts'

/** Characters (UTF-16 units) from the stream's beginning, and its line, counted from 1. */
export type ScanFinding = { offset: number; line: number }

export type ScanReport = {
  characters: number
  lines: number
  /** How many card numbers there are; `findings` holds the first of them. */
  count: number
  findings: ScanFinding[]
}

export type ScanInput = AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>

// Enough to find the source; a flooded file must not fill the memory.
const MAX_FINDINGS = 1_000
// What is held at once: a stream without line breaks is cut here, with an overlap.
const WINDOW = 256 * 1024
// More than any one way to write a card number takes: 19 digits of four bytes, each percent-encoded, with gaps.
const OVERLAP = 1024
// What stands before a number decides too: a letter, more digits, a plus, the beginning of a UUID.
const CONTEXT = 64

/** Searches a stream; memory stays the same whatever its length, and numbers across chunks are found. */
export async function scanForCardNumbers(chunks: ScanInput, maxFindings: number = MAX_FINDINGS): Promise<ScanReport> {
  const scan = new Scan(maxFindings)
  const decoder = new TextDecoder()
  for await (const chunk of chunks) {
    // Large chunks are taken in parts, so that no more than two windows are ever held.
    for (let from = 0; from < chunk.length; from += WINDOW) {
      const part = chunk.slice(from, from + WINDOW)
      scan.push(typeof part === 'string' ? part : decoder.decode(part, { stream: true }))
    }
  }
  scan.push(decoder.decode())
  return scan.end()
}

class Scan {
  private pending = ''
  private offset = 0
  private line = 1
  // Numbers that begin before this offset have been judged: what the overlap shows again is not counted again.
  private judgedTo = 0
  private count = 0
  private readonly findings: ScanFinding[] = []
  private readonly maxFindings: number

  constructor(maxFindings: number) {
    this.maxFindings = maxFindings
  }

  push(text: string): void {
    this.pending += text
    while (this.pending.length >= WINDOW) {
      // No number goes across a line break, so that is the best place to cut.
      const lineEnd = this.pending.lastIndexOf('\n', WINDOW - 1) + 1
      if (lineEnd > 0) {
        this.search(this.pending.slice(0, lineEnd), lineEnd)
        this.advance(lineEnd)
      } else {
        this.search(this.pending.slice(0, WINDOW), WINDOW - OVERLAP)
        this.advance(WINDOW - OVERLAP - CONTEXT)
      }
    }
  }

  end(): ScanReport {
    this.search(this.pending, this.pending.length)
    this.advance(this.pending.length)
    const { offset, line, count, findings } = this
    return { characters: offset, lines: offset === 0 ? 0 : line, count, findings }
  }

  /** Judges the numbers that begin before `judged`; the others may go on after the text, and wait for the next round. */
  private search(text: string, judged: number): void {
    let line = this.line
    let from = 0
    for (const { start, end } of findCardNumbers(text)) {
      line += countBreaks(text, from, start)
      from = start
      // A longer stretch is an encoded text of any length, which goes on from window to window.
      const isJudged = this.offset + start < this.judgedTo && end - start <= OVERLAP
      if (isJudged || start >= judged) continue
      this.count++
      if (this.findings.length < this.maxFindings) this.findings.push({ offset: this.offset + start, line })
    }
    this.judgedTo = this.offset + judged
  }

  private advance(length: number): void {
    this.line += countBreaks(this.pending, 0, length)
    this.offset += length
    this.pending = this.pending.slice(length)
  }
}

function countBreaks(text: string, from: number, to: number): number {
  let breaks = 0
  for (let i = text.indexOf('\n', from); i >= 0 && i < to; i = text.indexOf('\n', i + 1)) breaks++
  return breaks
}

// A published test number of Visa, put together here so that a scan of the sources does not find it.
const CANARY = ['4242', '4242', '4242', '4242']
const NEAR_CANARY = ['4242', '4242', '4242', '4241']

/**
 * Proves before a scan that it would find: plants a canary in every form, across chunks too, and answers whether each
 * was found and nothing else was (PCI DSS 12.10.7 wants such a scan; a blind one would say "clean").
 */
export async function scannerSelfTest(): Promise<boolean> {
  const plain = CANARY.join('')
  const wide = plain.replace(/[0-9]/g, digit => String.fromCharCode(0xff10 + Number(digit)))
  const escaped = plain.replace(/[0-9]/g, digit => `%3${digit}`)
  const forms = [plain, CANARY.join(' '), CANARY.join('-'), wide, escaped, Buffer.from(plain).toString('base64')]
  const noise = `${NEAR_CANARY.join('')} ${NEAR_CANARY.join('-')} filler `
  const text = forms.map(form => `${noise}\n${noise}${form} end`).join('\n')
  const bytes = Buffer.from(text)
  const whole = await scanForCardNumbers([text])
  const torn = await scanForCardNumbers(Array.from(bytes, byte => Uint8Array.of(byte)))
  const none = await scanForCardNumbers([noise.repeat(3)])
  return whole.count === forms.length && torn.count === forms.length && none.count === 0
}
