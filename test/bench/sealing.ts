// Sealing and opening of a field as the verbs do it: JSON of a person under the payer's data key, bound to its place. What
// counts is the processor's time, collecting garbage included, which neighbours on the machine do not stretch.
import { createSecretKey, randomBytes } from 'node:crypto'
import { openJson, type PayerKey, sealJson } from '../../src/domain/payers/data-key.ts'
import type { Measured } from './run.ts'

const FIELDS = 1_000
const ROUNDS = 400
const WARM_UP = 40
const TARGET_US = 15
const IDENTITY = { real_name: 'Бат-Эрдэнэ Ганбаатар', email: 'bat-erdene@example.org', phone: '+976 9911 2244' }

export async function benchSealing(): Promise<Measured[]> {
  const ctx = { tenantId: 'bench' }
  const payer: PayerKey = { payerId: 'payer_01', key: createSecretKey(randomBytes(32)), keyVersion: 1 }
  const at = { table: 'payers', column: 'identity_sealed', row: payer.payerId }
  const sealed = Array.from({ length: FIELDS }, () => sealJson(ctx, payer, at, IDENTITY))
  const sealing = timeOf(() => {
    for (let index = 0; index < FIELDS; index++) sealed[index] = sealJson(ctx, payer, at, IDENTITY)
  })
  const opening = timeOf(() => {
    for (const field of sealed) openJson(ctx, payer, at, field)
  })
  const bytes = Buffer.byteLength(JSON.stringify(IDENTITY))
  const row = (what: string, time: Time): Measured => ({
    what,
    value: time.processor,
    target: TARGET_US,
    better: 'at most',
    unit: 'µs',
    figures: `processor time, JSON of ${bytes} bytes, ${(FIELDS * ROUNDS).toLocaleString('en')} fields; on the clock, in the fastest round, ${time.fastest.toFixed(1)} µs`,
  })
  return [row('Sealing one field', sealing), row('Opening one field', opening)]
}

/** Microseconds of one field. */
type Time = { processor: number; fastest: number }

function timeOf(round: () => void): Time {
  for (let index = 0; index < WARM_UP; index++) round()
  const from = process.cpuUsage()
  let fastest = Number.POSITIVE_INFINITY
  for (let index = 0; index < ROUNDS; index++) {
    const began = performance.now()
    round()
    fastest = Math.min(fastest, performance.now() - began)
  }
  const { user, system } = process.cpuUsage(from)
  return { processor: (user + system) / (ROUNDS * FIELDS), fastest: (fastest * 1000) / FIELDS }
}
