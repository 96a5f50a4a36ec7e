/** The control side of the simulator, `/_simulator`: clock, settings, faults, disorder, webhooks, logs, reset. */
import { readFileSync } from 'node:fs'
import { Hono } from 'hono'
import { z } from 'zod'
import { StripeApiError } from '../api/stripe-error.ts'
import { addWebhookEndpoint } from '../resources/webhook-endpoints.ts'
import type { Simulator } from '../state/simulator.ts'
import { completeAuthentication } from './complete-authentication.ts'
import { accountKey, accountOf, accountsOf, bodyOf, ControlError, refuseBrowsers } from './control-request.ts'
import { faultsSchema } from './faults.ts'
import { moneyControl } from './money-control.ts'
import { summaryOf } from './summary.ts'

/** The furthest that one call moves the clock: every day on the way has its work. */
const MAX_ADVANCE_DAYS = 800

const clockSchema = z.union([
  z.strictObject({
    advance_seconds: z
      .number()
      .min(0)
      .max(MAX_ADVANCE_DAYS * 86_400),
  }),
  z.strictObject({ advance_days: z.number().min(0).max(MAX_ADVANCE_DAYS) }),
  z.strictObject({ set: z.iso.datetime({ offset: true }) }),
])

const delay = z.int().min(0).max(600_000).optional()
const settingsSchema = z.strictObject({
  account_key: accountKey.optional(),
  api_delay_ms: delay,
  balance_transaction_delay_ms: delay,
  refund_delay_ms: delay,
  dispute_delay_ms: delay,
  processing_delay_ms: delay,
  fee_percent: z.number().min(0).max(100).optional(),
  fee_fixed: z.int().min(0).optional(),
  dispute_fee: z.int().min(0).optional(),
  automatic_payouts: z.boolean().optional(),
  block_highest_risk: z.boolean().optional(),
  payout_lists_itself: z.boolean().optional(),
})

const chance = z.union([z.number().min(0).max(1), z.boolean().transform(Number)]).optional()
const disorderSchema = z.strictObject({
  account_key: accountKey.optional(),
  duplicate: chance,
  reorder: chance,
  drop: chance,
  before_answer: chance,
  delay_ms: delay,
})

const endpointSchema = z.strictObject({
  account_key: accountKey,
  url: z.url().max(2000),
  secret: z.string().min(8).max(200),
  enabled_events: z.array(z.string().max(100)).min(1).default(['*']),
  api_version: z.string().max(50).optional(),
  ca_file: z.string().max(4096).optional(),
})

export function controlApp(simulator: Simulator): Hono {
  const app = new Hono()
  app.use(async (c, next) => {
    refuseBrowsers(simulator, c)
    await next()
    c.header('cache-control', 'no-store')
  })
  app.onError((error, c) => {
    if (error instanceof ControlError) return c.json({ error: { message: error.message } }, error.status)
    if (error instanceof StripeApiError) return c.json({ error: error.body }, error.status as 400)
    console.error(error)
    return c.json({ error: { message: 'The simulator failed; see its standard error' } }, 500)
  })
  addClock(app, simulator)
  addSettings(app, simulator)
  addFaults(app, simulator)
  addWebhooks(app, simulator)
  addLooks(app, simulator)
  app.post('/complete_authentication/:id', async c => {
    const { outcome } = await bodyOf(c, z.strictObject({ outcome: z.enum(['succeed', 'fail']).default('succeed') }))
    return c.json(completeAuthentication(simulator, c.req.param('id'), outcome))
  })
  app.route('/', moneyControl(simulator))
  app.all('*', c => c.json({ error: { message: 'There is no such control' } }, 404))
  return app
}

function addClock(app: Hono, simulator: Simulator): void {
  const { clock } = simulator
  const reading = () => ({
    now: new Date(clock.nowMs()).toISOString(),
    version: clock.version,
    offset_ms: clock.offsetMs,
  })
  app.get('/clock', async c => {
    const after = Number(c.req.query('after_version') ?? -1)
    await clock.waitForChange(after, Number(c.req.query('wait_ms') ?? 0))
    return c.json(reading())
  })
  app.post('/clock', async c => {
    const wish = await bodyOf(c, clockSchema)
    if ('set' in wish) simulator.moveClock(Date.parse(wish.set))
    else {
      const seconds = 'advance_days' in wish ? wish.advance_days * 86_400 : wish.advance_seconds
      simulator.moveClock(clock.nowMs() + seconds * 1000)
    }
    return c.json(reading())
  })
}

