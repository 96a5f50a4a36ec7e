// Every page of the console × every role × own, foreign and missing ids: what a role may not do, no page does for it.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createConsole } from '../../src/console/app.ts'
import { keepAudit } from '../../src/domain/audit/keep-audit.ts'
import type { StaffRole } from '../../src/domain/staff-sessions/staff-session.ts'
import { sealAll } from '../support/audit-world.ts'
import { type ConsoleClient, consoleClient } from '../support/console-client.ts'
import { asSuperuser } from '../support/database-contents.ts'
import { payerWithCard } from '../support/payer-with-card.ts'
import { startWorld, type TenantName, type World } from '../support/world.ts'

/** Which roles see each page; a page that is not here fails. A POST is allowed where its GET is. */
const ROLES_OF_PAGE: Record<string, readonly StaffRole[]> = {
  '/console': ['finance', 'privacy', 'admin', 'auditor'],
  '/console/account': ['finance', 'privacy', 'admin', 'auditor'],
  '/console/payers': ['finance', 'privacy'],
  '/console/payers/search': ['finance', 'privacy'],
  '/console/payers/:id': ['finance', 'privacy'],
  '/console/payers/:id/reveal': ['privacy'],
  '/console/payers/:id/consents/:consent/withdraw': ['privacy'],
  '/console/purposes': ['finance', 'privacy', 'admin', 'auditor'],
  '/console/requests': ['privacy', 'auditor'],
  '/console/requests/new': ['privacy'],
  '/console/requests/:id': ['privacy', 'auditor'],
  '/console/requests/:id/receipt.json': ['privacy', 'auditor'],
  '/console/requests/:id/package': ['privacy'],
  '/console/requests/:id/send-code': ['privacy'],
  '/console/requests/:id/confirm': ['privacy'],
  '/console/requests/:id/approve': ['privacy'],
  '/console/requests/:id/refuse': ['privacy'],
  '/console/requests/:id/extend': ['privacy'],
  '/console/requests/:id/cancel': ['privacy'],
  '/console/disclosures': ['privacy', 'auditor'],
  '/console/disclosures/new': ['privacy'],
  '/console/disclosures/new/consent': ['privacy'],
  '/console/disclosures/new/law': ['privacy'],
  '/console/disclosures/new/deidentified': ['privacy'],
  '/console/disclosures/:id': ['privacy', 'auditor'],
  '/console/disclosures/:id/package': ['privacy'],
  '/console/disclosures/:id/approve': ['privacy'],
  '/console/disclosures/:id/refuse': ['privacy'],
  '/console/inquiries': ['privacy', 'auditor'],
  '/console/inquiries/:id': ['privacy', 'auditor'],
  '/console/inquiries/:id/take': ['privacy'],
  '/console/inquiries/:id/answer': ['privacy'],
  '/console/inquiries/:id/link-request': ['privacy'],
  '/console/inquiries/:id/close': ['privacy'],
  '/console/inquiries/:id/reveal': ['privacy'],
  '/console/audit': ['privacy', 'admin', 'auditor'],
  '/console/audit/verify': ['privacy', 'admin', 'auditor'],
  '/console/audit/checkpoints': ['privacy', 'admin', 'auditor'],
  '/console/audit/:id': ['privacy', 'admin', 'auditor'],
  '/console/audit/:id/proof.json': ['privacy', 'admin', 'auditor'],
  '/console/keys': ['admin'],
}
/** Open to everybody, or tried by the tests of sessions. */
const ELSEWHERE = /^\/console\/(sign-in|callback|signed-out|preferences|sign-out|assets)/
const PEOPLE: readonly StaffRole[] = ['finance', 'privacy', 'admin', 'auditor']

type Ids = Record<string, string>

let world: World
let own: Ids
let foreign: Ids
const clients = {} as Record<StaffRole, ConsoleClient>

