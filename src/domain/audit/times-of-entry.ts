// Between which times an entry stands in the log, which has no index of ids: an id is made in the request that it is of.
import { notFound } from '../errors.ts'
import { isId, timeOfId } from '../ids.ts'

/** Its row's time is at most this long before or after. */
const APART_MS = 60_000

/** @throws not_found for what is no id of an entry */
export function timesOfEntry(id: string): { from: Date; to: Date } {
  if (!isId('audit', id)) throw notFound()
  const made = timeOfId('audit', id).getTime()
  return { from: new Date(made - APART_MS), to: new Date(made + APART_MS) }
}
