// Somebody at the contact page, on a phone and at a desk, in three languages, by day and by night, without any script.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { DESKTOP, launchBrowser, PHONE, type TestBrowser } from '../support/browser.ts'
import { findings, type Look, overhang, shot, visit } from '../support/page-visit.ts'
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

const open = (path: string, look: Look) => visit(browser, `${world.url}${path}`, look)

const WORDS = {
  en: {
    heading: 'Write to demo',
    kind: 'A complaint',
    send: 'Send the message',
    thanks: /Thank you/,
    error: /not sent yet/,
  },
  ja: {
    heading: 'demo へのお問い合わせ',
    kind: '苦情',
    send: 'メッセージを送信する',
    thanks: /受け付けました/,
    error: /まだ送信されていません/,
  },
  mn: { heading: 'demo-д бичих', kind: 'Гомдол', send: 'Мессеж илгээх', thanks: /хүлээн авлаа/, error: /илгээгдээгүй/ },
} as const

const LOOKS = [
  ['phone', PHONE, false],
  ['phone-dark', PHONE, true],
  ['desk', DESKTOP, false],
  ['desk-dark', DESKTOP, true],
] as const

for (const language of ['en', 'ja', 'mn'] as const) {
  for (const [look, viewport, dark] of LOOKS) {
    it(`a message is written, put right and sent: ${language}, ${look}`, async () => {
      const words = WORDS[language]
      const { page, complaints } = await open(`/contact?lang=${language}`, { viewport, dark })
      await page.getByRole('heading', { level: 1, name: words.heading }).waitFor()
      expect(await page.evaluate('document.documentElement.lang')).toBe(language)
      expect(await findings(page)).toEqual([])
      expect(await overhang(page)).toBe(0)
      await shot(page, `contact-${language}-${look}-1-open`)
      await world.advance(60)

      const message = `Hello ${randomUUID()}`
      await page.locator('#message').fill(message)
      await page.locator('#email').fill('nowhere')
      await page.getByRole('button', { name: words.send }).click()
      await page.getByRole('alert').filter({ hasText: words.error }).waitFor()
      // What has autofocus gets it when the page is next drawn.
      await expect.poll(() => page.evaluate('document.activeElement.className')).toBe('summary')
      expect(await page.locator('#message').inputValue()).toBe(message)
      expect(await findings(page)).toEqual([])
      expect(await overhang(page)).toBe(0)
      await shot(page, `contact-${language}-${look}-2-errors`)

      await page.getByRole('alert').getByRole('link').last().click()
      expect(await page.evaluate('document.activeElement.id')).toBe('email')
      await page.getByLabel(words.kind).check()
      await page.locator('#email').fill('person@mail.example')
      await page.getByRole('button', { name: words.send }).click()
      await page.getByRole('heading', { level: 1, name: words.thanks }).waitFor()
      expect(await findings(page)).toEqual([])
      await shot(page, `contact-${language}-${look}-3-thanks`)
      expect(complaints).toEqual([])
      await page.context().close()
    })
  }
}

it('the languages are one press away, and the keyboard alone is enough', async () => {
  const { page } = await open('/contact', { viewport: DESKTOP })
  await page.getByRole('link', { name: '日本語' }).click()
  await page.getByRole('heading', { level: 1, name: WORDS.ja.heading }).waitFor()
  await page.getByRole('link', { name: 'English' }).click()
  await world.advance(60)
  const order: string[] = []
  for (let press = 0; press < 9; press++) {
    await page.keyboard.press('Tab')
    order.push(String(await page.evaluate('document.activeElement.id || document.activeElement.textContent')))
  }
  expect(order.slice(0, 8)).toEqual([
    'English',
    '日本語',
    'Монгол',
    'kind-question',
    'message',
    'email',
    'name',
    WORDS.en.send,
  ])
  await page.locator('#kind-question').focus()
  await page.keyboard.press('ArrowDown')
  expect(await page.locator('#kind-wish').isChecked()).toBe(true)
  await page.context().close()
})

it('a card number is not taken, and everything else that was typed stays', async () => {
  const { page } = await open('/contact', { viewport: PHONE })
  await world.advance(60)
  await page.getByLabel('A question').check()
  await page.locator('#message').fill('Please charge 4242 4242 4242 4242 once more.')
  await page.locator('#email').fill('person@mail.example')
  await page.getByRole('button', { name: WORDS.en.send }).click()
  await page.getByRole('alert').filter({ hasText: 'looks like a card number' }).waitFor()
  expect(await page.content()).not.toContain('4242')
  expect(await page.locator('#message').inputValue()).toBe('Please charge … once more.')
  expect(await page.locator('#email').inputValue()).toBe('person@mail.example')
  expect(await page.getByLabel('A question').isChecked()).toBe(true)
  expect(await page.locator('#message').getAttribute('aria-invalid')).toBe('true')
  expect(await findings(page)).toEqual([])
  await shot(page, 'contact-card-number')
  await page.context().close()
})

it('an address that is nobody’s says so on a page of its own', async () => {
  const { page } = await open('/contact/nobody?lang=mn', { viewport: PHONE })
  await page.getByRole('heading', { name: 'Ийм хуудас алга.' }).waitFor()
  expect(await findings(page)).toEqual([])
  await shot(page, 'contact-missing')
  await page.context().close()
})
