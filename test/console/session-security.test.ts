// Sessions at the console: how they begin and end, and what their cookies are worth.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createSignIn } from '../../src/outbound/sign-in.ts'
import { type ConsoleClient, consoleClient } from '../support/console-client.ts'
import { asSuperuser } from '../support/database-contents.ts'
import { startWorld, type World } from '../support/world.ts'

const SESSION = '__Host-panless-session'
const SIGN_IN = '__Host-panless-sign-in'

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

async function signedIn(person = 'privacy', tenant = 'demo'): Promise<ConsoleClient> {
  const client = browser()
  const page = await client.signIn(person, tenant)
  expect(page.status, page.text).toBe(200)
  return client
}

const isSignedIn = async (client: ConsoleClient) => (await client.get('/console')).status === 200

describe('signing in', () => {
  test('goes by the code flow with PKCE, state and nonce, and comes back to the page that was asked for', async () => {
    const client = browser()
    const asked = await client.get('/console/audit?action=payer.reveal')
    expect(asked.status).toBe(303)
    expect(asked.headers.location).toMatch(/^\/console\/sign-in\?to=%2Fconsole%2Faudit%3Faction%3Dpayer.reveal/)
    const begun = await client.get('/console/sign-in/begin?to=/console/audit')
    const url = new URL(begun.headers.location as string)
    expect(url.origin).toBe(world.issuer.url)
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      response_type: 'code',
      scope: 'openid',
      code_challenge_method: 'S256',
      redirect_uri: `${world.url}/console/callback`,
      state: expect.stringMatching(/^[\w-]{40,}$/),
      nonce: expect.stringMatching(/^[\w-]{40,}$/),
    })
    expect(begun.headers.location).not.toContain('code_verifier')
    const page = await client.signIn('privacy', 'demo', '/console/account')
    expect(page.url).toBe(`${world.url}/console/account`)
    expect(page.text).toContain('privacy.demo')
  })

  test('sets cookies of this host alone, that no script reads and no other site sends', async () => {
    const client = browser()
    const begun = await client.get('/console/sign-in/begin')
    await client.signIn('finance')
    const callback = begun.cookies
    for (const line of callback) {
      expect(line).toMatch(/^__Host-/)
      for (const rule of ['Secure', 'HttpOnly', 'SameSite=Lax', 'Path=/']) expect(line.split('; ')).toContain(rule)
      expect(line).not.toMatch(/Domain=/i)
    }
    expect(client.cookie(SESSION)).toMatch(/^demo\.[\w-]{43}$/)
    expect(client.cookie(SIGN_IN)).toBeUndefined()
  })

  test('keeps neither the secret nor a name', async () => {
    const client = await signedIn('privacy')
    const secret = client.cookie(SESSION)?.split('.')[1] as string
    const rows = await asSuperuser(world.database, sql => sql`select s::text as row from staff_sessions s`)
    expect(rows.length).toBeGreaterThan(0)
    const all = rows.map(({ row }) => row).join('\n')
    expect(all).not.toContain(secret)
    expect(all).not.toContain('Saran')
    expect(world.logs.join('\n')).not.toContain(secret)
  })

  test('gives a new secret each time, and ends the session that the browser held before', async () => {
    const client = await signedIn()
    const before = client.cookie(SESSION) as string
    await client.signIn('privacy')
    expect(client.cookie(SESSION)).not.toBe(before)
    const thief = browser()
    thief.setCookie(SESSION, before)
    expect(await isSignedIn(thief)).toBe(false)
  })

  test('does not adopt a secret that somebody planted', async () => {
    const planted = `demo.${'A'.repeat(43)}`
    const client = browser()
    client.setCookie(SESSION, planted)
    await client.signIn('privacy')
    expect(client.cookie(SESSION)).not.toBe(planted)
    const attacker = browser()
    attacker.setCookie(SESSION, planted)
    expect(await isSignedIn(attacker)).toBe(false)
  })

  test("refuses a callback that this browser did not begin, and another one's state", async () => {
    const attacker = browser()
    const begun = await attacker.get('/console/sign-in/begin')
    const state = new URL(begun.headers.location as string).searchParams.get('state')
    const victim = browser()
    const issuer = encodeURIComponent(world.issuer.url)
    const bare = await victim.get(`/console/callback?code=x&state=${state}&iss=${issuer}`)
    expect(bare.status).toBe(400)
    await victim.get('/console/sign-in/begin')
    const mixed = await victim.get(`/console/callback?code=x&state=${state}&iss=${issuer}`)
    expect(mixed.status).toBe(400)
    expect(victim.cookie(SESSION)).toBeUndefined()
    expect(mixed.text).not.toContain(state)
  })

  test('refuses what was begun too long ago, forged or sent twice', async () => {
    const client = browser()
    await client.get('/console/sign-in/begin')
    const cookie = client.cookie(SIGN_IN) as string
    client.setCookie(SIGN_IN, `${cookie.slice(0, -4)}AAAA`)
    expect((await client.get('/console/callback?code=x&state=y')).status).toBe(400)
    expect(client.cookie(SIGN_IN)).toBeUndefined()
  })

  test('leads nowhere but into the console', async () => {
    for (const to of [
      'https://evil.example/',
      '//evil.example/console',
      '/\\evil.example',
      '/console/../v1/payers',
      '/console@evil.example',
      '/console\\..\\..',
      'javascript:alert(1)',
      '/consolelation',
      '/console/%0d%0aSet-Cookie:x=y',
      '/v1/payers',
    ]) {
      const client = browser()
      const page = await client.get(`/console/sign-in?${new URLSearchParams({ to })}`)
      expect(page.text, to).not.toContain('evil.example')
      const ended = await client.signIn('auditor', 'demo', to)
      expect(new URL(ended.url).origin, to).toBe(world.url)
      expect(new URL(ended.url).pathname, to).toMatch(/^\/console($|\/)/)
    }
  })
})

