// Looks now and then whether deployment, database and tenants still agree on a region; where not, nothing is written.
import type { Dependencies } from '../context.ts'
import { DomainError } from '../errors.ts'
import { regionFault } from './region-marker.ts'

export type RegionGuard = {
  /** Why they do not agree; null when they do. At most a few seconds old. */
  fault(): Promise<string | null>
  /** @throws region_mismatch */
  requireAgreement(): Promise<void>
}

/** How long a change may go unseen. */
const LOOK_EVERY_MS = 3_000

export function createRegionGuard(needs: Pick<Dependencies, 'db' | 'statements' | 'settings'>): RegionGuard {
  let last: { at: number; answer: Promise<string | null> } | null = null

  function fault(): Promise<string | null> {
    if (last === null || performance.now() - last.at >= LOOK_EVERY_MS) {
      const answer = regionFault(needs)
      last = { at: performance.now(), answer }
      answer.catch(() => {
        last = null
      })
    }
    return last.answer
  }

  return {
    fault,
    async requireAgreement() {
      if ((await fault()) === null) return
      throw new DomainError(
        'region_mismatch',
        'Deployment, database and tenants are not of one region, so nothing is changed. An operator has to look.',
        { retryAfterSeconds: 60 },
      )
    },
  }
}
