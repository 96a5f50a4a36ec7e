// A person behind the link that was mailed: asks for a code, shows who they are, and opens what is held about them.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { AUTOMATED_DECISIONS } from '../../src/domain/privacy/automated-decisions.ts'
import { BASES } from '../../src/domain/privacy/register.ts'
import { RETENTION_RECORD_NAMES } from '../../src/domain/privacy/retention-records.ts'
import { DESKTOP, launchBrowser, PHONE, type TestBrowser } from '../support/browser.ts'
import { findings, type Look, overhang, shot, visit } from '../support/page-visit.ts'
import { approve, ask, codeTo, linkTo, type Person, personWithPayment, verified } from '../support/rights.ts'
import { startWorld, type World } from '../support/world.ts'

let world: World
let browser: TestBrowser

beforeAll(async () => {
  world = await startWorld({ webhooks: false })
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser?.close()
  await world?.close()
})

const open = (path: string, look: Look = {}) => visit(browser, `${world.url}${path}`, { viewport: PHONE, ...look })

async function asked(kind = 'access'): Promise<{ person: Person; id: string; link: string }> {
  const person = await personWithPayment(world)
  const id = await ask(world, person, kind)
  await world.work()
  return { person, id, link: linkTo(world, person.email) }
}

it('a person shows who they are on a phone, and later opens their data', async () => {
  const { person, id, link } = await asked()
  const { page, complaints } = await open(link)
  expect(await findings(page)).toEqual([])
  await shot(page, 'rights-1-ask')
  await page.getByRole('button', { name: 'Send me a code' }).click()
  await page.getByText('a code is on its way').waitFor()
  expect(await findings(page)).toEqual([])
  await page.getByLabel('Code from the e-mail').fill('WRNG-CODE')
  await page.getByLabel('Amount of your last payment').fill('48.00')
  await page.getByRole('button', { name: 'Check that it is me' }).click()
  await page.getByRole('alert').filter({ hasText: 'is not right' }).waitFor()
  expect(await page.getByLabel('Amount of your last payment').inputValue()).toBe('48.00')
  expect(await findings(page)).toEqual([])
  await shot(page, 'rights-2-wrong')
  await page.getByLabel('Code from the e-mail').fill((await codeTo(world, person.email)) as string)
  await page.getByRole('button', { name: 'Check that it is me' }).click()
  await page.getByText('You have shown who you are').waitFor()
  expect(await findings(page)).toEqual([])
  expect(await page.getByRole('button').count()).toBe(0)
  await page.context().close()
  expect(complaints).toEqual([])

  await approve(world, id)
  await world.work()
  const opened = await open(linkTo(world, person.email))
  expect(await findings(opened.page)).toEqual([])
  await shot(opened.page, 'rights-3-open')
  await opened.page.getByRole('button', { name: 'Open my data as a page' }).click()
  await opened.page.getByRole('heading', { name: 'Everything that demo holds about you' }).waitFor()
  expect(await opened.page.getByText('Bat-Erdene').first().isVisible()).toBe(true)
  expect(await findings(opened.page)).toEqual([])
  await shot(opened.page, 'rights-4-package')
  expect(opened.complaints).toEqual([])
  await opened.page.context().close()
})

it('anybody asks at the public form and comes to the page where they show who they are', async () => {
  const person = await personWithPayment(world)
  const { page, complaints } = await open('/rights')
  expect(await findings(page)).toEqual([])
  await page.getByLabel('Your e-mail address').fill('no address')
  await page.getByRole('button', { name: 'Ask demo' }).click()
  await page.getByRole('alert').filter({ hasText: 'enter an e-mail address' }).waitFor()
  expect(await page.getByLabel('Your e-mail address').inputValue()).toBe('no address')
  expect(await findings(page)).toEqual([])
  await shot(page, 'rights-0-form')
  await page.getByLabel('Have it deleted').check()
  await page.getByLabel('Your e-mail address').fill(person.email)
  await page.getByLabel('What you want to add').fill('Bat is Bold now.\nThank you.')
  await page.getByRole('button', { name: 'Ask demo' }).click()
  await page.getByText('You asked demo to delete your data.').waitFor()
  await page.getByRole('button', { name: 'Send me a code' }).click()
  await page.getByText('a code is on its way').waitFor()
  expect(await codeTo(world, person.email)).toMatch(/^[A-Z2-9]{4}-/)
  expect(complaints).toEqual([])
  const listed = await world.as('privacy').get(`/v1/privacy-requests?payer=${person.payer}`)
  expect(listed.json.data[0]).toMatchObject({
    kind: 'erase',
    source: 'person',
    created_by: 'rights-form',
  })
  const asked = await world.as('privacy').get(`/v1/privacy-requests/${listed.json.data[0].id}`)
  expect(asked.json.message).toBe('Bat is Bold now.\nThank you.')
  await page.context().close()
})