beforeAll(async () => {
  world = await startWorld({ webhooks: false, console: true })
  ;[own, foreign] = [await objectsOf('demo'), await objectsOf('other')]
  await sealAll(world, 'demo')
  await keepAudit(world.dependencies, 'demo')
  const checkout = world.as('checkout')
  await Promise.all(Array.from({ length: 45 }, (_, at) => checkout.post('/v1/payers', { short_name: `Walker ${at}` })))
  for (const person of PEOPLE) {
    clients[person] = consoleClient(world)
    await clients[person].signIn(person)
  }
}, 120_000)
afterAll(async () => {
  for (const client of Object.values(clients)) client.close()
  await world?.close()
})

async function objectsOf(tenant: TenantName): Promise<Ids> {
  const { payer, consent } = await payerWithCard(world, { tenant })
  const privacy = world.as('privacy', tenant)
  const law = { authority: 'Court', reference: '1/2026', document_sha256: 'a'.repeat(64) }
  const disclosure = await privacy.post('/v1/disclosures', {
    payer,
    recipient: 'Court',
    basis: 'law',
    basis_ref: law,
    fields: ['short_name'],
  })
  expect(disclosure.status, disclosure.text).toBe(201)
  const inquiry = await privacy.post('/v1/inquiries', {
    kind: 'question',
    message: 'When?',
    contact: { email: 'person@mail.example' },
    payer,
  })
  const request = await privacy.post('/v1/privacy-requests', { kind: 'access', payer, contact: 'person@mail.example' })
  expect(request.status, request.text).toBeLessThan(300)
  const log = await privacy.get('/v1/audit-log?limit=1')
  return {
    payers: payer,
    consent,
    disclosures: disclosure.json.id,
    inquiries: inquiry.json.id,
    requests: request.json.id,
    audit: log.json.data[0].id,
  }
}

const withIds = (path: string, ids: Ids) =>
  path.replace(':id', ids[path.split('/')[2] as string] ?? '').replace(':consent', ids.consent as string)

function pages(): { method: string; path: string }[] {
  const { app } = createConsole({
    readAsset: () => '',
    limiter: () => () => 0,
    signIn: {},
    dependencies: world.dependencies,
  } as never)
  return app.routes.filter(({ method, path }) => method !== 'ALL' && !ELSEWHERE.test(path))
}

test('the table names every page that there is', () => {
  expect([...new Set(pages().map(({ path }) => path))].sort()).toEqual(Object.keys(ROLES_OF_PAGE).sort())
})

describe.each(PEOPLE)('the role %s', role => {
  test('sees its pages and no other, and the refusal says who could', async () => {
    const client = clients[role]
    for (const { path } of pages().filter(({ method }) => method === 'GET')) {
      const answer = await client.get(withIds(path, own))
      const allowed = ROLES_OF_PAGE[path]?.includes(role)
      // A package of a request or a proof may not be there yet; that of a disclosure is for the one who made it alone.
      const statuses = path === '/console/disclosures/:id/package' ? [403] : [200, 409]
      if (allowed) expect(statuses, `${path} ${answer.text.slice(0, 200)}`).toContain(answer.status)
      else expect(answer.status, path).toBe(403)
      if (!allowed) expect(answer.text, path).toContain('These roles have it')
      expect(answer.text, path).not.toMatch(/Batbayar/)
    }
  })

  test('changes nothing by a form whose page it may not see', async () => {
    const client = clients[role]
    const { csrf } = await client.formOf('/console')
    const forms = pages().filter(({ method, path }) => method === 'POST' && !ROLES_OF_PAGE[path]?.includes(role))
    for (const { path } of forms) {
      const answer = await client.post(withIds(path, own), { csrf, key: crypto.randomUUID() })
      expect(answer.status, path).toBe(403)
    }
  })

  test("sees another tenant's objects as missing ones", async () => {
    const client = clients[role]
    const missing: Ids = {
      payers: 'payer_00000000000000000000000000',
      consent: 'cons_00000000000000000000000000',
      disclosures: 'disc_00000000000000000000000000',
      inquiries: 'inqr_00000000000000000000000000',
      requests: 'preq_00000000000000000000000000',
      audit: 'audt_00000000000000000000000000',
    }
    const bare = (text: string) => text.replaceAll(/<code>[^<]*<\/code>|value="[^"]*"/g, '')
    const named = pages().filter(({ method, path }) => method === 'GET' && path.includes(':'))
    for (const { path } of named.filter(one => ROLES_OF_PAGE[one.path]?.includes(role))) {
      const [theirs, none] = [await client.get(withIds(path, foreign)), await client.get(withIds(path, missing))]
      expect([theirs.status, none.status], path).toEqual([404, 404])
      expect(bare(theirs.text), path).toBe(bare(none.text))
    }
  })
})

