// The register of purposes: shown to anybody, changed by an operator, and obeyed by everything that stores or reads.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BUILT_IN_REGISTER } from '../../src/domain/privacy/built-in-register.ts'
import { listRegisters } from '../../src/domain/privacy/list-registers.ts'
import { publishRegister } from '../../src/domain/privacy/publish-register.ts'
import type { Register } from '../../src/domain/privacy/register.ts'
import { operatorContext } from '../../src/domain/tenants/operator-context.ts'
import type { ApiClient } from '../support/api-client.ts'
import { asSuperuser } from '../support/database-contents.ts'
import { chargeOf, payerWithCard } from '../support/payer-with-card.ts'
import { changing, publishChanged, withoutField } from '../support/registers.ts'
import { startWorld, type World } from '../support/world.ts'

let world: World
let anybody: ApiClient
let privacy: ApiClient

beforeAll(async () => {
  world = await startWorld({ webhooks: false })
  anybody = world.withToken(null)
  privacy = world.as('privacy')
})
afterAll(() => world.close())

/** What the company says that it uses personal data for. */
const OF_THE_COMPANY = [
  'settle_payments',
  'collect_money',
  'service_notices',
  'warnings',
  'service_news',
  'service_improvement',
  'marketing',
  'surveys',
  'gifts',
  'campaigns',
  'interviews',
  'answer_messages',
  'keep_service_running',
]
/** What the law and saved cards ask for besides. */
const OF_THE_VAULT = ['charge_saved_card', 'legal_request', 'rights_request']

const word = () => randomUUID().slice(0, 8)
const reason = 'a question of the payer'

async function newPayer(more: Record<string, unknown> = {}, client = world.as('checkout')): Promise<string> {
  const made = await client.post('/v1/payers', { short_name: `S. ${word()}`, ...more })
  expect(made.status, made.text).toBe(201)
  return made.json.id
}

const reveal = (payer: string, purpose: string, fields = ['real_name'], client = privacy) =>
  client.post(`/v1/payers/${payer}/reveal`, { fields, purpose, reason }, { key: null })

describe('the register', () => {
  test('is shown to anybody, page by page, with basis, fields, recipients, retention and words', async () => {
    const names: string[] = []
    let cursor: string | null = null
    do {
      const page = await anybody.get(`/v1/purposes?limit=5${cursor ? `&cursor=${cursor}` : ''}`)
      expect(page.status).toBe(200)
      names.push(...page.json.data.map((purpose: { name: string }) => purpose.name))
      cursor = page.json.next_cursor
    } while (cursor !== null)
    expect(names.toSorted()).toEqual([...OF_THE_COMPANY, ...OF_THE_VAULT].toSorted())
    const [settle] = (await anybody.get('/v1/purposes?limit=1')).json.data
    expect(settle).toMatchObject({ object: 'purpose', name: 'settle_payments', basis: 'contract', register_version: 1 })
    expect(settle.recipients).toMatchObject([{ name: 'Stripe' }])
    expect(Object.keys(settle.title)).toEqual(['en', 'ja', 'mn'])
  })

  test('of an unknown tenant is not found, and bad parameters are named', async () => {
    expect(await anybody.get('/v1/purposes?tenant=nobody')).toMatchObject({ status: 404 })
    for (const query of ['limit=0', 'cursor=x', 'tenant=NO', 'page=2'])
      expect(await anybody.get(`/v1/purposes?${query}`)).toMatchObject({ status: 422 })
  })

  test('of one tenant says nothing of another', async () => {
    await publishChanged(
      world,
      changing('gifts', gifts => ({ ...gifts, title: { ...gifts.title, en: 'Parcels' } })),
      'other',
    )
    expect((await anybody.get('/v1/purposes?tenant=other&limit=100')).text).toContain('Parcels')
    expect((await anybody.get('/v1/purposes?limit=100')).text).not.toContain('Parcels')
  })
})

