// A person at the console in a real browser: signed in once, and every page looked at in each language, width and scheme.
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { DESKTOP, PHONE, type TestBrowser } from './browser.ts'
import { findings, overhang, shot, type Visit, visit } from './page-visit.ts'
import type { World } from './world.ts'

/** English last: what a test does next, it does in English. */
const LANGUAGES = ['ja', 'mn', 'en'] as const
export async function signInAt(browser: TestBrowser, world: World, person: string, path = '/console'): Promise<Visit> {
  const visited = await visit(browser, `${world.url}${path}`)
  const { page } = visited
  await page.locator('a.button.main').click()
  await page.locator(`button[value="${person}"]`).click()
  await page.waitForURL(url => url.href.startsWith(world.url))
  return visited
}

/** Looks at a page in three languages, at two widths, light and dark; axe finds nothing, nothing hangs over the edge. */
export async function lookAt({ page, context }: Visit, path: string, name: string): Promise<void> {
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
  const even = language !== 'ja'
  for (const [viewport, colorScheme] of [
    [DESKTOP, even ? 'light' : 'dark'],
    [PHONE, even ? 'dark' : 'light'],
  ] as const) {
    await page.setViewportSize(viewport)
    await page.emulateMedia({ colorScheme })
    const at = `${name}-${viewport.width}-${colorScheme}`
    await shot(page, at)
    expect(await findings(page), at).toEqual([])
    expect(await overhang(page), `${name} at ${viewport.width} px`).toBe(0)
  }
  await page.setViewportSize(DESKTOP)
  await page.emulateMedia({ colorScheme: 'light' })
}

/** Once, on a phone in Mongolian, whose words are the longest: for a page that is seldom opened. */
export async function glanceAt({ page, context }: Visit, path: string): Promise<void> {
  const { origin } = new URL(page.url())
  await context.addCookies([{ name: '__Host-panless-view', value: 'mn.auto', url: origin, secure: true }])
  await page.setViewportSize(PHONE)
  const answer = await page.goto(`${origin}${path}`)
  expect(answer?.status(), path).toBe(200)
  await shot(page, `glance${path.replaceAll('/', '-')}`)
  expect(await findings(page), path).toEqual([])
  expect(await overhang(page), path).toBe(0)
}
