// Somebody reads the privacy page: in three languages, at two widths, light and dark; and it follows the register.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { DESKTOP, launchBrowser, PHONE, type TestBrowser } from '../support/browser.ts'
import { findings, type Look, overhang, shot, visit } from '../support/page-visit.ts'
import { changing, publishChanged, withoutField } from '../support/registers.ts'
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

const open = (path: string, look?: Look) => visit(browser, `${world.url}${path}`, look)

for (const [locale, heading] of [
  ['en', 'Privacy'],
  ['ja', 'プライバシー'],
  ['mn', 'Нууцлал'],
] as const) {
  for (const [width, viewport] of [
    ['desktop', DESKTOP],
    ['phone', PHONE],
  ] as const) {
    for (const dark of [false, true]) {
      it(`reads well in ${locale} on a ${width}, ${dark ? 'dark' : 'light'}`, async () => {
        const { page, complaints } = await open('/privacy', { viewport, locale, dark })
        await page.getByRole('heading', { name: heading, level: 1 }).waitFor()
        expect(await page.evaluate('document.documentElement.lang')).toBe(locale)
        expect(await findings(page)).toEqual([])
        expect(await overhang(page)).toBe(0)
        expect(await page.locator('script').count()).toBe(0)
        await shot(page, `privacy-${locale}-${width}-${dark ? 'dark' : 'light'}`)
        expect(complaints).toEqual([])
        await page.context().close()
      })
    }
  }
}

it('leads to the other languages, and to the forms for requests and for questions', async () => {
  const { page } = await open('/privacy/other')
  await page.getByRole('link', { name: '日本語' }).click()
  await page.getByRole('heading', { name: 'プライバシー', level: 1 }).waitFor()
  expect(page.url()).toBe(`${world.url}/privacy/other?lang=ja`)
  const form = page.getByRole('link', { name: 'ご質問、ご要望、苦情' })
  expect(await form.getAttribute('href')).toBe('/contact/other?lang=ja')
  await page.getByRole('link', { name: '自分の情報について請求する' }).click()
  expect(page.url()).toBe(`${world.url}/rights/of/other?lang=ja`)
  await page.context().close()
})

it('says what the register, the region and the recipients are, and changes when they change', async () => {
  const { page } = await open('/privacy/other')
  const shown = (name: string) => page.locator(`article#${name}`).innerText()
  expect(await page.locator('main').innerText()).toContain('test-region')
  expect(await shown('gifts')).toContain('phone number')
  expect(await shown('gifts')).toContain('Nobody')
  await publishChanged(
    world,
    purposes =>
      withoutField('payer.phone')(
        changing('gifts', gifts => ({
          ...gifts,
          basis: 'legitimate_interest',
          recipients: [{ name: 'Parcel House', does: { en: 'carries it', ja: '配送', mn: 'хүргэнэ' } }],
        }))(purposes),
      ).filter(({ name }) => name !== 'surveys'),
    'other',
  )
  await publishChanged(
    world,
    changing('keep_service_running', one => ({
      ...one,
      retention: one.retention.map(kept => (kept.record === 'tokenize_failures' ? { ...kept, days: 7 } : kept)),
    })),
    'other',
  )
  await page.reload()
  expect(await shown('gifts')).toContain('Parcel House')
  expect(await shown('gifts')).not.toContain('phone number')
  expect(await page.locator('section.basis', { hasText: 'legitimate interest' }).innerText()).toContain('Gifts')
  expect(await page.locator('article#surveys').count()).toBe(0)
  expect(await page.getByRole('row', { name: /failed attempts/i }).innerText()).toContain('7 days')
  expect(await page.locator('main').innerText()).toContain('version 3, in force since')
  await page.context().close()
})
