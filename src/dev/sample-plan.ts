// What the sample data consists of: payers and their cards, and what happens on which of the fourteen days.

export interface PlannedPayer {
  tenant: 'demo' | 'other'
  shortName: string
  realName: string
  email: string
  locale: 'en' | 'mn' | 'ja'
  /** Stripe's published test payment methods: no number of any real card. */
  cards: string[]
}

export interface PlannedCharge {
  /** Of {@link PlannedPayer}. */
  payer: number
  card: number
  amount: number
  description: string
  capture: 'automatic' | 'manual'
  refund: 'none' | 'full' | 'half'
}

/** One moment of the past days, and what is done then. */
export interface PlannedSlot {
  /** Minutes after the beginning of the sample data's time. */
  atMinutes: number
  payers: number[]
  charges: PlannedCharge[]
  /** The default tenant's account pays out what is available. */
  payout: boolean
}

export interface SamplePlan {
  payers: PlannedPayer[]
  slots: PlannedSlot[]
}

export const SAMPLE_DAYS = 14
/** Morning and evening of each day. */
const SLOT_MINUTES = [0, 9 * 60]
const PAYOUT_DAYS = [4, 8, 12]
const CHARGES = 120
/** One payer and one charge in four are the second tenant's. */
const OTHER_TENANT_EVERY = 4

// biome-ignore format: a list to look over
const NAMES = [
  'Alma Reyes', 'Bat Erdene', 'Chiyo Tanaka', 'Dorji Bold', 'Emil Larsen', 'Fumiko Sato', 'Ganbat Suren', 'Hana Mori',
  'Ivo Kral', 'Jun Watanabe', 'Khulan Dash', 'Lena Fischer', 'Mei Kobayashi', 'Narantuya Tsogt', 'Olga Brandt',
  'Petr Novak', 'Qamar Aziz', 'Rin Yamamoto', 'Sarnai Munkh', 'Tomo Ito', 'Uyanga Gerel', 'Vera Lindt',
  'Wanda Nowak', 'Xenia Roth', 'Yuki Abe', 'Zolzaya Baatar', 'Anu Virtanen', 'Bilguun Otgon', 'Clara Weiss',
  'Daichi Ono', 'Enkhee Tumur', 'Freja Holm', 'Goro Kimura', 'Hulan Chimed', 'Ines Costa', 'Jargal Nyam',
  'Kaito Endo', 'Lucia Prat', 'Mandakh Sukh', 'Noa Barel',
]

const LOCALES = ['en', 'mn', 'ja'] as const

/** Cards of several brands; those of a few payers decline, ask for the payer, or are disputed. */
const GOOD_CARDS = ['visa', 'mastercard', 'amex', 'visa_debit', 'jcb', 'discover', 'mastercard_debit', 'unionpay']
const SPECIAL_CARDS = new Map([
  [2, 'chargeCustomerFail'],
  [7, 'chargeCustomerFail'],
  [10, 'authenticationRequired'],
  [17, 'createDispute'],
  [22, 'chargeCustomerFail'],
  [33, 'authenticationRequired'],
])
/** A dispute is one charge's; its payer is charged once. */
const CHARGED_ONCE = new Set([17])
/** A payer has 72 hours to authenticate, so one of them is asked on the last day: that charge still waits. */
const ASKED_LAST = { charge: CHARGES - 4, payer: 10 }
/** Payers with a second card. */
const SECOND_CARD_EVERY = 8

const DESCRIPTIONS = ['Monthly fee', 'Course materials', 'Membership', 'Workshop']
const PRICES = [1_900, 2_450, 4_900, 7_500, 12_000, 19_900]

/** The same plan every time. */
export function samplePlan(): SamplePlan {
  const pick = seededPicks()
  const payers = NAMES.map((name, at) => plannedPayer(name, at))
  const slotCount = SAMPLE_DAYS * SLOT_MINUTES.length
  const slots: PlannedSlot[] = Array.from({ length: slotCount }, (_, at) => {
    const day = Math.floor(at / SLOT_MINUTES.length)
    const part = at % SLOT_MINUTES.length
    const atMinutes = day * 24 * 60 + (SLOT_MINUTES[part] as number)
    return { atMinutes, payers: [], charges: [], payout: part === 0 && PAYOUT_DAYS.includes(day) }
  })
  // Payers join in the first half, so that each is there before a charge.
  for (let at = 0; at < payers.length; at++) {
    slots[Math.floor((at * slotCount) / 2 / payers.length)]?.payers.push(at)
  }
  for (let number = 0; number < CHARGES; number++) {
    const slot = slots[Math.floor((number * slotCount) / CHARGES)] as PlannedSlot
    slot.charges.push(plannedCharge(number, slots.indexOf(slot), slots, payers, pick))
  }
  return { payers, slots }
}

function plannedPayer(name: string, at: number): PlannedPayer {
  const [first = '', last = ''] = name.split(' ')
  const cards = [SPECIAL_CARDS.get(at) ?? (GOOD_CARDS[at % GOOD_CARDS.length] as string)]
  if (at % SECOND_CARD_EVERY === 0) cards.push(GOOD_CARDS[(at + 3) % GOOD_CARDS.length] as string)
  return {
    tenant: at % OTHER_TENANT_EVERY === OTHER_TENANT_EVERY - 1 ? 'other' : 'demo',
    shortName: `${first} ${last[0]}.`,
    realName: name,
    email: `${first}.${last}@example.org`.toLowerCase(),
    locale: LOCALES[at % LOCALES.length] as PlannedPayer['locale'],
    cards: cards.map(card => `pm_card_${card}`),
  }
}

function plannedCharge(
  number: number,
  slotAt: number,
  slots: PlannedSlot[],
  payers: PlannedPayer[],
  pick: (below: number) => number,
): PlannedCharge {
  const wanted = number % OTHER_TENANT_EVERY === OTHER_TENANT_EVERY - 1 ? 'other' : 'demo'
  const charged = new Set(slots.flatMap(slot => slot.charges.map(charge => charge.payer)))
  const joined = slots.slice(0, slotAt + 1).flatMap(slot => slot.payers)
  const chargeable = joined.filter(payer => !(CHARGED_ONCE.has(payer) && charged.has(payer)))
  const wantedOnes = chargeable.filter(payer => payers[payer]?.tenant === wanted)
  const there = wantedOnes.length > 0 ? wantedOnes : chargeable
  // Whoever was not charged yet comes first, so that each special card shows what it does.
  const fresh = there.filter(payer => !charged.has(payer))
  const from = fresh.length > 0 ? fresh : there
  const picked = from[pick(from.length)] as number
  const payer = number === ASKED_LAST.charge ? ASKED_LAST.payer : picked
  const special = SPECIAL_CARDS.has(payer)
  return {
    payer,
    card: pick((payers[payer] as PlannedPayer).cards.length),
    amount: PRICES[pick(PRICES.length)] as number,
    description: DESCRIPTIONS[pick(DESCRIPTIONS.length)] as string,
    capture: number % 30 === 29 && !special ? 'manual' : 'automatic',
    refund: special || number % 12 !== 5 ? 'none' : number % 24 === 5 ? 'full' : 'half',
  }
}

/** Mulberry32, a small public-domain generator: the plan needs variety, and the same one every time. */
function seededPicks(): (below: number) => number {
  let state = 20_261_123
  return below => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below)
  }
}