describe('a session', () => {
  test('ends after 30 minutes without use, and use prolongs it', async () => {
    const client = await signedIn()
    world.advanceWall(29 * 60)
    expect(await isSignedIn(client)).toBe(true)
    world.advanceWall(29 * 60)
    expect(await isSignedIn(client)).toBe(true)
    world.advanceWall(30 * 60)
    expect(await isSignedIn(client)).toBe(false)
    world.advanceWall(-1)
    expect(await isSignedIn(client)).toBe(true)
  })

  test('ends after 12 hours, however much it is used', async () => {
    const client = await signedIn()
    for (let at = 0; at < 12 * 60 - 20; at += 20) {
      world.advanceWall(20 * 60)
      expect(await isSignedIn(client), `after ${at} minutes`).toBe(true)
    }
    world.advanceWall(20 * 60)
    expect(await isSignedIn(client)).toBe(false)
  })

  test('ends on this device when it is signed out, and the issuer is asked to end its own', async () => {
    const [client, other] = [await signedIn('admin'), await signedIn('admin')]
    const secret = client.cookie(SESSION) as string
    const { csrf } = await client.formOf('/console')
    const out = await client.post('/console/sign-out', { csrf })
    expect(out.status).toBe(303)
    expect(out.headers.location).toMatch(new RegExp(`^${world.issuer.url}/session/end\\?`))
    expect(client.cookie(SESSION)).toBeUndefined()
    client.setCookie(SESSION, secret)
    expect(await isSignedIn(client)).toBe(false)
    expect(await isSignedIn(other)).toBe(true)
  })

  test('ends on every device at once, for this person and nobody else', async () => {
    const [one, two, somebody] = [await signedIn('finance'), await signedIn('finance'), await signedIn('privacy')]
    const { csrf } = await one.formOf('/console/account')
    expect((await one.post('/console/sign-out-everywhere', { csrf })).status).toBe(303)
    expect([await isSignedIn(one), await isSignedIn(two), await isSignedIn(somebody)]).toEqual([false, false, true])
  })

  test('is one of ten of a person; the oldest makes room', async () => {
    const first = await signedIn('privacy-2')
    const rest: ConsoleClient[] = []
    for (let i = 0; i < 10; i++) rest.push(await signedIn('privacy-2'))
    expect(await isSignedIn(first)).toBe(false)
    for (const client of rest) expect(await isSignedIn(client)).toBe(true)
  })

  test('of one tenant is none in another', async () => {
    const client = await signedIn('privacy', 'other')
    const secret = client.cookie(SESSION)?.split('.')[1]
    const elsewhere = browser()
    elsewhere.setCookie(SESSION, `demo.${secret}`)
    expect(await isSignedIn(elsewhere)).toBe(false)
    expect((await client.get('/console/account')).text).toContain('other')
  })

  test('is recorded in the audit log when it begins and ends', async () => {
    const client = await signedIn('auditor')
    const { csrf } = await client.formOf('/console')
    await client.post('/console/sign-out', { csrf })
    const log = await asSuperuser(
      world.database,
      sql =>
        sql`select action, actor_kind from audit_log where actor_id = 'auditor.demo' order by sequence desc limit 2`,
    )
    expect([...log]).toEqual([
      { action: 'staff-session.end', actor_kind: 'staff' },
      { action: 'staff-session.open', actor_kind: 'staff' },
    ])
  })
})

test('signing out may lead to the issuer before anything was read of it', async () => {
  const options = { clientId: 'c', clientSecret: 's', callbackUrl: '', afterEndUrl: '', wallNow: () => new Date() }
  const signIn = createSignIn({ ...options, issuer: 'https://issuer.example/realms/one' })
  expect(signIn.endOrigins()).toEqual(['https://issuer.example'])
})

test('without a client at the issuer the console is off, and says so', async () => {
  const plain = await startWorld({ webhooks: false })
  const client = consoleClient(plain)
  try {
    for (const path of ['/console', '/console/payers', '/console/sign-in']) {
      const answer = await client.get(path)
      expect(answer.status).toBe(404)
      expect(answer.text).toContain('CONSOLE_CLIENT_ID')
    }
  } finally {
    client.close()
    await plain.close()
  }
})
