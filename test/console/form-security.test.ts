// What a form and an address at the console are worth, and what every page of it may load.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ConsoleClient, consoleClient } from '../support/console-client.ts'
import { startWorld, type World } from '../support/world.ts'

const SESSION = '__Host-panless-session'

let world: World
const clients: ConsoleClient[] = []
beforeAll(async () => {
  world = await startWorld({ webhooks: false, console: true })
})
afterAll(async () => {
  for (const client of clients) client.close()
  await world?.close()
})

function browser(): ConsoleClient {
  const client = consoleClient(world)
  clients.push(client)
  return client
}

async function signedIn(): Promise<ConsoleClient> {
  const client = browser()
  const page = await client.signIn('privacy')
  expect(page.status, page.text).toBe(200)
  return client
}

const isSignedIn = async (client: ConsoleClient) => (await client.get('/console')).status === 200

describe('a form', () => {
  test('without the token of its session changes nothing', async () => {
    const client = await signedIn()
    const neighbour = await signedIn()
    const theirs = await neighbour.formOf('/console')
    for (const csrf of ['', 'x', theirs.csrf]) {
      const answer = await client.post('/console/sign-out', { csrf })
      expect(answer.status, csrf).toBe(403)
    }
    expect((await client.post('/console/sign-out')).status).toBe(403)
    expect(await isSignedIn(client)).toBe(true)
  })

  test('from another site changes nothing, whatever it carries', async () => {
    const client = await signedIn()
    const { csrf } = await client.formOf('/console')
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: world.issuer.url },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ] as Record<string, string>[]) {
      expect((await client.post('/console/sign-out', { csrf }, headers)).status, JSON.stringify(headers)).toBe(403)
    }
    expect(await isSignedIn(client)).toBe(true)
    expect((await client.post('/console/sign-out', { csrf }, { 'sec-fetch-site': 'same-origin' })).status).toBe(303)
  })

  test('is no way around the session: without one it leads to sign-in', async () => {
    const answer = await browser().post('/console/sign-out')
    expect(answer.status).toBe(303)
    expect(answer.headers.location).toMatch(/^\/console\/sign-in/)
  })

  test('with a card number is refused by a page that does not repeat it', async () => {
    const client = await signedIn()
    const { csrf } = await client.formOf('/console')
    const answer = await client.post('/console/preferences', { csrf, language: '4242 4242 4242 4242' })
    expect(answer.status).toBe(422)
    expect(answer.headers['content-type']).toMatch(/^text\/html/)
    expect(answer.text).not.toMatch(/4242/)
  })

  test('that cannot be read is refused by a page, with a session and without', async () => {
    const many = Array.from({ length: 201 }, (_, at): [string, string] => [`field-${at}`, 'x'])
    for (const client of [await signedIn(), browser()]) {
      for (const form of [many, Buffer.from([0xff, 0xfe])]) {
        for (const path of ['/console/preferences', '/console/requests/new']) {
          const answer = await client.post(path, form)
          const leads = path !== '/console/preferences' && client.cookie(SESSION) === undefined
          expect(answer.status, `${path} ${answer.text}`).toBe(leads ? 303 : 400)
          if (!leads) expect(answer.text).toContain('<!doctype html>')
        }
      }
    }
  })

  test('of another type is not taken', async () => {
    const client = await signedIn()
    const answer = await client.post('/console/preferences', { scheme: 'dark' }, { 'content-type': 'application/json' })
    expect(answer.status).toBe(415)
  })
})

test('an address with a card number is refused by a page that does not repeat it', async () => {
  for (const client of [await signedIn(), browser()]) {
    for (const path of ['/console?q=4242424242424242', '/console/payers/4242424242424242']) {
      const { status, text } = await client.get(path)
      expect(status, path).toBe(422)
      expect(text, path).toContain('name="to" value="/console"')
      expect(text, path).not.toMatch(/4242/)
    }
  }
})

describe('every page', () => {
  test('may load nothing but our own stylesheet and script, and stand in no frame', async () => {
    const client = await signedIn()
    for (const path of [
      '/console',
      '/console/account',
      '/console/sign-in',
      '/console/nothing-here',
      '/console/signed-out',
    ]) {
      const { headers, text } = await client.get(path)
      const policy = headers['content-security-policy'] ?? ''
      expect(policy, path).toContain("default-src 'none'")
      expect(policy, path).toContain("script-src 'self';")
      expect(policy, path).toContain("frame-ancestors 'none'")
      expect(policy, path).toContain(`form-action 'self' ${world.issuer.url};`)
      expect(policy, path).not.toMatch(/unsafe|\*|data:|blob:/)
      expect(headers['cache-control'], path).toBe('no-store')
      expect(headers['referrer-policy'], path).toBe('same-origin')
      expect(text, path).not.toMatch(/<script(?![^>]*src=)|\son\w+=|\sstyle=|<style|javascript:/i)
      expect(text.length, path).toBeLessThan(50_000)
    }
  })

  test('is in the language of the browser, or the one that was chosen', async () => {
    const client = await signedIn()
    expect((await client.get('/console', { 'accept-language': 'mn' })).text).toContain('<html lang="mn"')
    const { csrf } = await client.formOf('/console')
    await client.post('/console/preferences', { csrf, language: 'ja', to: '/console' })
    expect((await client.get('/console', { 'accept-language': 'mn' })).text).toContain('<html lang="ja"')
    await client.post('/console/preferences', { csrf, scheme: 'dark' })
    expect((await client.get('/console')).text).toContain('<html lang="ja" data-scheme="dark">')
  })
})
