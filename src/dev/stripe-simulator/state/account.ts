/** One Stripe account: its collections, its settings, its ids. Each secret key has one of its own. */
import { Collection } from './collection.ts'
import { IdSequence, lettersFrom } from './ids.ts'
import { COLLECTION_NAMES, type CollectionName, type Records } from './records.ts'
import type { AccountSettings, WebhookDisorder } from './settings.ts'
import type { Simulator } from './simulator.ts'

export type Tables = { readonly [N in CollectionName]: Collection<Records[N]> }

export class Account {
  readonly id: string
  readonly simulator: Simulator
  readonly tables: Tables
  readonly ids: IdSequence
  settings: AccountSettings
  disorder: WebhookDisorder
  /** Idempotency keys whose first request is still running. */
  readonly keysInFlight = new Set<string>()

  constructor(simulator: Simulator, id: string) {
    this.simulator = simulator
    this.id = id
    this.ids = new IdSequence(`${simulator.seed}|${id}`, simulator.run)
    this.settings = { ...simulator.defaultSettings }
    this.disorder = { ...simulator.defaultDisorder }
    const onChange = (collection: string, recordId: string, record: { id: string } | null) =>
      simulator.journal?.note(id, collection, recordId, record)
    const tables = COLLECTION_NAMES.map(name => [name, new Collection(name, onChange)])
    this.tables = Object.fromEntries(tables) as unknown as Tables
  }

  /** The same card number gives the same fingerprint in one account, and another one in the next. */
  fingerprint(cardNumberOrName: string): string {
    return lettersFrom(`fingerprint|${this.id}|${cardNumberOrName}`, 16)
  }

  get nowSeconds(): number {
    return this.simulator.clock.nowSeconds()
  }

  /** Forgets everything but the webhook endpoints, or these too. */
  reset(everything: boolean): void {
    for (const name of COLLECTION_NAMES) {
      if (name !== 'webhook_endpoints' || everything) this.tables[name].clear()
    }
    this.keysInFlight.clear()
    this.simulator.work.forget(this)
  }
}
