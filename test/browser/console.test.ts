// People of the company at the console, in a real browser: signing in, finding a payer, revealing, withdrawing, the audit.
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { launchBrowser, type TestBrowser } from '../support/browser.ts'
import { lookAt, lookAtThis, signInAt } from '../support/console-browser.ts'
import { type Visit, visit } from '../support/page-visit.ts'
import { payerWithCard } from '../support/payer-with-card.ts'
import { startWorld, type World } from '../support/world.ts'

/** Every page is looked at six times, which takes a busy machine a while. */
vi.setConfig({ testTimeout: 120_000 })

let world: World
let browser: TestBrowser
let privacy: Visit
let payer: string

beforeAll(async () => {
  world = await startWorld({ webhooks: false, console: true })
  browser = await launchBrowser()
  const checkout = world.as('checkout')
  const made = await checkout.post('/v1/payers', {
    short_name: 'Bat',
    real_name: 'Batbayar Tsend',
    email: 'bat@mail.example',
    external_ref: 'school-1001',
    locale: 'mn',
    metadata: { class: 'B2' },
  })
  expect(made.status, made.text).toBe(201)
  payer = made.json.id
  await payerWithCard(world)
  await world.as('privacy').post(`/v1/payers/${payer}/consents`, { purpose: 'marketing', text_version: 'v3' })
  privacy = await signInAt(browser, world, 'privacy')
}, 120_000)
afterAll(async () => {
  await browser?.close()
  await world?.close()
})

it('a person signs in at the identity provider and sees the sections of the role', async () => {
  const { page } = privacy
  await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor()
  const sections = await page.locator('nav.side a').allInnerTexts()
  expect(sections).toContain('Payers')
  await lookAt(privacy, '/console', 'home')
  await lookAt(privacy, '/console/account', 'account')
})

it('the pages before sign-in are as well made as those behind it', async () => {
  const stranger = await visit(browser, `${world.url}/console`)
  const { page, context } = stranger
  await lookAt(stranger, '/console/sign-in?to=/console/payers&ended=1', 'sign-in')
  await lookAt(stranger, '/console/signed-out', 'signed-out')
  await page.goto(`${world.url}/console/sign-in/begin`)
  await page.getByRole('heading', { name: 'Sign in to panless' }).waitFor()
  await lookAtThis(page, 'identity-provider')
  await context.close()
})

it('payers are listed by their short names, found by reference, and their real names are on no page', async () => {
  const { page } = privacy
  await lookAt(privacy, '/console/payers', 'payers')
  await page.goto(`${world.url}/console/payers`)
  await page.getByLabel('Reference of your system').fill('school-1001')
  await page.getByRole('button', { name: 'Show' }).click()
  await page.waitForURL(/external_ref=school-1001/)
  await page.getByRole('link', { name: 'Bat' }).click()
  await page.getByRole('heading', { name: 'Bat', level: 1 }).waitFor()
  expect(await page.content()).not.toMatch(/Batbayar|bat@mail/)
  await lookAt(privacy, `/console/payers/${payer}`, 'payer')
  await lookAt(privacy, '/console/payers?short_name=Nobody', 'payers-empty')
})

it('a payer is found by e-mail without the address in any link', async () => {
  const { page } = privacy
  await page.goto(`${world.url}/console/payers/search`)
  await page.getByLabel('E-mail').fill('bat@mail.example')
  await page.getByRole('button', { name: 'Find by e-mail' }).click()
  await page.getByRole('link', { name: 'Bat' }).waitFor()
  expect(page.url()).not.toContain('mail.example')
  expect(await page.content()).not.toContain('bat@mail.example')
  await lookAtThis(page, 'payers-found')
  await page.getByLabel('E-mail').fill('not an address')
  await page.getByRole('button', { name: 'Find by e-mail' }).click()
  await page
    .getByRole('alert')
    .getByRole('link', { name: /E-mail/ })
    .waitFor()
  await lookAtThis(page, 'payers-search-refused')
})

