// The database write of tokenize alone: many callers through the batcher, against the same SQL by pgbench.
import { randomBytes } from 'node:crypto'
import postgres from 'postgres'
import { createBatcher } from '../../src/db/batcher.ts'
import { openDatabase } from '../../src/db/client.ts'
import { newId, newTokenId } from '../../src/domain/ids.ts'
import { ceiling } from './pgbench.ts'
import type { Measured } from './run.ts'
import { openBenchSite } from './site.ts'

const CALLERS = 128
const SECONDS = 5
const PAYERS = 2_000

export async function benchTokenizeWrite(): Promise<Measured[]> {
  const site = await openBenchSite()
  try {
    const owner = postgres(site.postgres.superuserUrl, { max: 1, onnotice: () => {} })
    await owner`insert into tenants (id, name, region, livemode, created_at, updated_at) values ('bench', 'bench', 'local', false, now(), now())`
    await owner`
      insert into payers (tenant_id, id, wrapped_key, key_version, profile_sealed, short_name_hash, created_at, updated_at)
      select 'bench', 'payer_' || i, 'key', 1, 'sealed', sha256(i::text::bytea), now(), now() from generate_series(1, ${PAYERS}) i`
    await throughBatcher(site.postgres.appSocketUrl, 1)
    // What autovacuum does within a minute: without it, plans made for empty tables are kept.
    await owner`analyze`
    const ours = await throughBatcher(site.postgres.appSocketUrl, SECONDS)
    const base = await ceiling(site.postgres.appSocketUrl, SAME_SQL)
    await owner.end()
    return [
      {
        what: 'Tokenize write ÷ the same SQL',
        value: ours / base.perSecond,
        target: 0.6,
        better: 'at least',
        figures: `${Math.round(ours)}/s from ${CALLERS} callers in one process, ${Math.round(base.perSecond)}/s by ${base.by}`,
      },
    ]
  } finally {
    await site.close()
  }
}

async function throughBatcher(url: string, seconds: number): Promise<number> {
  const db = openDatabase({ url, poolMax: 4 })
  const write = createBatcher(async (tenantId: string, rows: object[]) => {
    const now = new Date()
    const text = JSON.stringify(rows.map((row, i) => ({ ...row, i })))
    const lease = new Date(now.getTime() + 60_000)
    const done = await db.sql<{ r_outcome: string }[]>`
      select * from tokenize_commit(${tenantId}, ${now}, ${now}, ${lease}, ${text}::text::jsonb)`
    return done.map(row => row.r_outcome)
  })
  const until = performance.now() + seconds * 1000
  let done = 0
  const caller = async () => {
    while (performance.now() < until) {
      const outcome = await write('bench', newRow())
      if (outcome !== 'created') throw new Error(`a write ended ${outcome}`)
      done++
    }
  }
  await Promise.all(Array.from({ length: CALLERS }, caller))
  await db.close()
  return done / seconds
}

const bytes = (count: number) => `\\x${randomBytes(count).toString('hex')}`

function newRow() {
  const now = new Date()
  const token = newTokenId(false)
  const paymentMethod = `pm_${randomBytes(12).toString('hex')}`
  const payer = `payer_${1 + (now.getTime() % PAYERS)}`
  return {
    key_hash: bytes(32),
    request_hash: bytes(32),
    token_id: token,
    payer_id: payer,
    payment_method: paymentMethod,
    sources: [paymentMethod],
    fingerprint_hash: bytes(32),
    brand: 'visa',
    last4: '4242',
    exp_month: 12,
    exp_year: 2031,
    funding: 'credit',
    country: 'US',
    usage: 'off_session',
    limits: null,
    on_duplicate: 'reuse',
    seen_duplicate: null,
    differs: null,
    session_id: null,
    answer_token: null,
    answer_seen: null,
    at: now.toISOString(),
    consent: {
      id: newId('consent', now),
      purpose: 'charge_saved_card',
      text_version: '2026-11-01',
      locale: null,
      accepted_at: now.toISOString(),
      evidence_sealed: bytes(90),
      source: 'service',
    },
    reply_status: 201,
    reply_sealed: bytes(700),
    audit: {
      id: newId('audit', now),
      actor_kind: 'service',
      actor_id: 'bench/bench',
      action: 'token.create',
      outcome: 'ok',
      object_type: 'token',
      object_id: token,
      payer_id: payer,
      request_id: 'bench-request',
      address_hash: bytes(32),
      details: { payment_method: paymentMethod },
    },
  }
}

/** The same row, its unique values drawn by SQL. */
const SAME_SQL = `select r_outcome from tokenize_commit('bench', now(), now(), now() + interval '1 minute',
  jsonb_build_array(jsonb_build_object('i', 0, 'key_hash', '\\x' || replace(gen_random_uuid()::text, '-', ''), 'request_hash', '\\x00',
  'token_id', 'vtok_test_' || gen_random_uuid(), 'payer_id', 'payer_' || (1 + floor(random() * ${PAYERS}))::integer,
  'payment_method', 'pm_' || gen_random_uuid(), 'sources', jsonb_build_array('pm_' || gen_random_uuid()),
  'fingerprint_hash', '\\x' || replace(gen_random_uuid()::text, '-', ''), 'brand', 'visa', 'last4', '4242', 'exp_month', 12,
  'exp_year', 2031, 'funding', 'credit', 'country', 'US', 'usage', 'off_session', 'limits', null, 'on_duplicate', 'reuse',
  'seen_duplicate', null, 'differs', null, 'session_id', null, 'answer_token', null, 'answer_seen', null, 'at', now(),
  'consent', jsonb_build_object('id', 'cons_' || gen_random_uuid(), 'purpose', 'charge_saved_card', 'text_version', '2026-11-01',
  'locale', null, 'accepted_at', now(), 'evidence_sealed', '\\x' || repeat('00', 90), 'source', 'service'),
  'reply_status', 201, 'reply_sealed', '\\x' || repeat('00', 700),
  'audit', jsonb_build_object('id', 'audt_' || gen_random_uuid(), 'actor_kind', 'service', 'actor_id', 'bench/bench',
  'action', 'token.create', 'outcome', 'ok', 'object_type', 'token', 'object_id', 'x', 'payer_id', 'x', 'request_id',
  'bench-request', 'address_hash', '\\x00', 'details', jsonb_build_object('payment_method', 'x')))))`
