/** The whole simulator's state: clock, accounts, due work, faults; everything else is handed what it needs from here. */
import type { Agent } from 'node:http'
import type { Faults } from '../control/faults.ts'
import { Random } from '../control/random.ts'
import type { RequestLog } from '../control/request-log.ts'
import { Account } from './account.ts'
import { SimulatorClock } from './clock.ts'
import { DueWork, type TaskHandlers } from './due-work.ts'
import { IdSequence } from './ids.ts'
import type { Journal, JournalLine } from './journal.ts'
import type { KeyTable } from './keys.ts'
import { COLLECTION_NAMES, type CollectionName, type DeliveryRecord } from './records.ts'
import { type AccountSettings, DEFAULT_SETTINGS, NO_DISORDER, type WebhookDisorder } from './settings.ts'
import { nextMidnight } from './time.ts'

/** The API request that is being executed; events name it. Null while due work runs. */
export interface CurrentRequest {
  id: string
  idempotencyKey: string | null
}

export interface OutgoingWebhook {
  account: Account
  delivery: DeliveryRecord
}

export interface SimulatorParts {
  seed: string
  keys: KeyTable
  journal: Journal | null
  faults: Faults
  log: RequestLog
  clockOffsetMs: number
  handlers: TaskHandlers
  /** Sends what `takeOutbox` gives; called after due work has run. */
  sendWebhooks: (simulator: Simulator) => void
}

interface OwnRecord {
  id: string
  run?: number
  clockOffsetMs?: number
  settings?: AccountSettings
  disorder?: WebhookDisorder
}

export class Simulator {
  readonly seed: string
  readonly keys: KeyTable
  readonly journal: Journal | null
  readonly faults: Faults
  readonly log: RequestLog
  readonly random: Random
  readonly clock: SimulatorClock
  readonly work: DueWork
  readonly accounts = new Map<string, Account>()
  /** How many times this state was started; ids depend on it. */
  run = 1
  defaultSettings: AccountSettings = { ...DEFAULT_SETTINGS }
  defaultDisorder: WebhookDisorder = { ...NO_DISORDER }
  currentRequest: CurrentRequest | null = null
  /** Connections to webhook endpoints, and deliveries held back on purpose; both end with the simulator. */
  readonly agents = new Map<string, Agent>()
  readonly timers = new Set<NodeJS.Timeout>()
  closed = false
  /** Where the simulator is reached; set when it listens. */
  origin = ''
  #outbox: OutgoingWebhook[] = []
  #requestIds: IdSequence | null = null

  constructor(parts: SimulatorParts) {
    this.seed = parts.seed
    this.keys = parts.keys
    this.journal = parts.journal
    this.faults = parts.faults
    this.log = parts.log
    this.random = new Random(parts.seed)
    this.clock = new SimulatorClock(parts.clockOffsetMs)
    this.work = new DueWork(this.clock, parts.handlers, () => parts.sendWebhooks(this))
  }

  /** The letters of the next request's id. */
  nextRequestLetters(): string {
    this.#requestIds ??= new IdSequence(`${this.seed}|requests`, this.run)
    return this.#requestIds.letters(14)
  }

  account(id: string): Account {
    const known = this.accounts.get(id)
    if (known) return known
    const account = new Account(this, id)
    this.accounts.set(id, account)
    this.startDailyPayouts(account)
    return account
  }

  /** The account that a secret or publishable key opens, made if need be. */
  accountOfKey(key: string): Account | null {
    const opened = this.keys.open(key)
    return opened && this.account(opened.accountId)
  }

  /** Moves the clock and does what has become due. */
  moveClock(ms: number): void {
    this.clock.set(ms)
    this.journal?.note('*', 'own', 'clock', { id: 'clock', clockOffsetMs: this.clock.offsetMs } as OwnRecord)
    this.work.run()
  }

