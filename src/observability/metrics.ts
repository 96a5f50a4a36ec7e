// Prometheus metrics of one process.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Meter, MeterName } from '../domain/context.ts'

const SECONDS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20]

type Shape = { kind: 'counter' | 'histogram'; help: string; labels: string[] }

const SHAPES: Record<MeterName, Shape> = {
  http_requests: { kind: 'counter', help: 'Requests answered.', labels: ['method', 'route', 'status'] },
  http_request_seconds: { kind: 'histogram', help: 'Time to the answer.', labels: ['method', 'route'] },
  stripe_calls: { kind: 'counter', help: 'Calls to Stripe by outcome.', labels: ['operation', 'outcome'] },
  stripe_call_seconds: { kind: 'histogram', help: 'Time of a call to Stripe.', labels: ['operation'] },
  firewall_hits: { kind: 'counter', help: 'Requests refused for a card number.', labels: ['place'] },
  masked_stripe_values: { kind: 'counter', help: 'Card numbers masked in what Stripe sent.', labels: ['source'] },
  charges: { kind: 'counter', help: 'Charges by the state that an attempt brought them to.', labels: ['status'] },
  refunds: { kind: 'counter', help: 'Refunds by state.', labels: ['status'] },
  tokens: { kind: 'counter', help: 'Tokenize answers by outcome.', labels: ['outcome'] },
  tokenize_failures: { kind: 'counter', help: 'Cards that could not be saved.', labels: ['code'] },
  unknown_outcomes: { kind: 'counter', help: 'Attempts whose outcome became unknown.', labels: ['kind'] },
  stripe_events: { kind: 'counter', help: "Stripe's events by what became of them.", labels: ['outcome'] },
  quarantined_events: { kind: 'counter', help: "Stripe's events that did not fit.", labels: ['code'] },
  inquiries: { kind: 'counter', help: 'Messages to the contact form by outcome.', labels: ['source', 'outcome'] },
  alerts: { kind: 'counter', help: 'What a person should look at.', labels: ['name'] },
  audit_checkpoint_copies: {
    kind: 'counter',
    help: 'Tries to keep a checkpoint of the audit log outside.',
    labels: ['sink', 'outcome'],
  },
  mails: { kind: 'counter', help: 'Mails by what became of a try to send them.', labels: ['outcome'] },
  pool_wait_seconds: { kind: 'histogram', help: 'Time that a transaction waited for a connection.', labels: [] },
}

export type GaugeReader = {
  name: string
  help: string
  labels: string[]
  read: () => Promise<{ labels: Record<string, string>; value: number }[]>
}

export type Metrics = {
  meter: Meter
  /** Adds a value that is read when the metrics are asked for. */
  gauge(reader: GaugeReader): void
  /** The text that Prometheus reads. */
  text(): Promise<{ contentType: string; body: string }>
}

export function createMetrics(): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, prefix: 'panless_' })
  const series = new Map<MeterName, Counter | Histogram>()
  for (const [name, shape] of Object.entries(SHAPES) as [MeterName, Shape][]) {
    const options = {
      name: `panless_${name}${shape.kind === 'counter' ? '_total' : ''}`,
      help: shape.help,
      labelNames: shape.labels,
      registers: [registry],
    }
    series.set(name, shape.kind === 'counter' ? new Counter(options) : new Histogram({ ...options, buckets: SECONDS }))
  }
  return {
    meter: {
      count: (name, labels = {}, by = 1) => (series.get(name) as Counter).inc(labels, by),
      observe: (name, seconds, labels = {}) => (series.get(name) as Histogram).observe(labels, seconds),
    },
    gauge({ name, help, labels, read }) {
      new Gauge({
        name: `panless_${name}`,
        help,
        labelNames: labels,
        registers: [registry],
        async collect() {
          this.reset()
          for (const { labels: at, value } of await read().catch(() => [])) this.set(at, value)
        },
      })
    },
    text: async () => ({ contentType: registry.contentType, body: await registry.metrics() }),
  }
}
