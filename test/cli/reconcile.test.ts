// panless reconcile: prints payouts and what differs, says it by its exit code too, and shows JSON to programs.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type OperatorSite, openOperatorSite, SITE_SECRETS } from '../support/operator-site.ts'

let site: OperatorSite

beforeAll(async () => {
  site = await openOperatorSite()
  const { secretKey, publishableKey } = site.stripe
  Object.assign(site.env, {
    DEFAULT_TENANT: 'shop',
    STRIPE_SECRET_KEY: secretKey,
    STRIPE_PUBLISHABLE_KEY: publishableKey,
    STRIPE_WEBHOOK_SECRET: SITE_SECRETS.webhook,
  })
})
afterAll(() => site?.close())

const tamper = async (kind: string, more: object = {}) => {
  const answer = await fetch(`${site.stripe.url}/_simulator/tamper`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ account_key: site.stripe.secretKey, kind, ...more }),
  })
  expect(answer.status).toBe(200)
}

test('an account in which nothing differs ends with 0', async () => {
  const run = await site.run(['reconcile'])
  expect(run).toMatchObject({ code: 0, stderr: '' })
  expect(run.stdout).toMatch(/0 balance lines, 0 matched/)
  expect(run.stdout).toContain('No exceptions.')
})

test('what differs is listed with its cause, and ends with 1', async () => {
  await tamper('charge_outside', { amount: 1_234 })
  await fetch(`${site.stripe.url}/_simulator/clock`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"advance_seconds":2}',
  })
  const run = await site.run(['reconcile'])
  expect(run).toMatchObject({ code: 1, stderr: '' })
  expect(run.stdout).toMatch(/MISSING_IN_VAULT +ch_\w+ +0\.00 usd +12\.34 usd/)
  expect(run.stdout).toContain('1 open exceptions.')
  const json = await site.run(['reconcile', '--json'])
  expect(json.code).toBe(1)
  expect(JSON.parse(json.stdout)).toMatchObject({
    reconciliation: { status: 'completed', summary: { balance_transactions: 1, matched: 0 } },
    payouts: [],
    exceptions: [{ cause: 'MISSING_IN_VAULT', status: 'open', actual_amount: 1234, currency: 'usd' }],
  })
})

test('a time of another form and an unknown tenant are refused', async () => {
  expect(await site.run(['reconcile', '--from', 'yesterday'])).toMatchObject({ code: 2, stdout: '' })
  expect(await site.run(['reconcile', '--tenant', 'nobody'])).toMatchObject({ code: 2, stdout: '' })
  expect((await site.run(['reconcile', '--help'])).stdout).toContain('Exit codes')
})

test('a Stripe that is away is said so', async () => {
  const run = await site.run(['reconcile'], { env: { STRIPE_API_BASE: 'http://127.0.0.1:9' } })
  expect(run.code).toBe(69)
})
