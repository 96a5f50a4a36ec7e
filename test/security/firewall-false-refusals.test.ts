// What passes every day passes the firewall: 20,000 samples of each class (`npm run firewall:measure` takes 300,000).
import { describe, expect, it } from 'vitest'
import { containsCardNumber } from '../../src/crypto/pan.ts'
import { countRefusals, SAMPLE_CLASSES } from '../support/pan-samples.ts'

const SAMPLES = 20_000

describe('false refusals', () => {
  it.each(SAMPLE_CLASSES)('$name stay within a rate of $maxRate', sampleClass => {
    const refused = countRefusals(sampleClass, SAMPLES, containsCardNumber)
    expect(refused / SAMPLES).toBeLessThanOrEqual(sampleClass.maxRate)
  })
})
