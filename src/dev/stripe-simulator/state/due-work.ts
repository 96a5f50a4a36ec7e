/** Work that is due later on the simulated clock: a heap by time, kept with the account's records. */
import type { Account } from './account.ts'
import type { SimulatorClock } from './clock.ts'
import type { TaskKind, TaskRecord } from './records.ts'

/** setTimeout cannot wait longer than 2^31 ms; a shorter look costs nothing. */
const LONGEST_SLEEP_MS = 3_600_000

export type TaskHandlers = Readonly<Record<TaskKind, (account: Account, subject: string) => void>>

interface Entry {
  account: Account
  task: TaskRecord
  order: number
}

export class DueWork {
  #clock: SimulatorClock
  #handlers: TaskHandlers
  #afterRun: () => void
  #heap: Entry[] = []
  #order = 0
  #timer: NodeJS.Timeout | null = null
  #timerDueAtMs = Number.POSITIVE_INFINITY
  #running = false
  #closed = false

  constructor(clock: SimulatorClock, handlers: TaskHandlers, afterRun: () => void) {
    this.#clock = clock
    this.#handlers = handlers
    this.#afterRun = afterRun
  }

  /** Has `kind` done for `subject` when the simulated clock reads `dueAtMs`. */
  schedule(account: Account, kind: TaskKind, subject: string, dueAtMs: number): void {
    const task: TaskRecord = { id: account.ids.next('task'), kind, subject, dueAtMs }
    account.tables.tasks.add(task)
    this.restore(account, task)
  }

  /** Like `schedule`, unless the very same work is waiting already. */
  scheduleOnce(account: Account, kind: TaskKind, subject: string, dueAtMs: number): void {
    const id = `${kind}:${subject}:${dueAtMs}`
    if (account.tables.tasks.get(id)) return
    this.restore(account, account.tables.tasks.add({ id, kind, subject, dueAtMs }))
  }

  /** Puts a task that is in the account's records into the heap. */
  restore(account: Account, task: TaskRecord): void {
    this.#push({ account, task, order: this.#order++ })
    if (!this.#running) this.#wakeAt(task.dueAtMs)
  }

  forget(account: Account): void {
    const kept = this.#heap.filter(entry => entry.account !== account)
    this.#heap = []
    for (const entry of kept) this.#push(entry)
  }

  /** Does all that is due, in order, each piece at its own time. */
  run(): void {
    if (this.#running || this.#closed) return
    this.#running = true
    try {
      for (let next = this.#heap[0]; next && next.task.dueAtMs <= this.#clock.nowMs(); next = this.#heap[0]) {
        const { account, task } = this.#pop()
        if (account.tables.tasks.get(task.id) !== task) continue
        account.tables.tasks.remove(task.id)
        this.#clock.at(task.dueAtMs, () => this.#handlers[task.kind](account, task.subject))
      }
    } finally {
      this.#running = false
      this.#afterRun()
      this.#sleep()
    }
  }

  close(): void {
    this.#closed = true
    if (this.#timer) clearTimeout(this.#timer)
  }

  #sleep(): void {
    this.#timerDueAtMs = Number.POSITIVE_INFINITY
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
    const first = this.#heap[0]
    if (first) this.#wakeAt(first.task.dueAtMs)
  }

  #wakeAt(dueAtMs: number): void {
    if (this.#closed || dueAtMs >= this.#timerDueAtMs) return
    if (this.#timer) clearTimeout(this.#timer)
    this.#timerDueAtMs = dueAtMs
    const waitMs = Math.min(Math.max(0, Math.ceil(dueAtMs - this.#clock.nowMs())), LONGEST_SLEEP_MS)
    this.#timer = setTimeout(() => {
      this.#timerDueAtMs = Number.POSITIVE_INFINITY
      this.run()
    }, waitMs)
  }

  #push(entry: Entry): void {
    const heap = this.#heap
    let place = heap.push(entry) - 1
    while (place > 0) {
      const parent = (place - 1) >> 1
      if (!before(entry, heap[parent]!)) break
      heap[place] = heap[parent]!
      place = parent
    }
    heap[place] = entry
  }

  #pop(): Entry {
    const heap = this.#heap
    const first = heap[0]!
    const last = heap.pop()!
    if (heap.length === 0) return first
    let place = 0
    for (;;) {
      let child = 2 * place + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child += 1
      if (!before(heap[child]!, last)) break
      heap[place] = heap[child]!
      place = child
    }
    heap[place] = last
    return first
  }
}

function before(a: Entry, b: Entry): boolean {
  return a.task.dueAtMs === b.task.dueAtMs ? a.order < b.order : a.task.dueAtMs < b.task.dueAtMs
}
