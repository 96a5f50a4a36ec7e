// A real browser for tests: Chromium from an npm package, headless, that trusts the embedded authority's certificates.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import chromium from '@sparticuz/chromium'
import { type BrowserContext, chromium as playwright } from 'playwright-core'

export type Viewport = { width: number; height: number }

export const DESKTOP: Viewport = { width: 1280, height: 900 }
export const PHONE: Viewport = { width: 360, height: 740 }

export type TestBrowser = { open(viewport: Viewport, dark?: boolean): Promise<BrowserContext>; close(): Promise<void> }

// Not the package's own flags: they switch off the same-origin policy, which is part of what is tried.
const FLAGS = [
  '--no-sandbox',
  '--no-zygote',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--disable-quic',
]

export async function launchBrowser(): Promise<TestBrowser> {
  const folder = await mkdtemp(join(tmpdir(), 'panless-browser-'))
  const browser = await playwright.launch({
    executablePath: await chromium.executablePath(),
    args: FLAGS,
    headless: true,
    env: { HOME: folder, TMPDIR: folder },
  })
  return {
    open: (viewport, dark = false) =>
      browser.newContext({ viewport, ignoreHTTPSErrors: true, colorScheme: dark ? 'dark' : 'light' }),
    async close() {
      await browser.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