test('a form that is sent twice has its effect once', async () => {
  const client = clients.privacy
  const consent = await world
    .as('privacy')
    .post(`/v1/payers/${own.payers}/consents`, { purpose: 'marketing', text_version: 'v1' })
  const path = `/console/payers/${own.payers}/consents/${consent.json.id}/withdraw`
  const form = await client.formOf(path)
  const answers = await Promise.all([client.post(path, form), client.post(path, form), client.post(path, form)])
  const gone = answers.filter(({ status }) => status === 303)
  expect(gone.length).toBeGreaterThan(0)
  for (const answer of answers) expect([303, 409]).toContain(answer.status)
  expect((await client.post(path, form)).headers.location).toBe(`/console/payers/${own.payers}`)
  const log = await world.as('privacy').get(`/v1/audit-log?object=${consent.json.id}&action=consent.withdraw`)
  expect(log.json.data).toHaveLength(1)
})

test('the package of a granted request opens for a reason alone, as a page that leaves by itself or as a file', async () => {
  const id = own.requests as string
  await asSuperuser(world.database, async sql => {
    for (const status of ['verifying', 'verified'])
      await sql`update privacy_requests set status = ${status}, verified_at = now() where id = ${id}`
    await sql`update privacy_requests set status = 'done', finished_at = now() where id = ${id}`
  })
  const client = clients.privacy
  const path = `/console/requests/${id}/package`
  const form = await client.formOf(path)
  const silent = await client.post(path, { ...form, format: 'html', reason: '' })
  expect(silent).toMatchObject({ status: 422, text: expect.not.stringContaining(own.payers as string) })
  const reason = 'handed over at the desk'
  const page = await client.post(path, { ...form, format: 'html', reason })
  expect(page).toMatchObject({ status: 200, text: expect.stringContaining(reason) })
  expect(page.headers.refresh).toMatch(new RegExp(`^(300|29\\d); url=/console/requests/${id}$`))
  const file = await client.post(path, { ...form, format: 'json', reason })
  expect(file.headers['content-disposition']).toBe(`attachment; filename="${id}.json"`)
  expect(file.text).toContain(own.payers)
})

const rowsOf = (text: string) => [...text.matchAll(/class="row" href="([^"]+)"/g)].map(([, href]) => href)
const linkOf = (text: string, mark: string) =>
  new RegExp(`${mark}[^>]*><a href="([^"]+)"|href="([^"]+)" ${mark}`)
    .exec(text)
    ?.slice(1)
    .find(Boolean)
    ?.replaceAll('&amp;', '&')

