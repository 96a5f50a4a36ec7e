// The contact page as a browser without scripts sends it, and as machines do.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ApiAnswer } from '../support/api-client.ts'
import { databaseTexts, tablesHolding } from '../support/database-contents.ts'
import { startWorld, type World } from '../support/world.ts'

let world: World
beforeAll(async () => {
  world = await startWorld({ webhooks: false })
})
afterAll(() => world.close())

const HOUR_SECONDS = 3_600
const CARD = '4242 4242 4242 4242'
const word = () => randomUUID().slice(0, 8)
const stampOf = (answer: ApiAnswer) => /name="stamp" value="([^"]+)"/.exec(answer.text)?.[1] as string
const fieldValue = (answer: ApiAnswer, name: string) =>
  new RegExp(`id="${name}"[^>]*value="([^"]*)"`).exec(answer.text)?.[1]
const messageOf = (answer: ApiAnswer) => /<textarea[^>]*>([\s\S]*?)<\/textarea>/.exec(answer.text)?.[1]

const open = (path = '/contact') => world.withToken(null).get(path)

/** A page that somebody has had open for a minute. */
async function readPage(path = '/contact'): Promise<string> {
  const page = await open(path)
  expect(page.status).toBe(200)
  await world.advance(60)
  return stampOf(page)
}

type Form = Record<string, string>
const filled = (stamp: string, more: Form = {}): Form => ({
  stamp,
  kind: 'question',
  message: `When? ${word()}`,
  email: `${word()}@mail.example`,
  name: '',
  website: '',
  ...more,
})

const send = (
  form: Form,
  { path = '/contact', headers = {} }: { path?: string; headers?: Record<string, string> } = {},
) =>
  world.withToken(null).post(path, undefined, {
    key: null,
    raw: new URLSearchParams(form).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
  })

const kept = async (tenant: 'demo' | 'other' = 'demo') =>
  (await world.as('privacy', tenant).get('/v1/inquiries?limit=100')).json.data as Record<string, unknown>[]

