// Many charges through a bad connection to Stripe, and the judgement afterwards: what the vault says is held against what
// Stripe itself counted, never against the vault's own tables.
import { randomUUID } from 'node:crypto'
import type { ApiAnswer, ApiClient } from './api-client.ts'

export type StormCharge = { reference: string; key: string; token: string; amount: number; answer: ApiAnswer | null }

export type StripeIntent = { id: string; status: string; amount: number; metadata: Record<string, string> }

/** A client gives up on a request after this many tries; the charge itself goes on without it. */
const TRIES = 7

/** Sends `count` charges, `inFlight` at a time, as a billing job would: the same key again after every lost answer. */
export async function storm(options: {
  /** Answers the client to use now; a service that was restarted has another. */
  client: () => ApiClient
  tokens: readonly string[]
  count: number
  inFlight: number
  onAnswered?: (done: number) => void
}): Promise<StormCharge[]> {
  const charges: StormCharge[] = Array.from({ length: options.count }, (_, index) => ({
    reference: `storm-${randomUUID()}`,
    key: randomUUID(),
    token: options.tokens[index % options.tokens.length] as string,
    amount: 1_000 + index,
    answer: null,
  }))
  let next = 0
  let done = 0
  const lane = async () => {
    for (let index = next++; index < charges.length; index = next++) {
      await sendUntilAnswered(charges[index] as StormCharge, options.client)
      options.onAnswered?.(++done)
    }
  }
  await Promise.all(Array.from({ length: options.inFlight }, lane))
  return charges
}

async function sendUntilAnswered(charge: StormCharge, client: () => ApiClient): Promise<void> {
  const body = { token: charge.token, amount: charge.amount, currency: 'usd', reference: charge.reference }
  for (let tries = 0; tries < TRIES; tries++) {
    const answer = await client()
      .post('/v1/charges', body, { key: charge.key })
      .catch(() => null)
    if (answer !== null && answer.status !== 503 && answer.status !== 429) charge.answer = answer
    if (charge.answer !== null && charge.answer.status !== 409) return
    await new Promise(resolve => setTimeout(resolve, 50 * 2 ** tries))
  }
}

/** Every payment intent of an account at the simulator. */
export async function allIntents(
  list: (query: Record<string, string>) => Promise<{ data: StripeIntent[]; has_more: boolean }>,
): Promise<StripeIntent[]> {
  const intents: StripeIntent[] = []
  for (let after: string | undefined; ; ) {
    const page = await list({ limit: '100', ...(after ? { starting_after: after } : {}) })
    intents.push(...page.data)
    after = page.data.at(-1)?.id
    if (!page.has_more || after === undefined) return intents
  }
}

export type Verdict = { succeeded: number; failed: number; absent: number; undecided: string[]; faults: string[] }

/** `charges` as the vault shows them now, by reference. */
export function judge(
  sent: readonly StormCharge[],
  shown: ReadonlyMap<string, { id: string; status: string; amount: number }>,
  intents: readonly StripeIntent[],
): Verdict {
  const verdict: Verdict = { succeeded: 0, failed: 0, absent: 0, undecided: [], faults: [] }
  const paid = new Map<string, StripeIntent[]>()
  for (const intent of intents) {
    if (intent.status !== 'succeeded') continue
    const charge = intent.metadata.panless_charge ?? 'none'
    paid.set(charge, [...(paid.get(charge) ?? []), intent])
  }
  const known = new Set<string>()
  for (const { reference, answer, amount } of sent) {
    const charge = shown.get(reference)
    if (!charge) {
      verdict.absent++
      if (answer !== null && answer.status < 300) verdict.faults.push(`${reference} was acknowledged and is gone`)
      continue
    }
    known.add(charge.id)
    const money = paid.get(charge.id) ?? []
    if (money.length > 1) verdict.faults.push(`${charge.id} was paid ${money.length} times`)
    if (charge.status === 'succeeded') {
      verdict.succeeded++
      if (money.length === 0) verdict.faults.push(`${charge.id} succeeded without money`)
      if (money[0] && money[0].amount !== amount) verdict.faults.push(`${charge.id} was paid another amount`)
    } else if (['declined', 'errored', 'cancelled', 'expired'].includes(charge.status)) {
      verdict.failed++
      if (money.length > 0) verdict.faults.push(`${charge.id} is ${charge.status} and was paid`)
    } else {
      verdict.undecided.push(`${charge.id} ${charge.status}`)
    }
    if (answer?.status === 201 && charge.status !== 'succeeded')
      verdict.faults.push(`${charge.id} was answered 201 and is ${charge.status}`)
  }
  for (const charge of paid.keys()) if (!known.has(charge)) verdict.faults.push(`money of an unknown charge ${charge}`)
  return verdict
}

/** All charges that the vault shows, by reference. */
export async function shownCharges(
  client: ApiClient,
): Promise<Map<string, { id: string; status: string; amount: number }>> {
  const shown = new Map<string, { id: string; status: string; amount: number }>()
  for (let cursor: string | null = null; ; ) {
    const page: ApiAnswer = await client.get(
      `/v1/charges?limit=100${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`,
    )
    for (const charge of page.json.data) shown.set(charge.reference, charge)
    cursor = page.json.next_cursor
    if (cursor === null) return shown
  }
}
