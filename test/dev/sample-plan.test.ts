// The plan of the sample data: what the README promises is in it, and it can be carried out in its order.
import { expect, test } from 'vitest'
import { SAMPLE_DAYS, samplePlan } from '../../src/dev/sample-plan.ts'

const plan = samplePlan()
const charges = plan.slots.flatMap(slot => slot.charges)
const cardOf = (charge: (typeof charges)[number]) => plan.payers[charge.payer]?.cards[charge.card]

test('holds 40 payers of two tenants, 120 charges and three payouts over fourteen days', () => {
  expect(plan.payers).toHaveLength(40)
  expect(new Set(plan.payers.map(payer => payer.tenant))).toEqual(new Set(['demo', 'other']))
  expect(charges).toHaveLength(120)
  expect(plan.slots.filter(slot => slot.payout)).toHaveLength(3)
  const minutes = plan.slots.map(slot => slot.atMinutes)
  expect(minutes).toEqual(minutes.toSorted((a, b) => a - b))
  expect(minutes.at(-1)).toBeLessThan(SAMPLE_DAYS * 24 * 60)
})

test('holds several brands, declines, authentications, one dispute, refunds in whole and in part', () => {
  const used = new Map<string | undefined, number>()
  for (const charge of charges) used.set(cardOf(charge), (used.get(cardOf(charge)) ?? 0) + 1)
  for (const card of ['visa', 'mastercard', 'amex', 'jcb', 'discover', 'unionpay'])
    expect(used.has(`pm_card_${card}`)).toBe(true)
  expect(used.get('pm_card_chargeCustomerFail')).toBeGreaterThan(2)
  expect(used.get('pm_card_authenticationRequired')).toBeGreaterThan(1)
  expect(used.get('pm_card_createDispute')).toBe(1)
  expect(new Set(charges.map(charge => charge.refund))).toEqual(new Set(['none', 'full', 'half']))
  expect(charges.some(charge => charge.capture === 'manual')).toBe(true)
})

test('charges nobody before that payer has joined', () => {
  const joined = new Set<number>()
  for (const slot of plan.slots) {
    for (const payer of slot.payers) joined.add(payer)
    for (const charge of slot.charges) {
      expect(joined.has(charge.payer)).toBe(true)
      expect(cardOf(charge)).toBeDefined()
    }
  }
  expect(joined.size).toBe(plan.payers.length)
})

test('is the same every time', () => {
  expect(samplePlan()).toEqual(plan)
})
