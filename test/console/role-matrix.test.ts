// Every page of the console × every role × own, foreign and missing ids: what a role may not do, no page does for it.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createConsole } from '../../src/console/app.ts'
import { keepAudit } from '../../src/domain/audit/keep-audit.ts'
import type { StaffRole } from '../../src/domain/staff-sessions/staff-session.ts'
import { sealAll } from '../support/audit-world.ts'
import { type ConsoleClient, consoleClient } from '../support/console-client.ts'
import { type Ids, objectsOf, ROLES_OF_PAGE, SEALED, withIds } from '../support/console-pages.ts'
import { startWorld, type World } from '../support/world.ts'

/** Open to everybody, or tried by the tests of sessions. */
const ELSEWHERE = /^\/console\/(sign-in|callback|signed-out|preferences|sign-out|assets)/
const PEOPLE: readonly StaffRole[] = ['finance', 'privacy', 'admin', 'auditor']

let world: World
let own: Ids
let foreign: Ids
const clients = {} as Record<StaffRole, ConsoleClient>

beforeAll(async () => {
  world = await startWorld({ webhooks: false, console: true })
  ;[own, foreign] = [await objectsOf(world, 'demo'), await objectsOf(world, 'other')]
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
      for (const value of Object.values(SEALED)) expect(answer.text, path).not.toContain(value)
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

test('finance finds a payer by an address and sees neither it nor the name, which a reveal opens to privacy', async () => {
  const search = '/console/payers/search'
  const { csrf } = await clients.finance.formOf(search)
  const found = await clients.finance.post(search, { csrf, email: SEALED.email })
  expect(found.text).toContain(`/console/payers/${own.payers}"`)
  for (const value of Object.values(SEALED)) expect(found.text).not.toContain(value)
  const path = `/console/payers/${own.payers}/reveal`
  const form = await clients.privacy.formOf(path)
  const wanted = { purpose: 'settle_payments', reason: 'A letter came back', fields: 'real_name' }
  expect((await clients.privacy.post(path, { ...form, ...wanted })).text).toContain(SEALED.real_name)
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
