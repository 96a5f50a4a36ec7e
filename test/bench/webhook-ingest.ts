// Stripe's events, signed and stored, against the same insert by pgbench.
import { createHmac } from 'node:crypto'
import { drive } from './load.ts'
import { ceiling } from './pgbench.ts'
import type { Measured } from './run.ts'
import { openBenchSite } from './site.ts'

const SHAPE = { inFlight: 64, seconds: 5, warmUp: 3 }

export async function benchWebhookIngest(): Promise<Measured[]> {
  const site = await openBenchSite()
  try {
    const stripe = await site.stripe(0)
    const server = await site.serve(new URL('../../src/main.ts', import.meta.url).pathname, ['serve'], {
      STRIPE_API_BASE: stripe,
    })
    const result = await drive({
      ...SHAPE,
      url: server.url,
      ca: site.ca,
      make: index => signedEvent(index, site.environment.STRIPE_WEBHOOK_SECRET as string),
    })
    await server.stop()
    const base = await ceiling(site.postgres.appSocketUrl, INSERT)
    return [
      {
        what: 'Webhook ingest ÷ the same insert',
        value: result.perSecond / base.perSecond,
        target: 0.6,
        better: 'at least',
        figures: `${Math.round(result.perSecond)}/s over TLS with signature and masking, ${Math.round(base.perSecond)}/s by ${base.by}${result.failed ? `; ${result.failed} failed` : ''}`,
      },
    ]
  } finally {
    await site.close()
  }
}

const INSERT = `select r_outcome from stripe_event_ingest('bench', now(), jsonb_build_array(jsonb_build_object(
  'i', 0, 'id', 'vevt_' || gen_random_uuid(), 'stripe_event_id', 'evt_' || gen_random_uuid(), 'type', 'payment_intent.succeeded',
  'object_id', 'pi_bench', 'object_type', 'payment_intent', 'livemode', false, 'account', null, 'api_version', '2026-10-28.endive',
  'stripe_created_at', now(), 'facts', jsonb_build_object('amount', 4800, 'currency', 'usd', 'customer', 'cus_bench'),
  'payload_hash', '\\x00', 'source', 'webhook', 'status', 'received', 'error_code', null)))`

function signedEvent(index: number, secret: string) {
  const now = Math.floor(Date.now() / 1000)
  const body = JSON.stringify({
    id: `evt_bench${process.pid}x${index}`,
    object: 'event',
    api_version: '2026-10-28.endive',
    created: now,
    livemode: false,
    type: 'payment_intent.succeeded',
    pending_webhooks: 1,
    request: { id: 'req_bench', idempotency_key: null },
    data: {
      object: {
        id: `pi_bench${index}`,
        object: 'payment_intent',
        amount: 4800,
        currency: 'usd',
        customer: 'cus_bench',
        livemode: false,
        status: 'succeeded',
        metadata: { panless_attempt: 'attm_bench', panless_charge: 'chrg_bench' },
        payment_method: 'pm_bench',
        latest_charge: 'ch_bench',
        description: 'x'.repeat(600),
      },
    },
  })
  const signature = createHmac('sha256', secret).update(`${now}.${body}`).digest('hex')
  return {
    method: 'POST',
    path: '/webhooks/stripe',
    headers: { 'content-type': 'application/json', 'stripe-signature': `t=${now},v1=${signature}` },
    body,
  }
}