test.each([
  ['newest', 'descending', 'Older'],
  ['oldest', 'ascending', 'Newer'],
])('a list that shows the %s first walks on and back by links', async (sort, order, on) => {
  const client = clients.finance
  const follow = async (text: string, mark: string) => (await client.get(linkOf(text, mark) as string)).text
  const start = (await client.get('/console/payers')).text
  const first = sort === 'newest' ? start : await follow(start, 'aria-sort="descending"')
  expect(first).toContain(`aria-sort="${order}"`)
  expect(first).toContain(`rel="next">${on}<`)
  const second = await follow(first, 'rel="next"')
  const third = await follow(second, 'rel="next"')
  const seen = [first, second, third].flatMap(rowsOf)
  expect(seen.length).toBeGreaterThan(45)
  // The ids begin with the time.
  expect(seen).toEqual(sort === 'newest' ? seen.toSorted().reverse() : seen.toSorted())
  expect(new Set(seen).size).toBe(seen.length)
  expect(linkOf(first, 'rel="prev"')).toBeUndefined()
  expect(linkOf(third, 'rel="next"')).toBeUndefined()
  const back = await follow(third, 'rel="prev"')
  expect(rowsOf(back)).toEqual(rowsOf(second))
  expect(rowsOf(await follow(back, 'rel="prev"'))).toEqual(rowsOf(first))
  const turned = await follow(second, `aria-sort="${order}"`)
  expect(rowsOf(turned)).toEqual(seen.toReversed().slice(0, 20))
})

test.each([
  '/console/requests',
  '/console/disclosures',
  '/console/inquiries',
  '/console/audit',
  '/console/audit/checkpoints',
])('%s is turned round by the head of its time', async path => {
  const client = clients.auditor
  const newest = (await client.get(path)).text
  const oldest = (await client.get(linkOf(newest, 'aria-sort="descending"') as string)).text
  expect(linkOf(oldest, 'aria-sort="ascending"')).toBe(`${path}?sort=newest`)
})

test('a list says what is wrong with its query, and keeps its order when it is filtered', async () => {
  const client = clients.finance
  for (const wrong of ['cursor=nonsense', 'sort=sideways']) {
    expect((await client.get(`/console/payers?${wrong}`)).status, wrong).toBe(422)
  }
  const oldest = await client.get('/console/payers?sort=oldest')
  expect(oldest.text).toContain('<input type="hidden" name="sort" value="oldest">')
  expect((await client.get(`/console/payers?short_name=${encodeURIComponent('<script>')}`)).text).not.toContain(
    '<script>',
  )
})

test('an inquiry becomes a rights request once, and asking about it records no reading of what was written', async () => {
  const client = clients.privacy
  const inquiry = `/console/inquiries/${own.inquiries}`
  const readings = async () => {
    const log = await world.as('privacy').get(`/v1/audit-log?object=${own.inquiries}&action=inquiry.read&limit=100`)
    return log.json.data.length
  }
  expect((await client.get(inquiry)).text).toContain(`${inquiry}/link-request`)
  const before = await readings()
  for (const action of ['take', 'answer', 'close', 'reveal']) await client.get(`${inquiry}/${action}`)
  const form = await client.formOf(`${inquiry}/link-request`)
  expect(await readings()).toBe(before)
  const unsaid = await client.post(`${inquiry}/link-request`, form)
  expect([unsaid.status, /href="#field-kind"/.test(unsaid.text)]).toEqual([422, true])
  const linked = await client.post(`${inquiry}/link-request`, { ...form, kind: 'access' })
  expect(linked.status, linked.text).toBe(303)
  expect(linked.headers.location).toMatch(/^\/console\/requests\/preq_/)
  const page = await client.get(inquiry)
  expect(page.text).toContain(linked.headers.location)
  expect(page.text).not.toContain(`${inquiry}/link-request`)
})

test('verifying says which part of the log was verified, and which was not', async () => {
  for (let block = 0; block < 2; block++) {
    await clients.privacy.get(`/console/inquiries/${own.inquiries}`)
    await sealAll(world, 'demo')
  }
  const client = clients.auditor
  const { csrf } = await client.formOf('/console/audit/verify')
  const whole = (await client.post('/console/audit/verify', { csrf })).text
  expect(whole).toContain('Nothing was altered<')
  expect(whole).toMatch(/Not verified now<\/dt><dd>None</)
  const part = (await client.post('/console/audit/verify', { csrf, after_block: '1' })).text
  expect(part).toContain('Nothing was altered in the part that was verified')
  expect(part).toMatch(/Verified now<\/dt><dd>Blocks 2 to \d/)
  expect(part).toMatch(/Not verified now<\/dt><dd>blocks up to 1</)
})
