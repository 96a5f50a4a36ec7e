// Disclosures through the door: three bases and no other, a log for each person, packages that are soon forgotten.
import { createHash, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { listDisclosuresOf } from '../../src/domain/disclosures/list-disclosures-of.ts'
import { recordObjection } from '../../src/domain/privacy/record-objection.ts'
import { operatorContext } from '../../src/domain/tenants/operator-context.ts'
import type { ApiAnswer, ApiClient } from '../support/api-client.ts'
import { asSuperuser, databaseTexts, tablesHolding } from '../support/database-contents.ts'
import { chargeOf, payerWithCard } from '../support/payer-with-card.ts'
import { approve, personWithPayment, verified } from '../support/rights.ts'
import { startWorld, type World } from '../support/world.ts'

let world: World
let privacy: ApiClient
let second: ApiClient
beforeAll(async () => {
  world = await startWorld({ webhooks: false })
  privacy = world.as('privacy')
  second = world.as('privacy', 'demo', { sub: 'another-person' })
})
afterAll(() => world.close())

const word = () => randomUUID().slice(0, 8)
const LAW = { authority: 'District court', reference: 'Case 12/26', document_sha256: 'ab'.repeat(32) }

type Person = { payer: string; real_name: string; email: string; consent: string }

async function person(): Promise<Person> {
  const real_name = `Real ${word()}`
  const email = `${word()}@mail.example`
  const payer = await world.as('checkout').post('/v1/payers', { short_name: `S. ${word()}`, real_name, email })
  const consent = await consentOf(payer.json.id)
  return { payer: payer.json.id, real_name, email, consent }
}

async function consentOf(payer: string, purpose = 'interviews', enteredBy = second): Promise<string> {
  const consent = await enteredBy.post(`/v1/payers/${payer}/consents`, { purpose, text_version: 'v1' })
  expect(consent.status, consent.text).toBe(201)
  return consent.json.id
}

const withConsent = ({ payer, consent }: Person, more: Record<string, unknown> = {}) => ({
  payer,
  recipient: `Panel ${word()}`,
  basis: 'consent',
  basis_ref: consent,
  fields: ['real_name', 'email'],
  ...more,
})

const byLaw = (payer: string, more: Record<string, unknown> = {}) => ({
  payer,
  recipient: 'District court',
  basis: 'law',
  basis_ref: LAW,
  fields: ['real_name', 'charges'],
  ...more,
})

const fetchPackage = (id: string, client = privacy) => client.get(`/v1/disclosures/${id}/package`)
const hashOf = (text: string) => createHash('sha256').update(text).digest('hex')

async function customerOf(payer: string): Promise<string> {
  const [row] = await asSuperuser(
    world.database,
    sql => sql<{ stripe_customer_id: string }[]>`select stripe_customer_id from payers where id = ${payer}`,
  )
  return (row as { stripe_customer_id: string }).stripe_customer_id
}

const audited = async (action: string, object: string) =>
  (await privacy.get(`/v1/audit-log?action=${action}&object=${object}`)).json.data

describe('with consent', () => {
  test('a disclosure is made at once, its package holds the fields asked for and no other, and its hash is kept', async () => {
    const someone = await person()
    const made = await privacy.post(
      '/v1/disclosures',
      withConsent(someone, { recipient: 'Panel Ltd', fields: ['email'] }),
    )
    expect(made.status, made.text).toBe(201)
    expect(made.json).toMatchObject({
      object: 'disclosure',
      status: 'made',
      basis: 'consent',
      basis_ref: someone.consent,
      purpose: 'interviews',
      recipient: 'Panel Ltd',
      payer: someone.payer,
      fields: ['email'],
      people: 1,
    })
    expect(made.text).not.toContain(someone.email)
    const fetched = await fetchPackage(made.json.id)
    expect(fetched.headers).toMatchObject({
      'cache-control': 'no-store',
      'content-type': 'application/json',
      'content-disposition': `attachment; filename="${made.json.id}.json"`,
    })
    expect(hashOf(fetched.text)).toBe(made.json.sha256)
    expect(fetched.json).toMatchObject({
      recipient: 'Panel Ltd',
      payer: someone.payer,
      fields: { email: someone.email },
    })
    expect(fetched.text).not.toContain(someone.real_name)
    const [entry] = await audited('disclosure.make', made.json.id)
    expect(entry).toMatchObject({
      payer: someone.payer,
      details: { consent: someone.consent, sha256: made.json.sha256 },
    })
  })

  test('a withdrawn one refuses, and writes nothing into the log', async () => {
    const someone = await person()
    await privacy.post(`/v1/payers/${someone.payer}/consents/${someone.consent}/withdraw`)
    const refused = await privacy.post('/v1/disclosures', withConsent(someone))
    expect(refused).toMatchObject({ status: 422, json: { code: 'consent_withdrawn' } })
    expect((await privacy.get(`/v1/payers/${someone.payer}/disclosures`)).json.data).toEqual([])
  })

  test('only the consent of this payer, to this purpose, for fields that it covers, will do', async () => {
    const [someone, other] = [await person(), await person()]
    const card = await payerWithCard(world)
    const tries: [Record<string, unknown>, number, string][] = [
      [withConsent(someone, { basis_ref: other.consent }), 404, 'not_found'],
      [withConsent(someone, { basis_ref: 'cons_00000000000000000000000000' }), 404, 'not_found'],
      [withConsent(someone, { basis_ref: 'whatever' }), 404, 'not_found'],
      [withConsent(someone, { payer: 'payer_00000000000000000000000000' }), 404, 'not_found'],
      [withConsent(someone, { purpose: 'marketing' }), 403, 'purpose_not_allowed'],
      [withConsent(someone, { fields: ['charges'] }), 403, 'purpose_not_allowed'],
      [
        withConsent(someone, { basis_ref: await consentOf(someone.payer, 'marketing'), fields: ['phone'] }),
        403,
        'purpose_not_allowed',
      ],
      // The mandate to charge a card is no leave to tell anybody.
      [withConsent(someone, { payer: card.payer, basis_ref: card.consent }), 403, 'purpose_not_allowed'],
      [withConsent(someone, { basis_ref: undefined }), 422, 'validation_failed'],
      [withConsent(someone, { basis_ref: LAW }), 422, 'validation_failed'],
      [withConsent(someone, { basis: 'contract' }), 422, 'validation_failed'],
      [withConsent(someone, { basis: undefined }), 422, 'validation_failed'],
      [withConsent(someone, { fields: [] }), 422, 'validation_failed'],
      [withConsent(someone, { fields: ['email', 'email'] }), 422, 'validation_failed'],
      [withConsent(someone, { fields: ['country'] }), 422, 'validation_failed'],
      [withConsent(someone, { format: 'csv' }), 422, 'validation_failed'],
      [withConsent(someone, { cohort: {} }), 422, 'validation_failed'],
    ]
    for (const [body, status, code] of tries) {
      const answer = await privacy.post('/v1/disclosures', body)
      expect([answer.status, answer.json.code], JSON.stringify(body)).toEqual([status, code])
      expect(answer.text).not.toContain(someone.email)
    }
    expect((await privacy.get(`/v1/payers/${someone.payer}/disclosures`)).json.data).toEqual([])
  })

  test('that one person entered, the same person discloses nothing alone, nor a second once it is withdrawn', async () => {
    const { payer } = await person()
    const own = await consentOf(payer, 'interviews', privacy)
    const wish = withConsent({ payer, consent: own } as Person)
    const asked = await privacy.post('/v1/disclosures', wish)
    expect(asked).toMatchObject({ status: 201, json: { status: 'pending', package: null, sha256: null } })
    const { id } = asked.json
    expect(await fetchPackage(id)).toMatchObject({ status: 409 })
    const alone = await privacy.post(`/v1/disclosures/${id}/approve`)
    expect(alone).toMatchObject({ status: 403, json: { code: 'second_person_required' } })
    const approved = await second.post(`/v1/disclosures/${id}/approve`)
    expect(approved).toMatchObject({ status: 200, json: { status: 'made', decided_by: 'another-person' } })
    expect((await fetchPackage(id)).status).toBe(200)
    // Where nobody knows who entered it, as of those that came with an import, it is the same.
    await asSuperuser(world.database, sql => sql`update consents set recorded_by = null where id = ${own}`)
    const unknown = await second.post('/v1/disclosures', wish)
    expect(unknown.json.status).toBe('pending')
    await privacy.post(`/v1/payers/${payer}/consents/${own}/withdraw`)
    const late = await privacy.post(`/v1/disclosures/${unknown.json.id}/approve`)
    expect(late).toMatchObject({ status: 422, json: { code: 'consent_withdrawn' } })
  })

  test('a withdrawal under way and a disclosure come one after the other: none is made once it is answered', async () => {
    const someone = await person()
    const path = `/v1/payers/${someone.payer}/consents/${someone.consent}/withdraw`
    let answered = false
    const late: number[] = []
    const disclose = async () => {
      const begunAfter = answered
      const { status } = await privacy.post('/v1/disclosures', withConsent(someone))
      if (begunAfter) late.push(status)
      return status
    }
    const first = Array.from({ length: 12 }, disclose)
    const withdrawal = privacy.post(path).then(answer => {
      answered = true
      return answer.status
    })
    expect(await withdrawal).toBe(200)
    const count = (await privacy.get(`/v1/payers/${someone.payer}/disclosures?limit=100`)).json.data.length
    const statuses = [...(await Promise.all(first)), ...(await Promise.all(Array.from({ length: 6 }, disclose)))]
    for (const status of statuses) expect([201, 422]).toContain(status)
    expect(late).toEqual([422, 422, 422, 422, 422, 422])
    const now = (await privacy.get(`/v1/payers/${someone.payer}/disclosures?limit=100`)).json.data.length
    expect(now).toBe(count)
    expect(now).toBe(statuses.filter(status => status === 201).length)
  })

  test('the same key makes one disclosure, and its answer is repeated byte for byte', async () => {
    const someone = await person()
    const body = withConsent(someone)
    const key = `key-${word()}`
    const answers = await Promise.all([1, 2, 3].map(() => privacy.post('/v1/disclosures', body, { key })))
    const again = await privacy.post('/v1/disclosures', body, { key })
    const made = [...answers, again].filter(({ status }) => status === 201)
    for (const { status } of answers) expect([201, 409]).toContain(status)
    expect(new Set(made.map(({ text }) => text)).size).toBe(1)
    expect(again.headers['idempotency-replayed']).toBe('true')
    expect((await privacy.get(`/v1/payers/${someone.payer}/disclosures`)).json.data).toHaveLength(1)
  })
})

describe('by law', () => {
  test('a disclosure waits for a second person, who makes it; the one who asked fetches it', async () => {
    const { payer, token } = await payerWithCard(world)
    const charge = await world.as('billing').post('/v1/charges', chargeOf(token))
    const asked = await privacy.post('/v1/disclosures', byLaw(payer, { fields: ['short_name', 'cards', 'charges'] }))
    expect(asked.status, asked.text).toBe(201)
    expect(asked.json).toMatchObject({
      status: 'pending',
      basis_ref: LAW,
      purpose: 'legal_request',
      sha256: null,
      package: null,
    })
    const { id } = asked.json
    expect(await fetchPackage(id)).toMatchObject({ status: 409, json: { code: 'invalid_state' } })
    expect((await privacy.get(`/v1/payers/${payer}/disclosures`)).json.data).toHaveLength(1)
    const alone = await privacy.post(`/v1/disclosures/${id}/approve`)
    expect(alone).toMatchObject({ status: 403, json: { code: 'second_person_required' } })
    const otherClient = world.as('privacy', 'demo', { client_id: 'another-client' })
    const same = await otherClient.post(`/v1/disclosures/${id}/approve`)
    expect(same, 'the same person through another client').toMatchObject({ json: { code: 'second_person_required' } })
    const approved = await second.post(`/v1/disclosures/${id}/approve`)
    expect(approved.status, approved.text).toBe(200)
    expect(approved.json).toMatchObject({
      status: 'made',
      decided_by: 'another-person',
      package: { downloads: 0 },
    })
    expect(await fetchPackage(id, second)).toMatchObject({ status: 403, json: { code: 'purpose_not_allowed' } })
    const fetched = await fetchPackage(id, otherClient)
    expect(hashOf(fetched.text)).toBe(approved.json.sha256)
    expect(fetched).toMatchObject({ headers: { 'x-panless-region': 'test-region' }, json: { region: 'test-region' } })
    expect(fetched.json.fields.charges.data[0]).toMatchObject({ id: charge.json.id, amount: 1200, currency: 'usd' })
    expect(fetched.json.fields.cards.data[0]).toMatchObject({ last4: '4242' })
    expect(fetched.text).not.toMatch(/fingerprint|pm_|cus_|pi_/)
    const log = (await privacy.get(`/v1/payers/${payer}/disclosures`)).json.data
    expect(log.map((entry: { id: string }) => entry.id)).toContain(id)
    expect(log[0].recipient).toBe('District court')
  })

  test('of several decisions at once one counts, and a decided one is decided for good', async () => {
    const { payer } = await person()
    const { id } = (await privacy.post('/v1/disclosures', byLaw(payer))).json
    const decisions = await Promise.all([
      second.post(`/v1/disclosures/${id}/approve`),
      second.post(`/v1/disclosures/${id}/refuse`, { reason: 'The seal is missing.' }),
      second.post(`/v1/disclosures/${id}/approve`),
    ])
    expect(decisions.map(({ status }) => status).sort()).toEqual([200, 409, 409])
    const { status } = (await privacy.get(`/v1/disclosures/${id}`)).json
    const entries = (await privacy.get(`/v1/payers/${payer}/disclosures`)).json.data
    expect(entries.length).toBe(status === 'made' ? 1 : 0)
    for (const verb of ['approve', 'refuse']) {
      const late = await second.post(`/v1/disclosures/${id}/${verb}`, verb === 'refuse' ? { reason: 'too late' } : {})
      expect(late).toMatchObject({ status: 409, json: { code: 'invalid_state' } })
    }
  })

  test('one that is refused keeps the reason and tells nobody anything', async () => {
    const { payer } = await person()
    const { id } = (await privacy.post('/v1/disclosures', byLaw(payer))).json
    const refused = await second.post(`/v1/disclosures/${id}/refuse`, { reason: 'No such court.' })
    expect(refused.json).toMatchObject({ status: 'refused', refusal_reason: 'No such court.', sha256: null })
    expect(await fetchPackage(id)).toMatchObject({ status: 409 })
    expect((await privacy.get(`/v1/payers/${payer}/disclosures`)).json.data).toEqual([])
    expect((await privacy.get('/v1/disclosures?status=refused')).json.data[0].id).toBe(id)
  })

  test('the request must name its authority, its reference and the hash of its document', async () => {
    const { payer } = await person()
    for (const basis_ref of [
      undefined,
      null,
      'Case 12/26',
      {},
      { ...LAW, document_sha256: 'x' },
      { ...LAW, authority: ' ' },
      { ...LAW, more: 1 },
    ]) {
      const answer = await privacy.post('/v1/disclosures', byLaw(payer, { basis_ref }))
      expect(answer.status, JSON.stringify(basis_ref)).toBe(422)
    }
    const borrowed = await privacy.post('/v1/disclosures', byLaw(payer, { purpose: 'interviews' }))
    expect(borrowed).toMatchObject({ status: 403, json: { code: 'purpose_not_allowed' } })
  })
})

describe('a cohort', () => {
  const FIELDS = ['country', 'card_brand', 'amount_band']
  const cohort = (more: Record<string, unknown> = {}) => ({
    cohort: { currency: 'eur' },
    recipient: `Institute ${word()}`,
    basis: 'deidentified',
    fields: FIELDS,
    ...more,
  })
  const buyers: string[] = []

  async function buyer(paymentMethod: string, amount: number, currency = 'eur'): Promise<string> {
    const { payer, token } = await payerWithCard(world, { paymentMethod })
    const charge = await world.as('billing').post('/v1/charges', chargeOf(token, { amount, currency }))
    expect(charge.status, charge.text).toBe(201)
    return payer
  }

  beforeAll(async () => {
    for (let at = 0; at < 12; at++) buyers.push(await buyer('pm_card_visa', at % 2 ? 1500 : 7000))
    for (let at = 0; at < 8; at++) buyers.push(await buyer('pm_card_mastercard', at % 2 ? 1500 : 7000))
  }, 60_000)

  test('in which everybody hides is told of in bands, without an id, and logged for each person', async () => {
    const made = await privacy.post('/v1/disclosures', cohort({ recipient: 'Institute A', basis_ref: 'study 7' }))
    expect(made.status, made.text).toBe(201)
    expect(made.json).toMatchObject({
      status: 'made',
      basis_ref: 'study 7',
      purpose: 'service_improvement',
      payer: null,
      cohort: { currency: 'eur' },
      people: 20,
      check: { people: 20, left_out: 0, classes: 2, k: 8, l: 2 },
    })
    const { json, text } = await fetchPackage(made.json.id)
    expect(hashOf(text)).toBe(made.json.sha256)
    expect(json.rows).toHaveLength(20)
    expect(json.rows[0]).toEqual({ country: 'US', card_brand: 'mastercard', amount_band: '1000-1999' })
    for (const id of buyers) expect(text).not.toContain(id)
    expect(JSON.stringify(json.rows)).not.toMatch(/payer_|1500|7000/)
    for (const payer of [buyers[0], buyers[19]]) {
      const log = (await privacy.get(`/v1/payers/${payer}/disclosures`)).json.data
      expect(log[0]).toMatchObject({ id: made.json.id, recipient: 'Institute A', payer: null })
    }
  })

  test('comes as rows of NDJSON or CSV too, with the same people', async () => {
    for (const format of ['ndjson', 'csv'] as const) {
      const made = await privacy.post('/v1/disclosures', cohort({ format }))
      const fetched = await fetchPackage(made.json.id)
      expect(hashOf(fetched.text)).toBe(made.json.sha256)
      const lines = fetched.text.trimEnd().split(/\r?\n/)
      expect(lines).toHaveLength(format === 'csv' ? 21 : 20)
      expect(lines[0]).toBe(
        format === 'csv' ? FIELDS.join(',') : '{"country":"US","card_brand":"mastercard","amount_band":"1000-1999"}',
      )
    }
  })

  test('in which somebody would stand out is refused with the columns that do it, and never a value', async () => {
    for (let at = 0; at < 3; at++) await buyer('pm_card_bypassPendingInternational', at % 2 ? 1500 : 7000)
    const rare = await privacy.post('/v1/disclosures', cohort())
    expect(rare).toMatchObject({ status: 422, json: { code: 'not_deidentified' } })
    expect(rare.json.errors).toEqual([
      { pointer: '/fields/0', code: 'too_rare', detail: 'is part of what singles people out' },
    ])
    expect(rare.text).toContain('country')
    expect(rare.text).not.toMatch(/\bIE\b/)
    const coarser = await privacy.post('/v1/disclosures', cohort({ fields: ['card_brand', 'amount_band'] }))
    expect(coarser.status, coarser.text).toBe(201)
  })

  test('of which all have the same secret is refused, for the secret is then known of everybody', async () => {
    for (let at = 0; at < 6; at++) await buyer('pm_card_visa', 2500, 'gbp')
    const uniform = await privacy.post(
      '/v1/disclosures',
      cohort({ cohort: { currency: 'gbp' }, fields: ['card_brand', 'amount_band'] }),
    )
    expect(uniform).toMatchObject({ status: 422, json: { code: 'not_deidentified' } })
    expect(uniform.json.errors.map((error: { pointer: string; code: string }) => [error.pointer, error.code])).toEqual([
      ['/fields/0', 'not_diverse'],
      ['/fields/1', 'not_diverse'],
    ])
    expect(uniform.text).not.toMatch(/2500|2000/)
    const without = await privacy.post(
      '/v1/disclosures',
      cohort({ cohort: { currency: 'gbp' }, fields: ['card_brand'] }),
    )
    expect(without.json.check).toMatchObject({ k: 6, l: null })
  })

  test('of a handful is refused, and so is one that nearly equals an earlier one for the same recipient', async () => {
    const nobody = await privacy.post('/v1/disclosures', cohort({ cohort: { currency: 'sek' } }))
    expect(nobody).toMatchObject({
      status: 422,
      json: { code: 'not_deidentified', errors: [{ code: 'too_few_people' }] },
    })
    const fields = ['card_brand']
    const first = await privacy.post(
      '/v1/disclosures',
      cohort({ cohort: { currency: 'gbp' }, fields, recipient: 'Twin Ltd' }),
    )
    expect(first.status, first.text).toBe(201)
    const same = await privacy.post(
      '/v1/disclosures',
      cohort({ cohort: { currency: 'gbp' }, fields, recipient: 'twin ltd' }),
    )
    expect(same.status, same.text).toBe(201)
    await buyer('pm_card_visa', 2500, 'gbp')
    const more = cohort({ cohort: { currency: 'gbp' }, fields })
    const twin = await privacy.post('/v1/disclosures', { ...more, recipient: 'Twin Ltd' })
    expect(twin).toMatchObject({ status: 422, json: { code: 'not_deidentified', errors: [{ code: 'near_twin' }] } })
    expect((await privacy.post('/v1/disclosures', { ...more, recipient: 'Elsewhere' })).status).toBe(201)
  })

  test('leaves out whoever objected to its purpose, and rests on no purpose that needs consent', async () => {
    const fields = ['card_brand']
    const before = await privacy.post('/v1/disclosures', cohort({ fields }))
    const ctx = operatorContext(world.dependencies, 'demo', 'test')
    const payer = buyers[0] as string
    await ctx.db.transaction('demo', tx => recordObjection(tx, ctx, payer, 'service_improvement', 'service'))
    const after = await privacy.post('/v1/disclosures', cohort({ fields }))
    expect(after.json.people).toBe(before.json.people - 1)
    expect((await privacy.get(`/v1/payers/${payer}/disclosures?limit=1`)).json.data[0].id).not.toBe(after.json.id)
    const marketing = await privacy.post('/v1/disclosures', cohort({ fields, purpose: 'marketing' }))
    expect(marketing).toMatchObject({ status: 403, json: { code: 'purpose_not_allowed' } })
  })

  test('takes no direct identifier, no day and no amount without its currency', async () => {
    const tries: [Record<string, unknown>, string][] = [
      [{ fields: ['real_name'] }, '/fields/0'],
      [{ fields: ['country', 'email'] }, '/fields/1'],
      [{ fields: ['short_name'] }, '/fields/0'],
      [{ cohort: { created_from: '2026-11-03T00:00:00Z' } }, '/cohort/created_from'],
      [{ cohort: { created_to: '2026-11-01T00:00:01Z' } }, '/cohort/created_to'],
      [{ cohort: {} }, '/cohort/currency'],
      [{ cohort: { currency: 'eur', payer: 'x' } }, '/cohort/payer'],
      [{ cohort: undefined }, '/cohort'],
      [{ payer: buyers[0] }, '/payer'],
      [{ basis_ref: LAW }, '/basis_ref'],
    ]
    for (const [more, pointer] of tries) {
      const answer = await privacy.post('/v1/disclosures', cohort(more))
      expect(answer, JSON.stringify(more)).toMatchObject({ status: 422, json: { errors: [{ pointer }] } })
    }
  })
})

describe('a package', () => {
  test('is fetched five times and no more, each time recorded', async () => {
    const made = await privacy.post('/v1/disclosures', withConsent(await person()))
    for (let at = 0; at < 5; at++) expect((await fetchPackage(made.json.id)).status).toBe(200)
    expect(await fetchPackage(made.json.id)).toMatchObject({ status: 409, json: { code: 'invalid_state' } })
    expect(await audited('disclosure.download', made.json.id)).toHaveLength(5)
    const after = (await privacy.get(`/v1/disclosures/${made.json.id}`)).json
    expect(after).toMatchObject({ package: null, sha256: made.json.sha256 })
  })

  test('lies in the database sealed alone, and is forgotten after a day; its hash stays', async () => {
    const someone = await person()
    const recipient = `Canary ${word()}`
    const made = await privacy.post('/v1/disclosures', withConsent(someone, { recipient }))
    const texts = await databaseTexts(world.database)
    for (const needle of [someone.real_name, someone.email, recipient]) expect(tablesHolding(texts, needle)).toEqual([])
    for (const needle of [someone.real_name, someone.email, recipient])
      expect(world.logs.join('')).not.toContain(needle)
    await world.advance(24 * 3600 + 60)
    expect(await fetchPackage(made.json.id)).toMatchObject({ status: 409 })
    await world.work()
    const left = await world.dependencies.db.transaction(
      'demo',
      ({ sql }) =>
        sql`select 1 from disclosures where tenant_id = 'demo' and package_sealed is not null and package_until < now()`,
    )
    expect(left).toHaveLength(0)
    expect((await privacy.get(`/v1/disclosures/${made.json.id}`)).json).toMatchObject({
      sha256: made.json.sha256,
      package: null,
    })
  })
})

describe('the log', () => {
  test('tells of Stripe once for each payer, from the moment that the customer is made there', async () => {
    const { payer } = await payerWithCard(world)
    const log = (await privacy.get(`/v1/payers/${payer}/disclosures`)).json.data
    expect(log).toHaveLength(1)
    expect(log[0]).toMatchObject({
      status: 'made',
      basis: 'contract',
      purpose: 'settle_payments',
      recipient: 'stripe',
      payer,
      fields: ['payer_id', 'cards', 'charges'],
      package: null,
    })
    await world
      .as('checkout')
      .post('/v1/tokens', { payer, payment_method: 'pm_card_mastercard', consent: { text_version: 'v1' } })
    expect((await privacy.get(`/v1/payers/${payer}/disclosures`)).json.data).toHaveLength(1)
    expect((await privacy.get(`/v1/disclosures/${log[0].id}`)).json).toEqual(log[0])
    const ctx = operatorContext(world.dependencies, 'demo', 'test')
    const told = await ctx.db.transaction('demo', tx => listDisclosuresOf(tx, ctx, payer))
    const entry = { id: log[0].id, recipient: 'stripe', basis: 'contract', in_cohort: false }
    expect(told).toMatchObject({ rows: [entry], complete: true })
    const cut = await ctx.db.transaction('demo', tx => listDisclosuresOf(tx, ctx, payer, 0))
    expect(cut).toEqual({ rows: [], complete: false })
    const nobody = await person()
    expect((await privacy.get(`/v1/payers/${nobody.payer}/disclosures`)).json.data).toEqual([])
  })

  test('tells of a correction that Stripe was told, where Stripe held what was wrong', async () => {
    const someone = await personWithPayment(world)
    const customer = await customerOf(someone.payer)
    await world.stripeApi('POST', `/v1/customers/${customer}`, { name: 'Wrong Name', email: someone.email })
    const request = await verified(world, someone, 'rectify', { changes: { real_name: 'Right Name' } })
    const decided = await approve(world, request, 'second')
    expect(decided.status, decided.text).toBe(200)
    await world.work()
    const log = (await privacy.get(`/v1/payers/${someone.payer}/disclosures`)).json.data
    expect(log[0]).toMatchObject({ recipient: 'stripe', purpose: 'rights_request', fields: ['real_name'] })
    expect(log).toHaveLength(2)
    const there = await world.stripeApi('GET', `/v1/customers/${customer}`)
    expect(there.json.name).toBe('Right Name')
  })

  test('is paged, filtered by recipient, basis and time, and never shows another tenant', async () => {
    const someone = await person()
    const recipient = `Listed ${word()}`
    for (let at = 0; at < 3; at++) await privacy.post('/v1/disclosures', withConsent(someone, { recipient }))
    const ids: string[] = []
    let cursor = ''
    do {
      const page: ApiAnswer = await privacy.get(
        `/v1/disclosures?recipient=${encodeURIComponent(recipient)}&limit=2${cursor}`,
      )
      ids.push(...page.json.data.map((row: { id: string }) => row.id))
      cursor = page.json.next_cursor ? `&cursor=${page.json.next_cursor}` : ''
    } while (cursor)
    expect(ids).toHaveLength(3)
    expect(ids).toEqual(ids.toSorted().reverse())
    expect((await privacy.get('/v1/disclosures?basis=contract&limit=1')).json.data[0].recipient).toBe('stripe')
    expect((await privacy.get('/v1/disclosures?recipient=stripe&limit=1')).json.data[0].basis).toBe('contract')
    expect((await world.as('privacy', 'other').get('/v1/disclosures')).json.data).toEqual([])
    expect((await privacy.get('/v1/disclosures?recipients=x')).status).toBe(422)
    expect((await privacy.get('/v1/disclosures?cursor=x')).status).toBe(422)
  })

  test('cannot be changed nor shortened, not even by the service itself', async () => {
    const someone = await person()
    const { id } = (await privacy.post('/v1/disclosures', withConsent(someone))).json
    const asked = (await privacy.post('/v1/disclosures', byLaw(someone.payer))).json
    for (const statement of [
      `delete from disclosures where id = '${id}'`,
      `update disclosures set fields = '{}' where id = '${id}'`,
      `update disclosures set basis = 'law' where id = '${id}'`,
      `update disclosures set status = 'pending' where id = '${id}'`,
      `delete from disclosure_people where disclosure_id = '${id}'`,
      `update disclosure_people set at = now() where disclosure_id = '${id}'`,
      // Nobody is a second person to themselves.
      `update disclosures set status = 'made', decided_by = created_by where id = '${asked.id}'`,
      `update disclosures set status = 'made' where id = '${asked.id}'`,
    ]) {
      const outcome = world.dependencies.db.transaction('demo', ({ sql }) => sql.unsafe(statement))
      await expect(outcome, statement).rejects.toThrow()
    }
  })
})

test('a card number is refused wherever it stands', async () => {
  const someone = await person()
  for (const more of [
    { recipient: 'to 4242 4242 4242 4242' },
    { basis: 'law', basis_ref: { ...LAW, reference: '4242424242424242' } },
    { purpose: '4242424242424242' },
  ]) {
    const answer = await privacy.post('/v1/disclosures', withConsent(someone, more))
    expect(answer).toMatchObject({ status: 422, json: { code: 'card_number_refused' } })
  }
})

test('whoever lacks the scope discloses nothing, and the denial is recorded', async () => {
  const someone = await person()
  for (const role of ['checkout', 'billing', 'finance', 'admin', 'auditor'] as const) {
    const answer = await world.as(role).post('/v1/disclosures', withConsent(someone))
    expect(answer).toMatchObject({ status: 403, json: { code: 'insufficient_scope' } })
  }
  const denied = await privacy.get('/v1/audit-log?outcome=denied&limit=5')
  expect(denied.json.data[0].action).toBe('POST /v1/disclosures')
})
