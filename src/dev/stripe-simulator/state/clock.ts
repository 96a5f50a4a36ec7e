/** The simulated clock: wall time plus an offset that the control API moves. */

/** A longer wait would hold a control connection open for no reason; callers simply ask again. */
const LONGEST_WAIT_MS = 60_000

export class SimulatorClock {
  /** Counts changes of the offset, so that a follower can wait for the next one. */
  version = 1
  #offsetMs: number
  #standsAtMs: number | null = null
  #waiting = new Set<() => void>()

  constructor(offsetMs: number) {
    this.#offsetMs = offsetMs
  }

  /** Milliseconds since 1970 on the simulated clock. */
  nowMs(): number {
    return this.#standsAtMs ?? Date.now() + this.#offsetMs
  }

  /** Whole seconds since 1970 on the simulated clock, as Stripe's objects carry them. */
  nowSeconds(): number {
    return Math.floor(this.nowMs() / 1000)
  }

  get offsetMs(): number {
    return this.#offsetMs
  }

  /** Moves the clock so that it reads `ms` at this moment and goes on from there. */
  set(ms: number): void {
    this.#offsetMs = ms - Date.now()
    this.version += 1
    for (const wake of [...this.#waiting]) wake()
  }

  /** Runs `work` (which must not wait) with the clock standing at `ms`: late work happens at its own time. */
  at<T>(ms: number, work: () => T): T {
    const before = this.#standsAtMs
    this.#standsAtMs = ms
    try {
      return work()
    } finally {
      this.#standsAtMs = before
    }
  }

  /** Resolves when the version is above `version`, or after `waitMs` milliseconds at the latest. */
  async waitForChange(version: number, waitMs: number): Promise<void> {
    if (this.version > version || waitMs <= 0) return
    await new Promise<void>(resolve => {
      const wake = () => {
        clearTimeout(timer)
        this.#waiting.delete(wake)
        resolve()
      }
      const timer = setTimeout(wake, Math.min(waitMs, LONGEST_WAIT_MS))
      this.#waiting.add(wake)
    })
  }

  /** Lets every waiting follower go; called when the simulator closes. */
  release(): void {
    for (const wake of [...this.#waiting]) wake()
  }
}
