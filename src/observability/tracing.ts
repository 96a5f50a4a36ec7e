// OpenTelemetry traces, sent only when an endpoint is configured; the libraries are not even loaded otherwise.
import type { Span, Tracer } from '@opentelemetry/api'

let tracer: Tracer | null = null

/** Starts tracing; answers what stops it and sends what is left. */
export async function startTracing(endpoint: string | undefined, serviceName: string): Promise<() => Promise<void>> {
  if (!endpoint) return async () => {}
  const [{ NodeTracerProvider, BatchSpanProcessor }, { OTLPTraceExporter }, { resourceFromAttributes }] =
    await Promise.all([
      import('@opentelemetry/sdk-trace-node'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/resources'),
    ])
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': serviceName }),
    spanProcessors: [
      new BatchSpanProcessor(new OTLPTraceExporter({ url: `${endpoint}/v1/traces`, timeoutMillis: 5_000 })),
    ],
  })
  provider.register()
  tracer = provider.getTracer('panless')
  return async () => {
    tracer = null
    await provider.shutdown()
  }
}

/** Runs `work` in a span of this name; attributes are ids and codes, never values of a request. */
export async function inSpan<Value>(
  name: string,
  attributes: Record<string, string | number>,
  work: (span: Span | null) => Promise<Value>,
): Promise<Value> {
  if (!tracer) return work(null)
  return tracer.startActiveSpan(name, { attributes }, async span => {
    try {
      return await work(span)
    } catch (error) {
      span.setAttribute('error', true)
      throw error
    } finally {
      span.end()
    }
  })
}

/** A span of something that has just ended, below the one that is open. `ms`: how long it took. */
export function recordSpan(name: string, ms: number, attributes: Record<string, string | number>): void {
  if (!tracer) return
  const endTime = Date.now()
  tracer.startSpan(name, { attributes, startTime: endTime - ms }).end(endTime)
}
