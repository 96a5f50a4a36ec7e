// A payer at the demo shop, in a real browser: the card number is typed into Stripe's frame and reaches no other origin.
import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import type { Frame, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createShop } from '../../src/dev/demo-shop/shop.ts'
import { STRIPE_JS_PATH } from '../../src/dev/stripe-simulator/browser/browser-app.ts'
import { operatorContext } from '../../src/domain/tenants/operator-context.ts'
import { setTenant } from '../../src/domain/tenants/set-tenant.ts'
import { DESKTOP, launchBrowser, PHONE, type TestBrowser } from '../support/browser.ts'
import { findings, type Look, openPage, shot, type Visit } from '../support/page-visit.ts'
import { startWorld, type World } from '../support/world.ts'

const NUMBER = '4242424242424242'
const DECLINED = '4000000000000002'

let world: World
let issuer: Server
let shop: Server
let shopUrl: string
let browser: TestBrowser

beforeAll(async () => {
  world = await startWorld()
  const tls = { cert: await readFile(world.tls.certFile), key: await readFile(world.tls.keyFile) }
  issuer = createServer(tls, (_, response) => response.end(JSON.stringify({ access_token: world.token('checkout') })))
  const tokenEndpoint = `${await listening(issuer)}/token`
  const made = await createShop(
    {
      port: 0,
      ...world.tls,
      serviceUrl: world.url,
      tokenEndpoint,
      client: { client_id: 'checkout', client_secret: 'of no interest here' },
      tenant: 'demo',
      stripeJsUrl: `${world.stripe.url}${STRIPE_JS_PATH}`,
    },
    world.ca,
  )
  shop = createServer(tls, getRequestListener(made.fetch))
  shopUrl = await listening(shop)
  await setTenant(operatorContext(world.dependencies, 'demo', 'test'), { allowed_origins: [shopUrl] })
  browser = await launchBrowser()
})

afterAll(async () => {
  await browser?.close()
  for (const server of [shop, issuer]) server?.closeAllConnections()
  shop?.close()
  issuer?.close()
  await world?.close()
})

const listening = (server: Server) =>
  new Promise<string>(resolve =>
    server.listen(0, '127.0.0.1', () => resolve(`https://localhost:${(server.address() as AddressInfo).port}`)),
  )

type Seen = { url: string; text: string }

/** A visit to the shop that remembers every request. */
async function enter(look: Look): Promise<Visit & { seen: Seen[] }> {
  const opened = await openPage(browser, look)
  const seen: Seen[] = []
  opened.page.on('request', request =>
    seen.push({
      url: request.url(),
      text: `${request.url()} ${JSON.stringify(request.headers())} ${request.postData() ?? ''}`,
    }),
  )
  await opened.page.goto(shopUrl)
  return { ...opened, seen }
}

async function openCardForm(page: Page, shortName: string): Promise<Frame> {
  await page.getByLabel('Short name').fill(shortName)
  await page.getByRole('button', { name: 'Continue to your card' }).click()
  const element = await page.waitForSelector('#card-element iframe')
  return (await element.contentFrame()) as Frame
}

async function typeCard(frame: Frame, number: string): Promise<void> {
  await frame.getByLabel('Card number').fill(number)
  await frame.getByLabel(/Expiry date/).fill('12 / 31')
  await frame.getByLabel('Security code').fill('123')
}

for (const [name, viewport, dark] of [
  ['desktop', DESKTOP, false],
  ['phone', PHONE, true],
] as const) {
  it(`saves a card on a ${name}, and the number reaches no origin but Stripe's`, async () => {
    const { page, seen, complaints } = await enter({ viewport, dark })
    await shot(page, `shop-${name}-1-start`)
    expect(await findings(page)).toEqual([])
    const frame = await openCardForm(page, 'T. Bat')
    await typeCard(frame, NUMBER)
    await page.getByLabel(/I agree/).check()
    await shot(page, `shop-${name}-2-card`)
    expect(await findings(page)).toEqual([])
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
    await page.getByRole('button', { name: /Save card/ }).click()
    await page.getByRole('heading', { name: 'Your card is saved' }).waitFor()
    const token = await page.locator('#done-token').textContent()
    expect(token).toMatch(/^vtok_test_[0-9a-z]{26}$/)
    await shot(page, `shop-${name}-3-done`)
    expect((await world.as('billing').get(`/v1/tokens/${token}`)).json.card.last4).toBe('4242')
    const stripe = new URL(world.stripe.url).origin
    const elsewhere = seen.filter(({ url }) => new URL(url).origin !== stripe)
    expect(elsewhere.some(({ url }) => url === `${world.url}/v1/tokens`)).toBe(true)
    expect(elsewhere.filter(({ text }) => digits(text).includes(NUMBER))).toEqual([])
    expect(seen.some(({ text }) => digits(text).includes(NUMBER))).toBe(true)
    expect(complaints).toEqual([])
    await page.context().close()
  })
}

it('says what is wrong when the card is declined, and takes another', async () => {
  const { page } = await enter({ viewport: PHONE })
  const frame = await openCardForm(page, 'Declined once')
  await typeCard(frame, DECLINED)
  await page.getByLabel(/I agree/).check()
  await page.getByRole('button', { name: /Save card/ }).click()
  await page
    .getByRole('alert')
    .filter({ hasText: /declined/i })
    .waitFor()
  await shot(page, 'shop-phone-declined')
  await typeCard(frame, NUMBER)
  await page.getByRole('button', { name: /Save card/ }).click()
  await page.getByRole('heading', { name: 'Your card is saved' }).waitFor()
  await page.context().close()
})

it('runs no script that the policy does not name', async () => {
  const { page, complaints } = await enter({ viewport: DESKTOP })
  await page.evaluate(`(() => {
    const inline = document.createElement('script')
    inline.textContent = 'window.skimmed = true'
    document.body.append(inline)
    const foreign = document.createElement('script')
    foreign.src = ${JSON.stringify(`${world.url}/checkout/v1.json`)}
    document.body.append(foreign)
    const handler = document.createElement('img')
    handler.setAttribute('onerror', 'window.skimmed = true')
    handler.src = '/none.png'
    document.body.append(handler)
  })()`)
  await page.waitForTimeout(200)
  expect(await page.evaluate('window.skimmed')).toBeUndefined()
  expect(complaints.filter(text => /Content Security Policy/i.test(text)).length).toBeGreaterThanOrEqual(2)
  await page.context().close()
})

const digits = (text: string) => decodeURIComponent(text.replaceAll('%', '%25')).replaceAll(/[ +-]|%20/g, '')
