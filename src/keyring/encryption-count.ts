// Counts the encryptions of each key against leases: thousands are reserved at a time, so that one costs a subtraction.
// A lease also ends by itself, so that a version that is no longer leased is known to seal nothing more.
import type { CountedUse, EncryptionLeases } from './keyring.ts'

/** How long a process may seal with a key before it asks again. */
export const LEASE_MS = 10_000
/** What one process reserves ahead; what it has left when it stops is lost, which the bound has room for. */
export const LEASE_SIZE = 16_384
/** Asked again in the background from here on, so that nobody waits. */
const LOW = LEASE_SIZE / 4
const RENEW_MS = LEASE_MS / 2

type Lease = { left: number; until: number; renewing: Promise<void> | null }

export class EncryptionCount {
  readonly #leases: EncryptionLeases
  readonly #held = new Map<string, Lease>()

  constructor(leases: EncryptionLeases) {
    this.#leases = leases
  }

  /** Takes one encryption; rejects as the lease does when there is none to be had. */
  async take(version: number, use: CountedUse): Promise<void> {
    const lease = this.#leaseOf(version, use)
    // Two rounds: many that wait for one lease may use it up.
    for (let round = 0; round < 2 && !usable(lease); round++) await this.#renew(lease, version, use)
    lease.left--
    if (isLow(lease)) {
      // What fails here fails again where it is waited for.
      this.#renew(lease, version, use).catch(() => {})
    }
  }

  #leaseOf(version: number, use: CountedUse): Lease {
    const name = `${version} ${use}`
    const known = this.#held.get(name)
    if (known) return known
    const lease: Lease = { left: 0, until: 0, renewing: null }
    this.#held.set(name, lease)
    return lease
  }

  #renew(lease: Lease, version: number, use: CountedUse): Promise<void> {
    lease.renewing ??= this.#grant(lease, version, use).finally(() => {
      lease.renewing = null
    })
    return lease.renewing
  }

  async #grant(lease: Lease, version: number, use: CountedUse): Promise<void> {
    // Counted from before the question, so that it ends here before it ends in the database.
    const asked = performance.now()
    const count = LEASE_SIZE - lease.left
    await this.#leases.grant(version, use, count)
    lease.left += count
    lease.until = asked + LEASE_MS
  }
}

const usable = (lease: Lease): boolean => lease.left > 0 && performance.now() < lease.until

const isLow = (lease: Lease): boolean => lease.left < LOW || lease.until - performance.now() < RENEW_MS