describe('publishing', () => {
  const refused = (change: Parameters<typeof publishChanged>[1]) =>
    expect(publishChanged(world, change)).rejects.toMatchObject({ code: 'validation_failed' })

  test('is refused when a purpose of the machine is missing, doubled, or on another basis', async () => {
    await refused(purposes => purposes.filter(({ name }) => name !== 'rights_request'))
    await refused(purposes => [...purposes, ...purposes.slice(0, 1)])
    await refused(changing('charge_saved_card', one => ({ ...one, basis: 'contract' })))
    await refused(changing('settle_payments', one => ({ ...one, recipients: [] })))
  })

  test('is refused when a record is kept without end, for too short a time, or for two purposes', async () => {
    const keep = (record: string, days: number | null) =>
      changing('gifts', one => ({ ...one, retention: [{ record, days } as (typeof one.retention)[number]] }))
    await refused(keep('consent_evidence', 400))
    await refused(changing('rights_request', one => ({ ...one, retention: [] })))
    await refused(
      changing('keep_service_running', one => ({
        ...one,
        retention: one.retention.map(kept => (kept.record === 'audit_records' ? { ...kept, days: 30 } : kept)),
      })),
    )
  })

  test('is refused when a field that is always held, or held now, would lose its purpose', async () => {
    await refused(withoutField('payer.short_name'))
    const payer = await newPayer({ phone: '+97699112299' })
    await refused(withoutField('payer.phone'))
    await world.as('checkout').patch(`/v1/payers/${payer}`, { phone: null })
  })

  test('is refused when living consents rest on what it leaves out, and allowed once they are withdrawn', async () => {
    const payer = await newPayer()
    const consent = await privacy.post(`/v1/payers/${payer}/consents`, { purpose: 'interviews', text_version: 'v1' })
    const leaveOut = (purposes: typeof BUILT_IN_REGISTER.purposes) =>
      purposes.filter(({ name }) => name !== 'interviews')
    await refused(leaveOut)
    await refused(changing('interviews', one => ({ ...one, basis: 'legitimate_interest' })))
    await privacy.post(`/v1/payers/${payer}/consents/${consent.json.id}/withdraw`)
    const { version } = await publishChanged(world, leaveOut)
    expect((await anybody.get('/v1/purposes?limit=100')).json.data[0].register_version).toBe(version)
    const late = await privacy.post(`/v1/payers/${payer}/consents`, { purpose: 'interviews', text_version: 'v1' })
    expect(late).toMatchObject({ status: 422, json: { errors: [{ pointer: '/purpose' }] } })
    await publishChanged(world, purposes => [
      ...purposes,
      ...BUILT_IN_REGISTER.purposes.filter(({ name }) => name === 'interviews'),
    ])
  })

  test('of a version that is not the next is refused, so two who publish at once do not overwrite each other', async () => {
    const ctx = operatorContext(world.dependencies, 'demo', 'test')
    const { version, purposes } = (await listRegisters(ctx))[0] as Register
    const next = { version: version + 1, purposes }
    const both = await Promise.allSettled([publishRegister(ctx, next), publishRegister(ctx, next)])
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    expect(both.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'invalid_state' } })
  })

  test('is recorded, and no register is ever changed or removed', async () => {
    const { version } = await publishChanged(world, all => all)
    const [row] = (await privacy.get('/v1/audit-log?action=purposes.publish&limit=1')).json.data
    expect(row).toMatchObject({ subject: { id: String(version) }, details: { version } })
    for (const statement of ['update purpose_registers set version = 99', 'delete from purpose_registers'])
      await expect(asSuperuser(world.database, sql => sql.unsafe(statement))).rejects.toMatchObject({ code: 'PL001' })
  })
})

describe('a field that no purpose covers', () => {
  test('cannot be stored, and is named', async () => {
    const payer = await newPayer({}, world.as('checkout', 'other'))
    await publishChanged(world, withoutField('payer.phone'), 'other')
    const checkout = world.as('checkout', 'other')
    const phone = '+97699112211'
    for (const answer of [
      await checkout.post('/v1/payers', { short_name: 'A', phone }),
      await checkout.patch(`/v1/payers/${payer}`, { phone }),
    ]) {
      expect(answer).toMatchObject({
        status: 422,
        json: { code: 'field_without_purpose', errors: [{ pointer: '/phone' }] },
      })
      expect(answer.text).not.toContain(phone)
    }
    expect((await checkout.patch(`/v1/payers/${payer}`, { phone: null, email: 'a@example.org' })).status).toBe(200)
    await newPayer({ phone }, world.as('checkout'))
  })
})

describe('what charges and cards may carry', () => {
  test('is refused where no purpose covers it, and nothing else is', async () => {
    const { token } = await payerWithCard(world, { tenant: 'other' })
    const [billing, admin] = [world.as('billing', 'other'), world.as('admin', 'other')]
    await publishChanged(
      world,
      purposes => withoutField('charge.description')(withoutField('token.metadata')(purposes)),
      'other',
    )
    for (const [answer, pointer] of [
      [await billing.post('/v1/charges', chargeOf(token, { description: 'canary' })), '/description'],
      [await admin.patch(`/v1/tokens/${token}`, { metadata: { seat: 'canary' } }), '/metadata'],
    ] as const) {
      expect(answer).toMatchObject({ status: 422, json: { code: 'field_without_purpose', errors: [{ pointer }] } })
      expect(answer.text).not.toContain('canary')
    }
    expect((await billing.post('/v1/charges', chargeOf(token, { metadata: { seat: '12' } }))).status).toBe(201)
    await expect(publishChanged(world, withoutField('charge.metadata'), 'other')).rejects.toMatchObject({
      code: 'validation_failed',
    })
  })
})

describe('a purpose of legitimate interest', () => {
  test('lets read what it covers, and a general one is needed to search', async () => {
    const payer = await newPayer({ real_name: 'Interest', email: `${word()}@example.org` })
    expect(await reveal(payer, 'service_news')).toMatchObject({
      status: 200,
      json: { fields: { real_name: 'Interest' } },
    })
    const search = (purpose: string) =>
      world.as('checkout').post('/v1/payers/search', { email: 'a@example.org', purpose }, { key: null })
    for (const purpose of ['service_news', 'marketing', 'keep_service_running', 'nothing'])
      expect(await search(purpose), purpose).toMatchObject({ status: 403, json: { code: 'purpose_not_allowed' } })
    expect((await search('collect_money')).status).toBe(200)
    const [row] = (await privacy.get('/v1/audit-log?action=payer.search&limit=1')).json.data
    expect(row.details).toMatchObject({ purpose: 'collect_money' })
  })
})
