// What waits, as metrics of a worker: undecided outcomes, events, open exceptions and queued jobs.
import type { Dependencies } from '../domain/context.ts'
import { type Backlog, readBacklog } from '../domain/operations/read-backlog.ts'
import type { GaugeReader, Metrics } from './metrics.ts'

/** Scrapes come every 15 to 60 s, from several readers; the tables are asked at most this often. */
const READ_EVERY_MS = 15_000

type Value = { labels: Record<string, string>; value: number }
type Shape = { name: string; help: string; labels: string[]; values: (backlog: Backlog) => Value[] }

const SHAPES: Shape[] = [
  {
    name: 'undecided_outcomes',
    help: 'Charges and refunds whose outcome is unknown or needs a person.',
    labels: ['tenant', 'kind', 'status'],
    values: ({ tenant, undecided }) =>
      undecided.map(({ kind, status, count }) => ({ labels: { tenant, kind, status }, value: count })),
  },
  {
    name: 'stripe_events_waiting',
    help: "Stripe's events that are stored and not worked off.",
    labels: ['tenant'],
    values: ({ tenant, eventsWaiting }) => [{ labels: { tenant }, value: eventsWaiting }],
  },
  {
    name: 'stripe_events_oldest_seconds',
    help: 'Age of the oldest event that waits.',
    labels: ['tenant'],
    values: ({ tenant, oldestEventSeconds }) => [{ labels: { tenant }, value: oldestEventSeconds }],
  },
  {
    name: 'exceptions_open',
    help: 'Differences between the vault and Stripe that nobody has settled.',
    labels: ['tenant', 'cause'],
    values: ({ tenant, exceptionsOpen }) =>
      exceptionsOpen.map(({ cause, count }) => ({ labels: { tenant, cause }, value: count })),
  },
  {
    name: 'inquiries_overdue',
    help: 'Inquiries that wait for an answer after their term.',
    labels: ['tenant'],
    values: ({ tenant, inquiriesOverdue }) => [{ labels: { tenant }, value: inquiriesOverdue }],
  },
  {
    name: 'privacy_requests',
    help: 'Requests about personal data that wait for an answer, and those past their deadline.',
    labels: ['tenant', 'state'],
    values: ({ tenant, privacyRequests }) =>
      Object.entries(privacyRequests).map(([state, value]) => ({ labels: { tenant, state }, value })),
  },
]

/** Adds the gauges; `now` is monotonic milliseconds. */
export function addBacklogGauges(
  metrics: Pick<Metrics, 'gauge'>,
  dependencies: Pick<Dependencies, 'db' | 'tenants' | 'clock' | 'queue'>,
  now: () => number = () => performance.now(),
): void {
  const backlogs = remembered(() => readBacklog(dependencies), now)
  for (const { name, help, labels, values } of SHAPES) {
    metrics.gauge({ name, help, labels, read: async () => (await backlogs()).flatMap(values) } satisfies GaugeReader)
  }
  const depths = remembered(() => dependencies.queue.depths(), now)
  metrics.gauge({
    name: 'queued_jobs',
    help: 'Jobs that wait in the queue.',
    labels: ['queue'],
    read: async () => Object.entries(await depths()).map(([queue, value]) => ({ labels: { queue }, value })),
  })
}

/** Asks at most once in a while; those who ask at the same time share the answer. */
function remembered<Value>(ask: () => Promise<Value>, now: () => number): () => Promise<Value> {
  let last: { at: number; answer: Promise<Value> } | null = null
  return () => {
    if (last === null || now() - last.at >= READ_EVERY_MS) last = { at: now(), answer: ask() }
    const { answer } = last
    answer.catch(() => {
      if (last?.answer === answer) last = null
    })
    return answer
  }
}
