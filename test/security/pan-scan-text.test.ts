// The scan of stored text: whatever the chunks, the same places; memory stays small; and it proves first that it sees.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findCardNumbers } from '../../src/crypto/pan.ts'
import { scanForCardNumbers, scannerSelfTest } from '../../src/crypto/pan-scan-text.ts'

const NUMBER = '4242424242424242'

describe('a scan of a stream', () => {
  it('sees its own canary', async () => {
    expect(await scannerSelfTest()).toBe(true)
  })

  it('finds the same places in chunks of any size as in the whole text', async () => {
    const pieces = fc.constantFrom(
      NUMBER,
      '4242 4242 4242 4242',
      '５５５５５５５５５５５５４４４４',
      '%34242424242424242',
      'NDI0MjQyNDI0MjQyNDI0Mg==',
      '4012888888881882',
      ' and ',
      '\n',
      'é',
      '😀',
      ', ',
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(pieces, { maxLength: 40 }),
        fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }),
        async (parts, sizes) => {
          const text = parts.join('')
          const bytes = Buffer.from(text)
          const chunks: Buffer[] = []
          for (let at = 0, i = 0; at < bytes.length; i++) {
            const size = sizes[i % sizes.length] as number
            chunks.push(bytes.subarray(at, at + size))
            at += size
          }
          const report = await scanForCardNumbers(chunks)
          const expected = findCardNumbers(text).map(({ start }) => ({
            offset: start,
            line: text.slice(0, start).split('\n').length,
          }))
          expect(report.findings).toEqual(expected)
          expect(report).toMatchObject({ count: expected.length, characters: text.length })
        },
      ),
    )
  })

  it('finds each number once in megabytes without a line break, and across every edge of its windows', async () => {
    const gap = ' x'.repeat(5_000)
    const count = 300
    async function* stream() {
      for (let i = 0; i < count; i++) yield `${gap}${' y'.repeat(i)} ${NUMBER} `
    }
    const report = await scanForCardNumbers(stream())
    expect(report.count).toBe(count)
    expect(report.lines).toBe(1)
    expect(new Set(report.findings.map(({ offset }) => offset)).size).toBe(count)
  })

  it('judges what stands at an edge of its windows by what stood before it', async () => {
    const report = await scanForCardNumbers([`x${NUMBER}`.repeat(60_000), ' ', `${NUMBER}0000`.repeat(60_000)])
    expect(report.count).toBe(0)
  })

  it('finds a number deep inside a long base64 text', async () => {
    const hidden = Buffer.from(`${'some text, '.repeat(50_000)}${NUMBER}${' and more'.repeat(50_000)}`)
    expect((await scanForCardNumbers([hidden.toString('base64')])).count).toBeGreaterThan(0)
  })

  it('counts all and lists only the first of them', async () => {
    const report = await scanForCardNumbers([`${NUMBER}\n`.repeat(50)], 3)
    expect(report).toMatchObject({ count: 50, lines: 51 })
    expect(report.findings).toEqual([1, 2, 3].map(line => ({ offset: (line - 1) * 17, line })))
  })

  it('reports an empty stream as empty, and a clean one as clean', async () => {
    expect(await scanForCardNumbers([])).toEqual({ characters: 0, lines: 0, count: 0, findings: [] })
    expect((await scanForCardNumbers(['nothing here 4242'])).count).toBe(0)
  })
})
