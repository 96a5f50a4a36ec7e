// A payer on a phone behind the link of a charge that the bank wants authenticated.
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { STRIPE_JS_PATH } from '../../src/dev/stripe-simulator/browser/browser-app.ts'
import { launchBrowser, PHONE, type TestBrowser } from '../support/browser.ts'
import { findings, shot, visit } from '../support/page-visit.ts'
import { startWorld, type World } from '../support/world.ts'

let world: World
let browser: TestBrowser

beforeAll(async () => {
  world = await startWorld()
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser?.close()
  await world?.close()
})

let made = 0

/** A charge that waits for its payer, and the link that the billing job would send. */
async function waitingCharge(): Promise<{ id: string; url: string }> {
  const checkout = world.as('checkout')
  const payer = await checkout.post('/v1/payers', { short_name: 'Tuya' })
  const token = await checkout.post('/v1/tokens', {
    payer: payer.json.id,
    payment_method: 'pm_card_authenticationRequired',
    consent: { text_version: 'v1' },
  })
  expect(token.status, token.text).toBe(201)
  const charge = await world
    .as('billing')
    .post('/v1/charges', { token: token.json.id, amount: 4800, currency: 'usd', reference: `pay-${++made}` })
  expect(charge.status, charge.text).toBe(402)
  const { id, next_action } = charge.json.charge
  const path = new URL(next_action.url).pathname
  return { id, url: `${world.url}${path}` }
}

/** The bank's own check, in a frame of Stripe's. */
async function atTheBank(page: Page, button: 'Complete authentication' | 'Fail authentication'): Promise<void> {
  const stripe = new URL(`${world.stripe.url}${STRIPE_JS_PATH}`).origin
  await expect.poll(() => page.frames().some(frame => frame.url().startsWith(stripe))).toBe(true)
  const frame = page.frames().find(candidate => candidate.url().startsWith(stripe))
  await frame?.getByRole('button', { name: button }).click()
}

it('a payer confirms on a phone, and the charge has succeeded', async () => {
  const { id, url } = await waitingCharge()
  const { page, complaints } = await visit(browser, url, { viewport: PHONE })
  expect(await findings(page)).toEqual([])
  await shot(page, 'pay-phone-1-open')
  await page.getByRole('button', { name: /Confirm payment of USD 48\.00/ }).click()
  await atTheBank(page, 'Complete authentication')
  await page.getByText(/USD 48\.00 is paid/).waitFor()
  await shot(page, 'pay-phone-2-paid')
  expect(complaints).toEqual([])
  const charge = (await world.as('billing').get(`/v1/charges/${id}`)).json
  expect(charge.status).toBe('succeeded')
  expect(charge.next_action).toBeNull()
  await page.reload()
  await page.getByText(/USD 48\.00 is paid/).waitFor()
  expect(await page.getByRole('button').count()).toBe(0)
  await page.context().close()
})

it('a bank that refuses leaves the payment open, and says so', async () => {
  const { id, url } = await waitingCharge()
  const { page } = await visit(browser, url)
  await page.getByRole('button', { name: /Confirm payment/ }).click()
  await atTheBank(page, 'Fail authentication')
  await page
    .getByRole('alert')
    .filter({ hasText: /did not confirm/ })
    .waitFor()
  await shot(page, 'pay-desktop-refused')
  expect((await world.as('billing').get(`/v1/charges/${id}`)).json.amount_captured).toBe(0)
  await page.context().close()
})

for (const [locale, words] of [
  ['ja-JP', 'お支払いの確認'],
  ['mn-MN', 'Төлбөрөө баталгаажуулна уу'],
] as const) {
  it(`speaks ${locale}`, async () => {
    const { url } = await waitingCharge()
    const { page } = await visit(browser, url, { viewport: PHONE, locale, dark: true })
    await page.getByRole('heading', { name: words }).waitFor()
    expect(await page.evaluate('document.documentElement.lang')).toBe(locale.slice(0, 2))
    expect(await findings(page)).toEqual([])
    await shot(page, `pay-phone-${locale}`)
    await page.context().close()
  })
}

it('a link that was changed opens nothing, and says what to do', async () => {
  const { url } = await waitingCharge()
  const { page } = await visit(browser, `${url.slice(0, -1)}${url.endsWith('A') ? 'E' : 'A'}`, { viewport: PHONE })
  await page.getByRole('heading', { name: 'This link does not work.' }).waitFor()
  expect(await findings(page)).toEqual([])
  await page.context().close()
})
