// The process died between two steps of a charge, and the same request comes again: one charge, and the answer is made
// from it as it is.
import { randomUUID } from 'node:crypto'
import postgres from 'postgres'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { canonicalJson } from '../../src/crypto/canonical-json.ts'
import { auditRow } from '../../src/domain/audit/entry.ts'
import { detailsPlace } from '../../src/domain/charges/charge.ts'
import { chargeWritesOf, hex } from '../../src/domain/charges/charge-writes.ts'
import { referenceHash } from '../../src/domain/charges/reference-hash.ts'
import { attemptKey } from '../../src/domain/charges/settle-charge.ts'
import { keyHashes } from '../../src/domain/idempotency/keys.ts'
import { newId } from '../../src/domain/ids.ts'
import { dataKeyOf, sealJson } from '../../src/domain/payers/data-key.ts'
import { internalContext } from '../../src/domain/tenants/operator-context.ts'
import { charge, faults, intentsOf, NO_READS, refund, shownCharge } from '../support/money.ts'
import { payerWithCard } from '../support/payer-with-card.ts'
import { startWorld, type World } from '../support/world.ts'

let world: World
let sql: postgres.Sql

beforeAll(async () => {
  world = await startWorld({ webhooks: false })
  sql = postgres(world.database.superuserUrl, { max: 1, onnotice: () => {} })
})
afterAll(async () => {
  await sql?.end()
  await world?.close()
})

/** What a minute's wait would do. */
async function endLeases(): Promise<void> {
  await sql`update charge_attempts set lease_until = now() - interval '1 second' where lease_until is not null`
  await sql`update refunds set lease_until = now() - interval '1 second' where lease_until is not null`
  await sql`update idempotency_keys set lease_until = now() - interval '1 second' where status = 'running'`
}

/** The first transaction of a charge, after which its process died. */
async function reserveAndDie(key: string): Promise<{ body: Record<string, unknown>; id: string }> {
  const saved = await payerWithCard(world)
  const body = { token: saved.token, amount: 900, currency: 'usd', reference: `ref-${randomUUID()}` }
  const actor = { kind: 'service', subject: 'billing-subject', clientId: 'billing', scopes: new Set<string>() } as const
  const ctx = internalContext(world.dependencies, 'demo', actor)
  const hashes = keyHashes(ctx, {
    key,
    route: 'POST /v1/charges',
    fingerprint: canonicalJson(['/v1/charges', body]),
    render: () => ({ status: 0, body: '', contentType: '' }),
  })
  const payer = await dataKeyOf(ctx, saved.payer)
  const at = ctx.clock.now()
  const [id, attempt] = [newId('charge', at), newId('attempt', at)]
  const details = { reference: body.reference, description: null, metadata: {} }
  const row = await chargeWritesOf(ctx.db).reserve('demo', {
    at,
    wall: at,
    lease_until: new Date(at.getTime() + 60_000),
    look_at: new Date(at.getTime() + 300_000),
    key_hash: hex(hashes.keyHash),
    request_hash: hex(hashes.requestHash),
    charge_id: id,
    attempt_id: attempt,
    stripe_key: attemptKey(ctx, 'charge', attempt),
    token_id: saved.token,
    payer_id: saved.payer,
    amount: body.amount,
    currency: body.currency,
    reference_hash: hex(referenceHash(ctx, body.reference)),
    details_sealed: hex(sealJson(ctx, payer, detailsPlace(id), details)),
    billing_job: null,
    capture_method: 'automatic',
    on_session: false,
    audit: auditRow(ctx, { action: 'charge.create', object: { type: 'charge', id }, payerId: saved.payer }),
  })
  expect(row.r_outcome).toBe('reserved')
  return { body, id }
}

it('before it sent anything: in progress while its lease runs, then finished by the next request', async () => {
  const key = randomUUID()
  const { body, id } = await reserveAndDie(key)
  const send = () => world.as('billing').post('/v1/charges', body, { key })
  const early = await send()
  expect([early.status, early.json.code]).toEqual([409, 'idempotency_in_progress'])
  await endLeases()
  const late = await send()
  expect([late.status, late.json.id, late.json.status], late.text).toEqual([201, id, 'succeeded'])
  const again = await send()
  expect([again.text, again.headers['idempotency-replayed']]).toEqual([late.text, 'true'])
  expect((await intentsOf(world, id)).length).toBe(1)
})

it('while Stripe cannot be looked at: 202, and nothing is sent blindly', async () => {
  const key = randomUUID()
  const { body, id } = await reserveAndDie(key)
  await endLeases()
  await faults(world, [NO_READS])
  const answer = await world.as('billing').post('/v1/charges', body, { key })
  await faults(world, [])
  expect([answer.status, answer.json.status]).toEqual([202, 'unknown'])
  expect(await intentsOf(world, id)).toEqual([])
})

it('after the reply of a capture or a refund was lost: the next request is answered from what Stripe shows', async () => {
  const { token } = await payerWithCard(world)
  const held = await charge(world, token, { capture: 'manual' })
  const paid = await charge(world, token)
  const [captureKey, refundKey] = [randomUUID(), randomUUID()]
  const capture = () => world.as('billing').post(`/v1/charges/${held.json.id}/capture`, {}, { key: captureKey })
  const refundOnce = () => refund(world, paid.json.id, { amount: 100 }, refundKey)
  await faults(world, [
    { method: 'POST', path: '/capture$/', when: 'after', kind: 'drop', times: 1 },
    { method: 'POST', path: '/v1/refunds', when: 'after', kind: 'drop', times: 1 },
  ])
  expect([(await capture()).status, (await refundOnce()).status]).toEqual([202, 202])
  await faults(world, [])
  // As if the process had died before it stored its answers.
  await sql`update idempotency_keys set status = 'running', reply_status = null, reply_sealed = null
             where reply_status = 202 and created_at > now() - interval '1 minute' and object_id in
                   (${held.json.id}, (select id from refunds where charge_id = ${paid.json.id}))`
  await endLeases()
  expect(await capture()).toMatchObject({ status: 200, json: { status: 'succeeded', amount_captured: 1_500 } })
  expect(await refundOnce()).toMatchObject({ status: 201, json: { status: 'succeeded', amount: 100 } })
  expect((await shownCharge(world, paid.json.id)).amount_refunded).toBe(100)
})