describe('the page', () => {
  test('is served under a policy that lets no script run, in the language asked for', async () => {
    const page = await open('/contact?lang=mn')
    expect(page.headers['content-security-policy']).toBe(
      "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    )
    expect(page.headers).toMatchObject({ 'cache-control': 'no-store', 'referrer-policy': 'same-origin' })
    expect(page.text).toContain('<html lang="mn">')
    expect(page.text).not.toMatch(/<script|style=|onclick/)
    expect(page.text.length).toBeLessThan(50_000)
    const japanese = await world.withToken(null).get('/contact', { headers: { 'accept-language': 'ja-JP,en;q=0.5' } })
    expect(japanese.text).toContain('<html lang="ja">')
    expect((await open('/contact?lang=xx')).text).toContain('<html lang="en">')
  })

  test('is there for each tenant and for no other name', async () => {
    expect((await open('/contact/other')).text).toContain('action="/contact/other?lang=en"')
    for (const path of ['/contact/nobody', '/contact/%3Cb%3E', '/contact/..%2f']) {
      const missing = await open(path)
      expect(missing.status).toBe(404)
      expect(missing.headers['content-type']).toContain('text/html')
      expect(missing.text).toContain('There is no such page.')
      expect(missing.text).not.toMatch(/nobody|<b>/)
    }
  })
})

describe('a form that is sent', () => {
  test('is kept once, acknowledged, and answered by a page of thanks', async () => {
    const form = filled(await readPage('/contact?lang=ja'), {
      kind: 'complaint',
      name: 'Oyuna',
      message: 'Line one\r\nLine two',
    })
    const thanks = await send(form, { path: '/contact?lang=ja' })
    expect(thanks.status, thanks.text).toBe(200)
    expect(thanks.text).toContain('メッセージを受け付けました')
    // The button pressed twice, or the page loaded again.
    const again = await Promise.all([send(form), send(form), send(form)])
    for (const { status, text } of again) expect([status, /Thank you/.test(text)]).toEqual([200, true])
    const [row, ...more] = await kept()
    expect(more).toEqual([])
    expect(row).toMatchObject({ kind: 'complaint', source: 'page', language: 'ja', has_contact: ['email', 'name'] })
    const read = await world.as('privacy').get(`/v1/inquiries/${row?.id}`)
    expect(read.json.messages[0]).toMatchObject({ author: 'person', text: 'Line one\nLine two' })
    await world.work()
    expect(world.mails().filter(mail => mail.to.includes(form.email as string))).toHaveLength(1)
    const log = await world.as('privacy').get(`/v1/audit-log?object=${row?.id}&action=inquiry.submit`)
    expect(log.json.data[0].actor).toEqual({ kind: 'person', id: 'contact-page' })
  })

  test('goes to the tenant whose page it is, and its stamp is good for no other', async () => {
    const stamp = await readPage('/contact/other')
    const elsewhere = await send(filled(stamp))
    expect(elsewhere.status).toBe(422)
    const before = (await kept('other')).length
    expect((await send(filled(stamp), { path: '/contact/other' })).status).toBe(200)
    expect((await kept('other')).length).toBe(before + 1)
  })

  test('with mistakes comes back with each of them beside its field and at the top, and nothing typed is lost', async () => {
    const stamp = await readPage()
    const message = `Tag <b>"bold"</b> ${word()}`
    const back = await send({ stamp, message, email: 'no address', name: 'O"Neill <i>', website: '' })
    expect(back.status).toBe(422)
    expect(back.text).toContain('The message is not sent yet')
    expect(back.text).toContain('<title>Not sent yet: Write to demo</title>')
    for (const field of ['kind', 'email']) {
      expect(back.text).toContain(`href="#${field}"`)
      expect(back.text).toContain(`id="${field}-error"`)
    }
    expect(back.text).not.toContain('id="message-error"')
    expect(messageOf(back)).toBe(message.replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;'))
    expect(fieldValue(back, 'email')).toBe('no address')
    expect(fieldValue(back, 'name')).toBe('O&quot;Neill &lt;i&gt;')
    expect(stampOf(back)).toBe(stamp)
    const long = await send(filled(stamp, { message: 'x'.repeat(5_001) }))
    expect(long.text).toContain('Shorten your message')
    expect(messageOf(long)).toHaveLength(5_001)
    expect((await send(filled(stamp))).status).toBe(200)
  })

  test('with a card number is refused kindly, the number is shown to nobody and kept nowhere', async () => {
    const stamp = await readPage()
    const email = `${word()}@mail.example`
    for (const [form, field] of [
      [{ message: `Please charge ${CARD} again` }, 'message'],
      [{ message: 'Please charge ４２４２４２４２４２４２４２４２' }, 'message'],
      [{ message: 'a', name: CARD.replaceAll(' ', '-') }, 'name'],
      [{ message: Buffer.from(CARD.replaceAll(' ', '')).toString('base64') }, 'message'],
    ] as [Form, string][]) {
      const back = await send(filled(stamp, { email, ...form }))
      expect(back.status, JSON.stringify(form)).toBe(422)
      expect(back.headers['content-type']).toContain('text/html')
      expect(back.text).toContain('This looks like a card number')
      expect(back.text).toContain(`id="${field}-error"`)
      expect(back.text).not.toMatch(/4242|４２４２|NDI0Mj/)
      expect(fieldValue(back, 'email')).toBe(email)
    }
    const around = await send(filled(stamp, { message: `Please charge ${CARD} again` }))
    expect(messageOf(around)).toBe('Please charge … again')
    const forbidden = await send({ ...filled(stamp, { email }), cvc: '123' })
    expect(forbidden.status).toBe(422)
    expect(forbidden.text).toContain('This looks like a card number')
    expect((await open(`/contact?lang=en&x=${CARD.replaceAll(' ', '')}`)).status).toBe(422)
    const texts = await databaseTexts(world.database)
    for (const needle of [email, '4242 4242', '4242424242424242']) expect(tablesHolding(texts, needle)).toEqual([])
    expect(world.logs.join('')).not.toMatch(/4242 ?4242/)
  })
})

describe('what a machine sends', () => {
  const tries = async (form: Form) => {
    const before = (await kept()).length
    const answer = await send(form)
    return { answer, added: (await kept()).length - before }
  }

  test('in a field that nobody sees is thanked for and thrown away', async () => {
    const { answer, added } = await tries(filled(await readPage(), { website: 'https://spam.example' }))
    expect([answer.status, added]).toEqual([200, 0])
    expect(answer.text).toContain('Thank you')
  })

  test('sooner than a person can write, with a stamp of its own, an old one or none, is asked once more', async () => {
    const hasty = await open()
    const soon = await tries(filled(stampOf(hasty)))
    expect([soon.answer.status, soon.added]).toEqual([422, 0])
    expect(soon.answer.text).toContain('That was very quick')
    const old = await readPage()
    const forged = `${old.slice(0, -1)}${old.endsWith('A') ? 'E' : 'A'}`
    for (const stamp of ['', 'x', forged, old.replace(/^\d+/, '9')]) {
      const { answer, added } = await tries(filled(stamp))
      expect([answer.status, added], stamp).toEqual([422, 0])
      expect(stampOf(answer)).not.toBe(stamp)
    }
    await world.advance(25 * HOUR_SECONDS)
    const stale = await tries(filled(old))
    expect([stale.answer.status, stale.added]).toEqual([422, 0])
    expect(stale.answer.text).toContain('open for too long')
    // The page that came back is a fresh one.
    await world.advance(60)
    expect((await send(filled(stampOf(stale.answer)))).status).toBe(200)
  })

  test('from another site is refused', async () => {
    const stamp = await readPage()
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site', origin: world.url },
    ] as Record<string, string>[]) {
      const answer = await send(filled(stamp), { headers })
      expect(answer.status, JSON.stringify(headers)).toBe(403)
      expect(answer.headers['content-type']).toContain('text/html')
    }
    const own = await send(filled(stamp), { headers: { origin: world.url, 'sec-fetch-site': 'same-origin' } })
    expect(own.status).toBe(200)
  })

  test('in another form than a form is no form', async () => {
    const json = await world.withToken(null).post('/contact', filled(await readPage()), { key: null })
    expect(json.status).toBe(415)
    expect(json.headers['content-type']).toContain('text/html')
    const huge = await send({ message: 'x'.repeat(70_000) })
    expect(huge.status).toBe(413)
    const unread = await world.withToken(null).post('/contact', undefined, {
      key: null,
      raw: Buffer.from([0x6d, 0x3d, 0xff, 0xfe]),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    })
    expect(unread.status).toBe(400)
  })
})

