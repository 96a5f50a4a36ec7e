/** Lists as Stripe gives them: newest first, 1–100 items, cursors by id. */
import type Stripe from 'stripe'
import type { TimeRange } from './common-parameters.ts'
import { invalidParameter, missing } from './stripe-error.ts'

const DEFAULT_LIMIT = 10

export interface PageParams {
  limit?: number
  starting_after?: string
  ending_before?: string
}

/** One page of the records (oldest first) that match, shown by `view`. */
export function listPage<R extends { id: string }, V>(
  url: string,
  params: PageParams,
  records: readonly R[],
  matches: (record: R) => boolean,
  view: (record: R) => V,
): Stripe.ApiList<V> {
  const { limit = DEFAULT_LIMIT, starting_after, ending_before } = params
  if (starting_after !== undefined && ending_before !== undefined) {
    throw invalidParameter('You may only specify one of these parameters: starting_after, ending_before.')
  }
  const data: V[] = []
  let more = false
  if (ending_before !== undefined) {
    const from = placeOf(records, ending_before, 'ending_before')
    for (let i = from + 1; i < records.length && !more; i++) {
      if (!matches(records[i]!)) continue
      if (data.length === limit) more = true
      else data.unshift(view(records[i]!))
    }
  } else {
    const from = starting_after === undefined ? records.length : placeOf(records, starting_after, 'starting_after')
    for (let i = from - 1; i >= 0 && !more; i--) {
      if (!matches(records[i]!)) continue
      if (data.length === limit) more = true
      else data.push(view(records[i]!))
    }
  }
  return { object: 'list', data, has_more: more, url }
}

function placeOf(records: readonly { id: string }[], id: string, param: string): number {
  for (let i = records.length - 1; i >= 0; i--) if (records[i]!.id === id) return i
  throw missing('object', id, param, 400)
}

/** Whether a time in seconds lies in the range of a filter; no filter takes all. */
export function inRange(seconds: number, range: TimeRange | undefined): boolean {
  if (!range) return true
  const { gt, gte, lt, lte } = range
  return (
    (gt === undefined || seconds > gt) &&
    (gte === undefined || seconds >= gte) &&
    (lt === undefined || seconds < lt) &&
    (lte === undefined || seconds <= lte)
  )
}
