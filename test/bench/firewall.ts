// The detector's time on a body as callers send it.
import { containsCardNumber } from '../../src/crypto/pan.ts'
import type { Measured } from './run.ts'

const ROUNDS = 20_000

export async function benchFirewall(): Promise<Measured[]> {
  const body = cleanBody(1024)
  for (let i = 0; i < ROUNDS; i++) containsCardNumber(body)
  const began = performance.now()
  for (let i = 0; i < ROUNDS; i++) containsCardNumber(body)
  const micros = ((performance.now() - began) * 1000) / ROUNDS
  return [
    {
      what: 'Firewall, 1 KiB JSON body',
      value: micros,
      target: 10,
      better: 'at most',
      unit: 'µs',
      figures: `${ROUNDS} rounds of ${body.length} characters`,
    },
  ]
}

function cleanBody(length: number): string {
  const line = {
    token: 'vtok_test_7h2kq9xw4m3nv8rj5t6cyz1b0a',
    amount: 4800,
    currency: 'usd',
    reference: 'lesson-2026-11-0042',
    description: 'Four lessons in November, teacher Bold, Tuesday evenings',
    metadata: { course: 'mn-beginners', group: 'A1', at: '2026-11-23T10:00:00Z' },
  }
  let text = ''
  while (text.length < length) text += JSON.stringify(line)
  return text.slice(0, length)
}
