// The time that another machine says it has: the `Date` header of whatever it answers.
import { createExchange } from './exchange.ts'

const TIMEOUT_MS = 5_000

/** Null when the other side does not answer, or without a date. */
export async function readDateHeader(url: string): Promise<string | null> {
  const exchange = createExchange({ timeoutMs: TIMEOUT_MS })
  return exchange({ url, method: 'HEAD' }).then(
    ({ headers }) => headers.date ?? null,
    () => null,
  )
}