  /** Stores what `account.settings` and `account.disorder` now are. */
  settingsChanged(account: Account): void {
    const record: OwnRecord = { id: 'settings', settings: account.settings, disorder: account.disorder }
    this.journal?.note(account.id, 'own', 'settings', record)
  }

  /** Stops all work and writes what is not yet in the journal. */
  async close(): Promise<void> {
    this.closed = true
    this.work.close()
    this.clock.release()
    for (const timer of this.timers) clearTimeout(timer)
    for (const agent of this.agents.values()) agent.destroy()
    await this.journal?.close()
  }

  post(webhook: OutgoingWebhook): void {
    this.#outbox.push(webhook)
  }

  takeOutbox(): OutgoingWebhook[] {
    const taken = this.#outbox
    this.#outbox = []
    return taken
  }

  /** Reads the journal, rewrites it without what is out of date, and takes up the work that was waiting. */
  async restore(): Promise<void> {
    if (!this.journal) return
    const newest = await newestLines(this.journal)
    for (const [scope, , id, record] of newest) {
      if (scope === '*') this.#restoreOwn(id, record as OwnRecord)
    }
    for (const [scope, collection, , record] of newest) {
      if (scope === '*') continue
      const account = this.accounts.get(scope) ?? new Account(this, scope)
      this.accounts.set(scope, account)
      if (collection === 'own') this.#restoreSettings(account, record as OwnRecord)
      else if (isCollection(collection)) account.tables[collection].restore(record as never)
    }
    this.journal.rewrite(this.#everything())
    for (const account of this.accounts.values()) this.#takeUpWork(account)
  }

  #restoreOwn(id: string, record: OwnRecord): void {
    if (id === 'run') this.run = (record.run ?? 0) + 1
    if (id === 'clock' && record.clockOffsetMs !== undefined) this.clock.set(Date.now() + record.clockOffsetMs)
  }

  #restoreSettings(account: Account, record: OwnRecord): void {
    account.settings = { ...account.settings, ...record.settings }
    account.disorder = { ...account.disorder, ...record.disorder }
  }

  *#everything(): Generator<JournalLine> {
    yield ['*', 'own', 'run', { id: 'run', run: this.run } as OwnRecord]
    yield ['*', 'own', 'clock', { id: 'clock', clockOffsetMs: this.clock.offsetMs } as OwnRecord]
    for (const account of this.accounts.values()) {
      const { settings, disorder } = account
      yield [account.id, 'own', 'settings', { id: 'settings', settings, disorder } as OwnRecord]
      for (const name of COLLECTION_NAMES) {
        for (const record of account.tables[name].all()) yield [account.id, name, record.id, record]
      }
    }
  }

  #takeUpWork(account: Account): void {
    for (const task of account.tables.tasks.all()) this.work.restore(account, task)
    this.startDailyPayouts(account)
    const waiting = new Set(account.tables.tasks.all().map(task => task.subject))
    for (const delivery of account.tables.deliveries.all()) {
      if (!waiting.has(delivery.id)) this.post({ account, delivery })
    }
  }

  /** Has the work of each 00:00 UTC done for an account. */
  startDailyPayouts(account: Account): void {
    const waiting = account.tables.tasks.all().some(task => task.kind === 'daily_payout')
    if (!waiting) this.work.schedule(account, 'daily_payout', '', nextMidnight(this.clock.nowMs()))
  }
}

function isCollection(name: string): name is CollectionName {
  return (COLLECTION_NAMES as readonly string[]).includes(name)
}

/** The last line of each record that was not removed, in the order in which the records were made. */
async function newestLines(journal: Journal): Promise<JournalLine[]> {
  const newest = new Map<string, JournalLine>()
  await journal.read(line => {
    const [scope, collection, id, record] = line
    const key = `${scope} ${collection} ${id}`
    if (record === null) newest.delete(key)
    else newest.set(key, line)
  })
  return [...newest.values()]
}
