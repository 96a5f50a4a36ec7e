// A person at the console in a real browser: signed in once, and every page looked at in each language, width and scheme.
import axe from 'axe-core'
import type { BrowserContext, Page } from 'playwright-core'
import { expect } from 'vitest'
import { DESKTOP, PHONE, type TestBrowser } from './browser.ts'
import type { World } from './world.ts'

const SCREENSHOTS = process.env.PANLESS_SCREENSHOTS
/** English last: what a test does next, it does in English. */
const LANGUAGES = ['ja', 'mn', 'en'] as const
/** The browser itself complains about answers that are refusals. */
const REFUSED = /Failed to load resource: the server responded with a status of 4\d\d/

export type ConsolePage = { page: Page; context: BrowserContext; complaints: string[] }

export async function signInAt(
  browser: TestBrowser,
  world: World,
  person: string,
  path = '/console',
): Promise<ConsolePage> {
  const context = await browser.open(DESKTOP)
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', message => {
    if (message.type() === 'error' && !REFUSED.test(message.text())) complaints.push(message.text())
  })
  page.on('pageerror', error => complaints.push(error.message))
  await page.goto(`${world.url}${path}`)
  await page.locator('a.button.main').click()
  await page.locator(`button[value="${person}"]`).click()
  await page.waitForURL(url => url.href.startsWith(world.url))
  return { page, context, complaints }
}

/** Looks at a page in three languages, at two widths, light and dark; axe finds nothing, nothing hangs over the edge. */
export async function lookAt({ page, context }: ConsolePage, path: string, name: string): Promise<void> {
  const { origin } = new URL(page.url())
  for (const language of LANGUAGES) {
    const cookie = { name: '__Host-panless-view', value: `${language}.auto`, url: origin, secure: true }
    await context.addCookies([cookie])
    const answer = await page.goto(`${origin}${path}`)
    expect(answer?.status(), `${path} in ${language}`).toBe(200)
    await lookAtThis(page, `${name}-${language}`, language)
  }
}

/** The same for what stands on the page now, such as the answer to a form; each width in another scheme by language. */
export async function lookAtThis(page: Page, name: string, language = 'en'): Promise<void> {
  expect(await page.evaluate('document.documentElement.lang'), name).toBe(language)
  await page.evaluate(`window.axe || (() => { ${axe.source} })()`)
  const even = language !== 'ja'
  for (const [viewport, colorScheme] of [
    [DESKTOP, even ? 'light' : 'dark'],
    [PHONE, even ? 'dark' : 'light'],
  ] as const) {
    await page.setViewportSize(viewport)
    await page.emulateMedia({ colorScheme })
    const at = `${name}-${viewport.width}-${colorScheme}`
    if (SCREENSHOTS) await page.screenshot({ path: `${SCREENSHOTS}/${at}.png`, fullPage: true })
    expect(await findings(page), at).toEqual([])
    const overhang = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')
    expect(overhang, `${name} at ${viewport.width} px`).toBe(0)
  }
  await page.setViewportSize(DESKTOP)
  await page.emulateMedia({ colorScheme: 'light' })
}

async function findings(page: Page): Promise<string[]> {
  const { violations } = (await page.evaluate("axe.run({ resultTypes: ['violations'] })")) as {
    violations: { id: string; nodes: { html: string; failureSummary: string }[] }[]
  }
  return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html} ${nodes[0]?.failureSummary}`)
}