function addSettings(app: Hono, simulator: Simulator): void {
  app.get('/settings', c => c.json(accountOf(simulator, c.req.query('account_key')).settings))
  app.post('/settings', async c => {
    const { account_key, ...given } = await bodyOf(c, settingsSchema)
    const changes = inCamelCase(given)
    if (account_key === undefined) Object.assign(simulator.defaultSettings, changes)
    for (const account of accountsOf(simulator, account_key)) {
      Object.assign(account.settings, changes)
      simulator.settingsChanged(account)
    }
    return c.json(account_key === undefined ? simulator.defaultSettings : accountOf(simulator, account_key).settings)
  })
  app.post('/reset', async c => {
    const schema = z.strictObject({ account_key: accountKey.optional(), everything: z.boolean().default(false) })
    const { account_key, everything } = await bodyOf(c, schema)
    for (const account of accountsOf(simulator, account_key)) {
      account.reset(everything)
      simulator.startDailyPayouts(account)
      simulator.log.clear(account.id)
      simulator.faults.clear(account.id)
    }
    if (account_key === undefined) simulator.faults.clearAll()
    return c.json({ reset: true })
  })
}

function addFaults(app: Hono, simulator: Simulator): void {
  app.get('/faults', c => c.json({ rules: simulator.faults.list() }))
  app.post('/faults', async c => {
    const { account_key, rules } = await bodyOf(c, faultsSchema)
    simulator.faults.plant(account_key === undefined ? null : accountOf(simulator, account_key).id, rules)
    return c.json({ rules: simulator.faults.list() })
  })
  app.delete('/faults', c => {
    const key = c.req.query('account_key')
    if (key === undefined) simulator.faults.clearAll()
    else simulator.faults.clear(accountOf(simulator, key).id)
    return c.json({ rules: simulator.faults.list() })
  })
}

function addWebhooks(app: Hono, simulator: Simulator): void {
  app.post('/webhooks', async c => {
    const { account_key, ...given } = await bodyOf(c, disorderSchema)
    const changes = inCamelCase(given)
    if (account_key === undefined) Object.assign(simulator.defaultDisorder, changes)
    for (const account of accountsOf(simulator, account_key)) {
      Object.assign(account.disorder, changes)
      simulator.settingsChanged(account)
    }
    return c.json(account_key === undefined ? simulator.defaultDisorder : accountOf(simulator, account_key).disorder)
  })
  app.post('/webhook_endpoints', async c => {
    const { account_key, ca_file, ...wish } = await bodyOf(c, endpointSchema)
    const account = accountOf(simulator, account_key)
    for (const endpoint of [...account.tables.webhook_endpoints.all()]) {
      if (endpoint.view.url === wish.url) account.tables.webhook_endpoints.remove(endpoint.id)
    }
    const certificateAuthority = ca_file === undefined ? null : readCertificates(ca_file)
    return c.json(addWebhookEndpoint(account, { ...wish, certificateAuthority }).view)
  })
}

function addLooks(app: Hono, simulator: Simulator): void {
  app.get('/log', c => c.json({ data: simulator.log.of(accountOf(simulator, c.req.query('account_key')).id) }))
  app.get('/summary', c =>
    c.json(summaryOf(accountOf(simulator, c.req.query('account_key')), c.req.query('metadata_key'))),
  )
}

function readCertificates(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    throw new ControlError(400, 'ca_file: this file cannot be read')
  }
}

/** `api_delay_ms` → `apiDelayMs`, what was not given left out. */
function inCamelCase(given: Record<string, unknown>): Record<string, unknown> {
  const entries = Object.entries(given).filter(([, value]) => value !== undefined)
  return Object.fromEntries(
    entries.map(([key, value]) => [key.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase()), value]),
  )
}
