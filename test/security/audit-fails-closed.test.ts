// Without its audit entry nothing changes: while the audit log cannot be written, every write is refused and leaves no trace.
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ApiAnswer } from '../support/api-client.ts'
import { asSuperuser } from '../support/database-contents.ts'
import { chargeOf, payerWithCard, type SavedCard } from '../support/payer-with-card.ts'
import { startWorld, type World } from '../support/world.ts'

let world: World
let card: SavedCard
let charge: string

beforeAll(async () => {
  world = await startWorld({ webhooks: false })
  card = await payerWithCard(world)
  charge = (await world.as('billing').post('/v1/charges', chargeOf(card.token))).json.id
})
afterAll(() => world?.close())

/** How many rows each table has, and the sum of what they say. */
async function contents(): Promise<Record<string, string>> {
  return asSuperuser(world.database, async sql => {
    const tables = await sql<{ name: string }[]>`
      select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' order by 1`
    const found: Record<string, string> = {}
    for (const { name } of tables) {
      const [row] = await sql.unsafe<{ sum: string }[]>(
        `select count(*) || ' ' || coalesce(md5(string_agg(t::text, '' order by t::text)), '') as sum from "${name}" t`,
      )
      found[name] = row?.sum as string
    }
    return found
  })
}

const breakAudit = (how: string) => asSuperuser(world.database, sql => sql.unsafe(how))

const BREAKS: [string, string, string][] = [
  [
    'a trigger refuses its rows',
    `create function broken() returns trigger language plpgsql as 'begin raise exception ''the audit log is broken''; end';
     create trigger broken before insert on audit_log for each row execute function broken()`,
    'drop trigger broken on audit_log; drop function broken()',
  ],
  [
    'the service may not insert',
    'revoke insert on audit_log from panless_app',
    'grant insert on audit_log to panless_app',
  ],
  [
    'the table is gone',
    'alter table audit_log rename to audit_log_away',
    'alter table audit_log_away rename to audit_log',
  ],
]

test.each(BREAKS)('while %s, every write answers that it failed, and nothing is stored', async (_, how, undo) => {
  const [checkout, billing, privacy, admin] = [
    world.as('checkout'),
    world.as('billing'),
    world.as('privacy'),
    world.as('admin'),
  ]
  const { payer, token } = card
  await breakAudit(how)
  try {
    const before = await contents()
    const writes: [string, () => Promise<ApiAnswer>][] = [
      ['a payer is made', () => checkout.post('/v1/payers', { short_name: 'Unaudited' })],
      ['a payer is changed', () => checkout.patch(`/v1/payers/${payer}`, { locale: 'mn' })],
      [
        'a card is saved',
        () =>
          checkout.post('/v1/tokens', {
            payer,
            payment_method: 'pm_card_mastercard',
            consent: { text_version: 'v1' },
          }),
      ],
      ['a charge is made', () => billing.post('/v1/charges', chargeOf(token))],
      ['a refund is made', () => billing.post('/v1/refunds', { charge, amount: 100, reason: 'requested_by_customer' })],
      ['a token is frozen', () => admin.post(`/v1/tokens/${token}/freeze`, { reason: 'a look' })],
      [
        'a consent is recorded',
        () => privacy.post(`/v1/payers/${payer}/consents`, { purpose: 'marketing', text_version: 'v1' }),
      ],
      ['the log is read', () => privacy.get('/v1/audit-log')],
    ]
    for (const [what, write] of writes) {
      const answer = await write()
      expect([500, 503], what).toContain(answer.status)
      expect(answer.text, what).not.toMatch(/broken|audit/)
    }
    // Stripe may know of a payer's customer already; what panless holds is what it held.
    expect(await contents()).toEqual(before)
  } finally {
    await breakAudit(undo)
  }
  expect((await checkout.post('/v1/payers', { short_name: 'Audited again' })).status).toBe(201)
})
