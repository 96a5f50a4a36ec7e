// Sample data of the last fourteen days, made as a shop would make it: through the public API, while time goes by.
import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { requestAccessToken } from './access-token.ts'
import { DEFAULT_EMBEDDED_TENANT, EMBEDDED_TENANTS, type EmbeddedTenant, type KeptEnvironment } from './environment.ts'
import { type HttpsClient, openHttpsClient } from './https-client.ts'
import type { ClientCredentials, ClientRole } from './identity-provider.ts'
import { type PlannedCharge, type PlannedSlot, SAMPLE_DAYS, type SamplePlan, samplePlan } from './sample-plan.ts'
import type { SimulatorControl } from './simulator-control.ts'

export interface SampleDataOptions {
  url: string
  tokenEndpoint: string
  caFile: string
  clients: Record<ClientRole, ClientCredentials>
  environment: KeptEnvironment
  simulator: SimulatorControl
  /** Where the simulator's clock ends. */
  now: Date
  onProgress: (done: number, total: number) => void
}

/** Two cores do not get faster by more calls at once. */
const CALLS_AT_ONCE = 6
const ATTEMPTS = 5
const RETRY_MS = 200
const CONSENT_TEXT_VERSION = '2026-11-01'
const CURRENCY = 'usd'

type Send = (
  role: ClientRole,
  tenant: EmbeddedTenant,
  path: string,
  body: unknown,
  key: string,
  expected: number[],
) => Promise<{ id: string; status: number }>

/** When the sample data begins: the simulator is started with its clock there. */
export function sampleDataBegin(now: Date): Date {
  return new Date(now.getTime() - SAMPLE_DAYS * 24 * 60 * 60 * 1000)
}

/** Makes the plan true and leaves the simulator's clock at `now`. */
export async function makeSampleData(options: SampleDataOptions): Promise<void> {
  const https = openHttpsClient(await readFile(options.caFile, 'utf8'), CALLS_AT_ONCE)
  try {
    const send = await signedIn(https, options)
    const plan = samplePlan()
    const total = plan.payers.length + plan.slots.reduce((sum, slot) => sum + slot.charges.length, 0)
    const work = new SampleWork(plan, send)
    const accounts = EMBEDDED_TENANTS.map(tenant => options.environment.stripe[tenant])
    await Promise.all(accounts.map(account => options.simulator.setAutomaticPayouts(account, false)))
    let done = 0
    for (const slot of plan.slots) {
      await options.simulator.setClock(new Date(sampleDataBegin(options.now).getTime() + slot.atMinutes * 60_000))
      if (slot.payout) await options.simulator.payOut(options.environment.stripe[DEFAULT_EMBEDDED_TENANT])
      await work.run(slot, () => options.onProgress(++done, total))
    }
    await options.simulator.setClock(new Date())
    await Promise.all(accounts.map(account => options.simulator.setAutomaticPayouts(account, true)))
  } finally {
    https.close()
  }
}

/** Does the plan's slots, one after the other, and remembers the ids that were answered. */
class SampleWork {
  readonly #plan: SamplePlan
  readonly #send: Send
  /** Vault tokens of each payer, in the order of their cards. */
  readonly #tokens = new Map<number, string[]>()
  #charges = 0

  constructor(plan: SamplePlan, send: Send) {
    this.#plan = plan
    this.#send = send
  }

  async run(slot: PlannedSlot, onDone: () => void): Promise<void> {
    await atOnce(slot.payers, payer => this.#addPayer(payer).then(onDone))
    const numbered = slot.charges.map(charge => ({ charge, number: ++this.#charges }))
    await atOnce(numbered, ({ charge, number }) => this.#makeCharge(charge, number).then(onDone))
  }

  async #addPayer(at: number): Promise<void> {
    const planned = this.#plan.payers[at] as SamplePlan['payers'][number]
    const { tenant, shortName, realName, email, locale } = planned
    const body = { short_name: shortName, real_name: realName, email, locale, external_ref: `sample-${letters(at)}` }
    const payer = await this.#send('checkout', tenant, '/v1/payers', body, `sample-payer-${letters(at)}`, [201])
    const tokens: string[] = []
    for (const card of planned.cards) {
      const consent = { text_version: CONSENT_TEXT_VERSION }
      const wanted = { payer: payer.id, payment_method: card, on_duplicate: 'create', consent }
      const key = `sample-token-${letters(at)}-${tokens.length}`
      tokens.push((await this.#send('checkout', tenant, '/v1/tokens', wanted, key, [200, 201])).id)
    }
    this.#tokens.set(at, tokens)
  }

  async #makeCharge(planned: PlannedCharge, number: number): Promise<void> {
    const tenant = this.#plan.payers[planned.payer]?.tenant ?? DEFAULT_EMBEDDED_TENANT
    const token = this.#tokens.get(planned.payer)?.[planned.card]
    const { amount, description, capture } = planned
    const name = `sample-${letters(number)}`
    const body = { token, amount, currency: CURRENCY, reference: name, description, capture }
    const charge = await this.#send('billing', tenant, '/v1/charges', body, name, [201, 202, 402])
    if (charge.status !== 201) return
    if (capture === 'manual') {
      await this.#send('billing', tenant, `/v1/charges/${charge.id}/capture`, {}, `${name}-capture`, [200])
    }
    if (planned.refund === 'none') return
    const part = planned.refund === 'half' ? { amount: Math.floor(amount / 2) } : {}
    const refund = { charge: charge.id, reason: 'requested_by_customer', ...part }
    await this.#send('billing', tenant, '/v1/refunds', refund, `${name}-refund`, [201, 202])
  }
}

/** Sends with an access token of the role and tenant, each asked for once; waits out 429 and 503. */
async function signedIn(https: HttpsClient, options: SampleDataOptions): Promise<Send> {
  const tokens = new Map<string, string>()
  const scopes = { checkout: 'payers:write tokens:create', billing: 'charges:create charges:write refunds:create' }
  for (const role of ['checkout', 'billing'] as const) {
    for (const tenant of EMBEDDED_TENANTS) {
      const { tokenEndpoint, clients } = options
      const token = await requestAccessToken(https, {
        tokenEndpoint,
        client: clients[role],
        tenant,
        scope: scopes[role],
      })
      tokens.set(`${role} ${tenant}`, token)
    }
  }
  return async (role, tenant, path, body, key, expected) => {
    const headers = {
      'content-type': 'application/json',
      authorization: `Bearer ${tokens.get(`${role} ${tenant}`)}`,
      'idempotency-key': key,
    }
    for (let attempt = 1; ; attempt++) {
      const answer = await https.send('POST', `${options.url}${path}`, headers, JSON.stringify(body))
      const json = (answer.json ?? {}) as { id?: string; code?: string; charge?: { id: string } }
      if (expected.includes(answer.status)) return { id: json.id ?? json.charge?.id ?? '', status: answer.status }
      const waits = answer.status === 429 || answer.status === 503
      if (!waits || attempt === ATTEMPTS) {
        throw new Error(`sample data: POST ${path} answered ${answer.status} ${json.code ?? ''}: ${answer.text}`)
      }
      await delay(RETRY_MS * attempt)
    }
  }
}

/** Numbers in letters: a reference that no one could take for a card number. */
function letters(number: number): string {
  return String(number).replace(/\d/g, digit => 'abcdefghij'[Number(digit)] as string)
}

async function atOnce<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  const waiting = [...items]
  const next = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item)
  }
  await Promise.all(Array.from({ length: Math.min(CALLS_AT_ONCE, items.length) }, next))
}