it('the form of a tenant speaks its language, is that tenant’s, and takes five a day', async () => {
  const { page } = await open('/rights/of/other', { locale: 'mn-MN', dark: true, viewport: DESKTOP })
  await page.getByRole('heading', { name: 'Таны мэдээлэлтэй холбоотой эрх' }).waitFor()
  expect(await findings(page)).toEqual([])
  for (let times = 0; times < 6; times++) {
    await page.goto(`${world.url}/rights/of/other`)
    await page.locator('input[value="access"]').check()
    await page.locator('#contact').fill('stranger@example.com')
    await page.locator('button').click()
    await page.waitForLoadState()
  }
  await page.getByRole('alert').filter({ hasText: 'Хэт олон удаа' }).waitFor()
  const asked = await world.as('privacy', 'other').get('/v1/privacy-requests')
  expect(asked.json.data).toHaveLength(5)
  expect((await page.goto(`${world.url}/rights/of/nobody`))?.status()).toBe(404)
  await page.context().close()
})

it('the language that was chosen at the form is kept to the page of the request', async () => {
  const { page } = await open('/rights')
  await page.getByRole('link', { name: '日本語' }).click()
  await page.locator('button').click()
  await page.getByRole('alert').filter({ hasText: 'メールアドレス' }).waitFor()
  await page.locator('input[value="access"]').check()
  await page.locator('#contact').fill('stranger@example.com')
  await page.locator('button').click()
  await page.getByRole('heading', { name: '個人情報に関するご請求' }).waitFor()
  await page.locator('form[action*="/code?"] button').click()
  await page.locator('#amount').waitFor()
  expect(await page.evaluate('document.documentElement.lang')).toBe('ja')
  await page.getByRole('link', { name: 'Монгол' }).click()
  await page.getByRole('heading', { name: 'Таны мэдээллийн талаарх хүсэлт' }).waitFor()
  await shot(page, 'rights-language')
  await page.context().close()
})

const LOOKS = [
  { locale: 'en-US', viewport: DESKTOP, dark: true, heading: 'Your request about your data' },
  { locale: 'ja-JP', viewport: PHONE, dark: true, heading: '個人情報に関するご請求' },
  { locale: 'ja-JP', viewport: DESKTOP, dark: false, heading: '個人情報に関するご請求' },
  { locale: 'mn-MN', viewport: PHONE, dark: false, heading: 'Таны мэдээллийн талаарх хүсэлт' },
  { locale: 'mn-MN', viewport: DESKTOP, dark: true, heading: 'Таны мэдээллийн талаарх хүсэлт' },
]

for (const look of LOOKS) {
  const { locale, viewport, dark, heading } = look
  it(`speaks ${locale} at ${viewport.width} pixels, ${dark ? 'dark' : 'light'}, without a finding`, async () => {
    const { link } = await asked('rectify')
    const { page } = await open(link, look)
    await page.getByRole('heading', { name: heading }).waitFor()
    expect(await page.evaluate('document.documentElement.lang')).toBe(locale.slice(0, 2))
    expect(await findings(page)).toEqual([])
    await page.locator('form[action*="/code?"] button').click()
    await page.locator('#amount').fill('1')
    await page.locator('form:has(#amount) button').click()
    await page.getByRole('alert').waitFor()
    expect(await findings(page)).toEqual([])
    expect(await overhang(page)).toBe(0)
    await shot(page, `rights-${locale}-${viewport.width}-${dark ? 'dark' : 'light'}`)
    await page.context().close()
  })
}

const CODES = [...BASES, ...RETENTION_RECORD_NAMES, ...AUTOMATED_DECISIONS.map(({ name }) => name)]
const ENGLISH_CODES = new RegExp([...CODES.map(code => code.replaceAll('_', '[_ ]')), '\\w\\.\\w'].join('|'))

for (const [locale, title] of [
  ['ja-JP', 'demo が保有するお客様の情報'],
  ['mn-MN', 'demo таны талаар хадгалдаг мэдээлэл'],
] as const) {
  it(`shows the package in ${locale} without a finding, on a phone and on a desk`, async () => {
    const person = await personWithPayment(world)
    await approve(world, await verified(world, person, 'access'))
    await world.work()
    for (const look of [
      { viewport: PHONE, dark: false },
      { viewport: DESKTOP, dark: true },
    ]) {
      const { page } = await open(linkTo(world, person.email), { ...look, locale })
      await page.locator('button[value="html"]').click()
      await page.getByRole('heading', { name: title }).waitFor()
      const register = (await page.locator('main > section').allInnerTexts()).slice(-2).join('\n')
      expect(register).not.toMatch(ENGLISH_CODES)
      expect(await findings(page)).toEqual([])
      expect(await overhang(page)).toBe(0)
      await shot(page, `rights-package-${locale}-${look.viewport.width}`)
      await page.context().close()
    }
  }, 90_000)
}

it('a link that was changed opens nothing, and says what to do', async () => {
  const { link } = await asked()
  const { page } = await open(`${link.slice(0, -1)}${link.endsWith('A') ? 'E' : 'A'}`)
  await page.getByRole('heading', { name: 'This link does not work.' }).waitFor()
  expect(await findings(page)).toEqual([])
  await page.context().close()
})

it('a card number typed into a form is not taken, and a page in the reader’s language says so', async () => {
  const { page } = await open('/rights', { locale: 'ja-JP' })
  await page.locator('input[value="access"]').check()
  await page.locator('#contact').fill('bat@example.com')
  await page.locator('#payer').fill('4242 4242 4242 4242')
  await page.locator('button').click()
  await page.getByRole('alert').filter({ hasText: 'カード番号' }).waitFor()
  expect(await page.content()).not.toContain('4242')
  expect(await findings(page)).toEqual([])
  await shot(page, 'rights-card-number')
  await page.context().close()
})
