/** The latest requests of each account, for tests that ask what really reached Stripe. Holds no parameter. */

/** Enough for the longest test run; older entries fall out. */
const KEPT_PER_ACCOUNT = 20_000

export interface LoggedRequest {
  at: string
  request_id: string
  method: string
  path: string
  idempotency_key: string | null
  status: number | null
  replayed: boolean
  fault: string | null
}

/** Anything that could be a card number, should a caller put one into a path or a key. */
const MANY_DIGITS = /\d(?:[ .-]?\d){11,}/g

export class RequestLog {
  #byAccount = new Map<string, LoggedRequest[]>()

  add(accountId: string, entry: LoggedRequest): void {
    const entries = this.#byAccount.get(accountId) ?? []
    this.#byAccount.set(accountId, entries)
    entries.push({
      ...entry,
      path: mask(entry.path),
      idempotency_key: entry.idempotency_key && mask(entry.idempotency_key),
    })
    if (entries.length > 2 * KEPT_PER_ACCOUNT) entries.splice(0, entries.length - KEPT_PER_ACCOUNT)
  }

  of(accountId: string): readonly LoggedRequest[] {
    return (this.#byAccount.get(accountId) ?? []).slice(-KEPT_PER_ACCOUNT)
  }

  clear(accountId?: string): void {
    if (accountId === undefined) this.#byAccount.clear()
    else this.#byAccount.delete(accountId)
  }
}

function mask(text: string): string {
  return MANY_DIGITS.test(text) ? text.replace(MANY_DIGITS, '[number]') : text
}