test('too many messages of one address within an hour are refused, and what was typed stays', async () => {
  const flooded = await startWorld({ webhooks: false })
  try {
    const nobody = flooded.withToken(null)
    const stamps = await Promise.all(Array.from({ length: 18 }, async () => stampOf(await nobody.get('/contact'))))
    await flooded.advance(60)
    const post = (stamp: string) =>
      nobody.post('/contact', undefined, {
        key: null,
        raw: new URLSearchParams(filled(stamp, { message: 'typed text' })).toString(),
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      })
    const taken = await Promise.all(stamps.slice(0, 15).map(post))
    expect(taken.map(({ status }) => status)).toEqual(taken.map(() => 200))
    const refused = await Promise.all(stamps.slice(15).map(post))
    expect(refused.map(({ status }) => status)).toEqual([429, 429, 429])
    for (const answer of refused) {
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0)
      expect(messageOf(answer)).toBe('typed text')
    }
    // Beyond the count in the database, a process counts what it is sent at all.
    const more = await Promise.all(
      Array.from({ length: 16 }, () =>
        nobody.post('/contact', undefined, {
          key: null,
          raw: 'a=b',
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
        }),
      ),
    )
    expect(more.map(({ status }) => status)).toContain(429)
    expect((await flooded.as('privacy').get('/v1/inquiries?limit=100')).json.data).toHaveLength(15)
  } finally {
    await flooded.close()
  }
})
