/** /v1/events: what happened in the last 30 days. */
import { paging, timeRange } from '../api/common-parameters.ts'
import { inRange, listPage } from '../api/list.ts'
import { boolean, list, string } from '../api/parameters.ts'
import { type ApiRoute, route } from '../api/route.ts'
import { invalidParameter, missing } from '../api/stripe-error.ts'
import type { EventRecord } from '../state/records.ts'
import { eventView } from '../webhooks/event-view.ts'

/** Stripe takes up to 20 types in one filter. */
const MAX_TYPES = 20

const listTable = {
  ...paging,
  created: timeRange,
  delivery_success: boolean,
  type: string({ max: 100 }),
  types: list(string({ max: 100 }), { max: MAX_TYPES }),
}

export const eventRoutes: ApiRoute[] = [
  route('GET', '/v1/events', listTable, ({ account, params, url }) => {
    const { created, delivery_success, type, types } = params
    if (type !== undefined && types !== undefined) {
      throw invalidParameter(
        'You may only specify one of these parameters: type, types.',
        undefined,
        'parameters_exclusive',
      )
    }
    const wanted = typeFilter(types ?? (type === undefined ? [] : [type]))
    const matches = (event: EventRecord) =>
      wanted(event.type) &&
      inRange(event.created, created) &&
      (delivery_success === undefined || delivery_success === (event.pending === 0 && !event.failed))
    return listPage(url, params, account.tables.events.all(), matches, event => eventView(event))
  }),
  route('GET', '/v1/events/:id', {}, ({ account, ids }) => {
    const event = account.tables.events.get(ids.id!)
    if (!event) throw missing('event', ids.id!, 'id')
    return eventView(event)
  }),
]

/** `charge.*` stands for a group of types. */
function typeFilter(types: readonly string[]): (type: string) => boolean {
  if (types.length === 0) return () => true
  const exact = new Set(types)
  const groups = types.filter(type => type.endsWith('*')).map(type => type.slice(0, -1))
  return type => exact.has(type) || groups.some(group => type.startsWith(group))
}
