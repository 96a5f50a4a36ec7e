// A clock that follows the Stripe simulator's, so that sample data of past days is dated as it would have been.
import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '../domain/context.ts'

export interface FollowingClock {
  clock: Clock
  close(): void
}

/** How long one question is held open by the simulator when nothing changes. */
const WAIT_MS = 30_000
/** The simulator answers within the wait, or it is gone. */
const ANSWER_TIMEOUT_MS = WAIT_MS + 10_000
const RETRY_MS = 250

interface Reading {
  /** RFC 3339. */
  now: string
  version: number
}

/** Reads the simulator's clock once, and then follows every change of it until closed. */
export async function followSimulatorClock(controlUrl: string): Promise<FollowingClock> {
  const closing = new AbortController()
  let offsetMs = 0
  let version = 0
  const read = async (waitMs: number) => {
    const url = `${controlUrl}/clock?after_version=${version}&wait_ms=${waitMs}`
    const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)])
    const answer = await fetch(url, { signal })
    if (!answer.ok) throw new Error(`the simulator's clock answered ${answer.status}`)
    const reading = (await answer.json()) as Reading
    offsetMs = new Date(reading.now).getTime() - Date.now()
    version = reading.version
  }
  await read(0)
  const follow = async () => {
    while (!closing.signal.aborted) {
      await read(WAIT_MS).catch(() => delay(RETRY_MS))
    }
  }
  follow()
  return {
    clock: { now: () => new Date(Date.now() + offsetMs), wall: () => new Date() },
    close: () => closing.abort(),
  }
}