it('what is revealed is marked, and vanishes by itself, whatever the browser takes the time to be', async () => {
  const { page } = privacy
  await lookAt(privacy, `/console/payers/${payer}/reveal`, 'reveal')
  await page.goto(`${world.url}/console/payers/${payer}`)
  await page.getByRole('link', { name: 'Reveal sealed fields' }).click()
  await page.getByLabel('Real name').check()
  await page.getByLabel('Why do you need it now?').fill('A letter came back')
  await page.getByRole('button', { name: 'Reveal for one purpose' }).click()
  await page
    .getByRole('alert')
    .getByRole('link', { name: /purpose/ })
    .waitFor()
  expect(await page.getByLabel('Why do you need it now?').inputValue()).toBe('A letter came back')
  expect(await page.getByLabel('Real name').isChecked()).toBe(true)
  await lookAtThis(page, 'reveal-refused')
  await page.clock.install({ time: Date.now() + 3_600_000 })
  await page.getByLabel('For which purpose?').selectOption('settle_payments')
  await page.getByRole('button', { name: 'Reveal for one purpose' }).click()
  await page.getByText('Batbayar Tsend').waitFor()
  await lookAtThis(page, 'revealed')
  await page.clock.fastForward(301_000)
  await page.getByRole('heading', { name: 'What happened' }).waitFor()
  expect(await page.content()).not.toContain('Batbayar')
  await page.getByText('Payer: revealed').first().waitFor()
})

it('the keyboard alone goes through a page in its order, past the frame, and through an action', async () => {
  const { page } = privacy
  await page.goto(`${world.url}/console/payers/${payer}`)
  const stops = (await page.evaluate(STOPS)) as string[]
  expect(stops.length).toBeGreaterThan(20)
  const walked: string[] = []
  for (const _ of stops) {
    await page.keyboard.press('Tab')
    walked.push((await page.evaluate(FOCUS)) as string)
  }
  expect(walked).toEqual(stops)

  await page.goto(`${world.url}/console/payers/${payer}`)
  await page.keyboard.press('Tab')
  expect(await page.getByRole('link', { name: 'Skip to the content' }).isVisible()).toBe(true)
  await page.keyboard.press('Enter')
  expect(await page.evaluate('document.activeElement.id')).toBe('main')
  await tabTo(page, 'link', 'Reveal sealed fields')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: /^Reveal/ }).waitFor()
  await tabTo(page, 'checkbox', 'Real name')
  await page.keyboard.press('Space')
  await tabTo(page, 'combobox', 'For which purpose?')
  await page.keyboard.type('Settle')
  await tabTo(page, 'textbox', 'Why do you need it now?')
  await page.keyboard.type('A letter came back')
  await tabTo(page, 'button', 'Reveal for one purpose')
  await page.keyboard.press('Enter')
  await page.getByText('Batbayar Tsend').waitFor()
})

/** Where the focus is, and where it should come by in turn: everything that can be used, as it stands on the page. */
const NAME = "(one => [one.tagName, one.getAttribute('href') ?? one.name, one.textContent.trim()].join(' '))"
const FOCUS = `${NAME}(document.activeElement)`
const STOPS = `[...document.querySelectorAll('a[href], button, input, select, textarea, summary')]
  .filter(one => one.type !== 'hidden' && one.checkVisibility()).map(${NAME})`

async function tabTo(page: Page, role: 'link' | 'checkbox' | 'combobox' | 'textbox' | 'button', name: string) {
  const wanted = page.getByRole(role, { name })
  for (let step = 0; step < 40; step++) {
    await page.keyboard.press('Tab')
    if (await wanted.evaluate(one => one === one.ownerDocument.activeElement)) return
  }
  throw new Error(`The ${role} “${name}” is not reached.`)
}

it('a consent is withdrawn after it was said what that means', async () => {
  const { page } = privacy
  await page.goto(`${world.url}/console/payers/${payer}`)
  await page
    .getByRole('link', { name: /^Withdraw/ })
    .first()
    .click()
  const path = new URL(page.url()).pathname
  await lookAt(privacy, path, 'withdraw')
  await page.goto(`${world.url}${path}`)
  await page.getByRole('button', { name: /Withdraw the consent to/ }).click()
  await page.getByText('Withdrawn').first().waitFor()
  expect(page.url()).toBe(`${world.url}/console/payers/${payer}`)
})

it('the audit log is searched by filters that stand in the URL', async () => {
  const { page } = privacy
  await lookAt(privacy, '/console/audit', 'audit')
  await page.goto(`${world.url}/console/audit`)
  await page.getByLabel('Action').fill('payer.reveal')
  await page.getByRole('button', { name: 'Show' }).click()
  await page.waitForURL(/action=payer\.reveal/)
  // The head of the list, and two reveals: one by the mouse and one by the keyboard.
  await expect.poll(() => page.getByRole('row').count()).toBe(3)
})

it('no page complained in the console of the browser', () => {
  expect(privacy.complaints).toEqual([])
})
