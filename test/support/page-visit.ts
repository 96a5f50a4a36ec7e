// A visit to a page in a real browser, and what each page is held to: no complaint, no finding of axe, nothing over the edge.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { BrowserContext, Page } from 'playwright-core'
import { DESKTOP, type TestBrowser, type Viewport } from './browser.ts'

/** In its short form, since every page gets it. */
const AXE = readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8')
const SCREENSHOTS = process.env.PANLESS_SCREENSHOTS
/** The browser itself complains about answers that are refusals. */
const REFUSED = /Failed to load resource: the server responded with a status of 4\d\d/

export type Look = { viewport?: Viewport; dark?: boolean /** What Accept-Language says. */; locale?: string }

export type Visit = {
  page: Page
  context: BrowserContext
  /** What the browser complained of, refusals aside. */
  complaints: string[]
}

export async function openPage(browser: TestBrowser, look: Look = {}): Promise<Visit> {
  const { viewport = DESKTOP, dark = false, locale = 'en-US' } = look
  const context = await browser.open(viewport, dark)
  await context.setExtraHTTPHeaders({ 'accept-language': locale })
  // A page's policy rightly blocks an injected script: the tool comes by the debugger.
  await context.addInitScript({ content: AXE })
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', message => {
    if (message.type() === 'error' && !REFUSED.test(message.text())) complaints.push(message.text())
  })
  page.on('pageerror', error => complaints.push(error.message))
  return { page, context, complaints }
}

export async function visit(browser: TestBrowser, url: string, look: Look = {}): Promise<Visit> {
  const opened = await openPage(browser, look)
  await opened.page.goto(url)
  return opened
}

/** With the rule that axe leaves off unless it is asked: targets of 24 pixels (WCAG 2.2, 2.5.8). */
const RUN_AXE = "axe.run({ resultTypes: ['violations'], rules: { 'target-size': { enabled: true } } })"

/** What axe finds, with the place of each. */
export async function findings(page: Page): Promise<string[]> {
  const { violations } = (await page.evaluate(RUN_AXE)) as {
    violations: { id: string; nodes: { html: string; failureSummary: string }[] }[]
  }
  return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html} ${nodes[0]?.failureSummary}`)
}

/** Pixels that the page is wider than its window. */
export const overhang = (page: Page): Promise<number> =>
  page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')

/** A picture for people to look at, where PANLESS_SCREENSHOTS names a folder. */
export async function shot(page: Page, name: string): Promise<void> {
  if (SCREENSHOTS) await page.screenshot({ path: `${SCREENSHOTS}/${name}.png`, fullPage: true })
}
