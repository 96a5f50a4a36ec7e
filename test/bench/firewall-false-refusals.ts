// Measures how often the card-number detector refuses what is no card number, and how fast it is.
// `--samples N` per class (300,000 by default); `--write FILE` puts the tables between the marks in a document.
import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { containsCardNumber } from '../../src/crypto/pan.ts'
import { findInJson } from '../../src/http/pan-firewall-json.ts'
import { countRefusals, SAMPLE_CLASSES } from '../support/pan-samples.ts'

const { values: options } = parseArgs({
  options: { samples: { type: 'string', default: '300000' }, write: { type: 'string' } },
})
const samples = Number(options.samples)

const tables = `${falseRefusals()}\n\n${speed()}`
console.log(tables)
if (options.write !== undefined) writeBetweenMarks(options.write, tables)
process.exitCode = /\*\*/.test(tables) ? 1 : 0

/** A rate above what is promised stands in bold, and fails the run. */
function falseRefusals(): string {
  const rows = SAMPLE_CLASSES.map(sampleClass => {
    const refused = countRefusals(sampleClass, samples, containsCardNumber)
    const rate = refused / samples
    const shown = refused === 0 ? '0' : `${(rate * 100).toPrecision(2)} %`
    return [
      sampleClass.name,
      refused,
      rate > sampleClass.maxRate ? `**${shown}**` : shown,
      promised(sampleClass.maxRate),
    ]
  })
  return table([`class (${samples.toLocaleString('en')} samples)`, 'refused', 'rate', 'allowed'], rows)
}

function promised(maxRate: number): string {
  return maxRate === 0 ? 'none' : `${maxRate * 100} %`
}

function speed(): string {
  const clean = ordinaryBody()
  const value = JSON.parse(clean)
  const rows = [
    ['ordinary JSON body, as the door looks at it', () => findInJson(clean, value), clean.length],
    ['ordinary JSON body, the detector alone', () => containsCardNumber(clean), clean.length],
    ...Object.entries({
      'digits without end': '7'.repeat(65_536),
      'near misses, one after another': '4242-4242-4242-4243 '.repeat(3_277),
      'single digits with dashes': '7-'.repeat(32_768),
      base64: 'NDI0'.repeat(16_384),
      'percent-encoded digits': '%37'.repeat(21_845),
      'full-width digits': '\uff17'.repeat(65_536),
      'zero-width characters': '\u200b'.repeat(65_536),
    }).map(([name, repeated]) => {
      const text = flat(repeated)
      return [`64 KiB of ${name}`, () => containsCardNumber(text), text.length] as const
    }),
  ] as const
  return table(
    ['text', 'µs', 'µs per KiB'],
    rows.map(([name, run, length]) => {
      const us = fastestUs(run, length > 2_000 ? 20 : 5_000)
      return [name, us.toFixed(1), (us / (length / 1024)).toFixed(1)]
    }),
  )
}

function ordinaryBody(): string {
  const body = {
    payer: 'payer_01k9f3q8rjv0m2x4n6p8s0t2w4',
    setup_intent: 'seti_1QOabcDEFghiJKLmnoPQRstu',
    on_duplicate: 'return',
    metadata: {
      order: 'ord-20261123-8831',
      trace: '550e8400-e29b-41d4-a716-446655440000',
      at: '2026-11-23T15:01:02.123Z',
    },
    amount: 129_900,
    currency: 'eur',
    consent: { text: '', version: 'v3', accepted_at: '2026-11-23T15:00:00Z' },
  }
  const sentence = 'I agree that the shop saves my card and charges it each month until I cancel. '
  body.consent.text = sentence.repeat(20).slice(0, 1024 - JSON.stringify(body).length)
  return flat(JSON.stringify(body))
}

/** In one piece, as a body comes from the wire; a repeated string is a tree of pieces, and slow to read. */
function flat(text: string): string {
  return Buffer.from(text).toString()
}

/** Processor time, so that whatever else the machine does counts as little as it can. */
function fastestUs(run: () => unknown, calls: number): number {
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < 20; round++) {
    const before = process.cpuUsage()
    for (let i = 0; i < calls; i++) run()
    best = Math.min(best, process.cpuUsage(before).user / calls)
  }
  return best
}

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`
  return [line(head), `|${head.map((_, i) => (i === 0 ? '---' : '--:')).join('|')}|`, ...rows.map(line)].join('\n')
}

function writeBetweenMarks(file: string, text: string): void {
  const [begin, end] = ['<!-- measured: begin -->', '<!-- measured: end -->']
  const document = readFileSync(file, 'utf8')
  const from = document.indexOf(begin)
  const to = document.indexOf(end)
  if (from < 0 || to < from) throw new Error(`${file} lacks the marks ${begin} and ${end}`)
  writeFileSync(file, `${document.slice(0, from + begin.length)}\n${text}\n${document.slice(to)}`)
}
