// Mails: put into the outbox with the change that wants them, sent over TLS, tried again, and given a final state.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { LANGUAGES } from '../../src/domain/languages.ts'
import { type MailRequest, queueMail } from '../../src/domain/mail/queue-mail.ts'
import { sendDueMails } from '../../src/domain/mail/send-due-mails.ts'
import { MAIL_TEMPLATES, type MailTemplate, renderMail } from '../../src/domain/mail/templates.ts'
import { recordObjection } from '../../src/domain/privacy/record-objection.ts'
import type { Purpose } from '../../src/domain/privacy/register.ts'
import { operatorContext } from '../../src/domain/tenants/operator-context.ts'
import { asSuperuser, databaseTexts, tablesHolding } from '../support/database-contents.ts'
import { changing, publishChanged } from '../support/registers.ts'
import { startWorld, type World } from '../support/world.ts'

let world: World
let refusal: { code: number; text: string } | null = null

beforeAll(async () => {
  world = await startWorld({ webhooks: false, refuseMail: () => refusal })
})
beforeEach(() => {
  refusal = null
})
afterAll(() => world?.close())

const code = (address: string): MailRequest<'identity_code'> => ({
  template: 'identity_code',
  locale: 'en',
  to: { address },
  data: { merchant: 'Demo', request: 'preq_x', code: 'XCODECANARY', minutes: '15', link: 'https://localhost/rights/x' },
})

const queue = async <Template extends MailTemplate>(request: MailRequest<Template>): Promise<string | null> => {
  const ctx = operatorContext(world.dependencies, 'demo', 'test')
  return ctx.db.transaction('demo', tx => queueMail(tx, ctx, request))
}

const rowOf = async (id: string | null) => {
  const [row] = await asSuperuser(world.database, sql => sql`select * from mail_outbox where id = ${id}`)
  return row as Record<string, unknown>
}

const caught = (address: string) => world.mails().filter(mail => mail.to.includes(address))

it('a mail to an address arrives once, whole, and what it said is not kept', async () => {
  const address = `${randomUUID()}@example.com`
  const id = await queue(code(address))
  const texts = await databaseTexts(world.database)
  for (const needle of [address, 'XCODECANARY']) expect(tablesHolding(texts, needle)).toEqual([])
  await world.work()
  await world.work()
  const [mail, ...more] = caught(address)
  expect(more).toEqual([])
  expect(mail).toMatchObject({ from: 'no-reply@panless.test', subject: 'Demo: your code' })
  expect(mail?.message_id).toBe(`<${id}@localhost>`)
  expect(mail?.headers).toMatchObject({ 'auto-submitted': 'auto-generated', 'content-language': 'en' })
  expect(mail?.text).toContain('XCODECANARY')
  expect(mail?.html).toContain('<a href="https://localhost/rights/x">')
  expect(await rowOf(id)).toMatchObject({ status: 'sent', data_sealed: null, attempts: 1, error_code: null })
  const audit = await world.as('admin').get('/v1/audit-log?action=mail.sent')
  expect(audit.json.data[0]).toMatchObject({ subject: { type: 'mail', id }, details: { template: 'identity_code' } })
  expect(world.logs.join('')).not.toContain(address)
})

it('a payer is written to at the address on file, in the language asked for, with whatever the values hold escaped', async () => {
  const email = `${randomUUID()}@example.com`
  const payer = await world.as('checkout').post('/v1/payers', { short_name: 'Bat', email, locale: 'mn' })
  await queue({
    template: 'request_refused',
    locale: 'mn',
    to: { payerId: payer.json.id },
    data: { merchant: 'Demo\r\nBcc: all@example.com', request: 'preq_x', reason: '<script>alert(1)</script>' },
  })
  await world.work()
  const [mail] = caught(email)
  expect(mail?.subject).toBe('Demo Bcc: all@example.com: таны хүсэлтийн тухай')
  expect(mail?.to).toEqual([email])
  expect(mail?.html).toContain('&lt;script&gt;')
  expect(mail?.html).toContain('lang="mn"')
})

it('a payer without an address gets none, and the caller is told', async () => {
  const payer = await world.as('checkout').post('/v1/payers', { short_name: 'Bold' })
  const to = { payerId: payer.json.id }
  expect(await queue({ template: 'contact_changed', locale: null, to, data: { merchant: 'Demo' } })).toBeNull()
})

it('a change that is rolled back sends nothing', async () => {
  const address = `${randomUUID()}@example.com`
  const ctx = operatorContext(world.dependencies, 'demo', 'test')
  const change = ctx.db.transaction('demo', async tx => {
    await queueMail(tx, ctx, code(address))
    throw new Error('undone')
  })
  await expect(change).rejects.toThrow('undone')
  await world.work()
  expect(caught(address)).toEqual([])
})

describe('a server that does not take a mail', () => {
  it('for now is asked again later, under the same Message-ID', async () => {
    const address = `${randomUUID()}@example.com`
    const id = await queue(code(address))
    refusal = { code: 451, text: 'Try later.' }
    await world.work()
    expect(await rowOf(id)).toMatchObject({ status: 'queued', attempts: 1, error_code: 'smtp_451' })
    refusal = null
    await world.work()
    expect(caught(address)).toEqual([])
    await world.advance(61)
    await world.work()
    expect(caught(address)).toHaveLength(1)
    expect(await rowOf(id)).toMatchObject({ status: 'sent', attempts: 2 })
  })

  it('for good is not asked again', async () => {
    const id = await queue(code(`${randomUUID()}@example.com`))
    refusal = { code: 550, text: 'No such mailbox.' }
    await world.work()
    expect(await rowOf(id)).toMatchObject({ status: 'failed', error_code: 'smtp_550', data_sealed: null })
    const audit = await world.as('admin').get('/v1/audit-log?action=mail.failed')
    expect(audit.json.data[0]).toMatchObject({
      subject: { type: 'mail', id },
      outcome: 'failed',
      details: { code: 'smtp_550' },
    })
  })

  it('ever is given up on after the ninth try', async () => {
    const id = await queue(code(`${randomUUID()}@example.com`))
    refusal = { code: 421, text: 'Busy.' }
    for (let tries = 1; tries <= 9; tries++) {
      await sendDueMails(world.dependencies, 'demo')
      await world.advance(1_441 * 60)
    }
    expect(await rowOf(id)).toMatchObject({ status: 'failed', attempts: 9, error_code: 'smtp_421' })
  }, 120_000)
})

it('a mail that does not open waits for its next try, and holds up no other', async () => {
  const [damaged, address] = [await queue(code(`${randomUUID()}@example.com`)), `${randomUUID()}@example.com`]
  await asSuperuser(
    world.database,
    sql => sql`
      update mail_outbox set data_sealed = set_byte(data_sealed, 40, get_byte(data_sealed, 40) # 1) where id = ${damaged}`,
  )
  await queue(code(address))
  await world.work()
  expect(caught(address)).toHaveLength(1)
  expect(await rowOf(damaged)).toMatchObject({ status: 'queued', attempts: 1, error_code: 'internal_error' })
})

it('a mail that is of no use any more is not sent', async () => {
  const address = `${randomUUID()}@example.com`
  const id = await queue({ ...code(address), expiresAt: world.dependencies.clock.now() })
  await world.work()
  expect(caught(address)).toEqual([])
  expect(await rowOf(id)).toMatchObject({ status: 'expired', error_code: 'too_late' })
})

it('a mail to a payer who has objected since is not sent', async () => {
  const interest = (purpose: Purpose): Purpose => ({ ...purpose, basis: 'legitimate_interest' })
  await publishChanged(world, changing('answer_messages', interest))
  const queued = async () => {
    const email = `${randomUUID()}@example.com`
    const payer = (await world.as('checkout').post('/v1/payers', { short_name: 'Bold', email })).json.id
    const to = { payerId: payer }
    const data = { merchant: 'Demo', inquiry: 'inq_x', message: 'Here it is.' }
    return {
      payer,
      email,
      id: await queue({ template: 'inquiry_answered', locale: null, to, data }),
    }
  }
  const [objects, agrees] = [await queued(), await queued()]
  const ctx = operatorContext(world.dependencies, 'demo', 'test')
  await ctx.db.transaction('demo', tx => recordObjection(tx, ctx, objects.payer, 'answer_messages', 'staff'))
  await world.work()
  expect(caught(objects.email)).toEqual([])
  expect(caught(agrees.email)).toHaveLength(1)
  expect(await rowOf(objects.id)).toMatchObject({
    status: 'expired',
    error_code: 'purpose_not_allowed',
    data_sealed: null,
  })
})

it('whom a mail went to is forgotten after a year', async () => {
  const id = await queue(code(`${randomUUID()}@example.com`))
  await world.work()
  await world.advance(366 * 86_400)
  await world.work()
  await world.work()
  expect(await rowOf(id)).toMatchObject({ status: 'sent', recipient_sealed: null, wrapped_key: null })
})

describe('the texts', () => {
  const names = Object.keys(MAIL_TEMPLATES) as MailTemplate[]

  it.each(LANGUAGES)('in %s use the values that their mail has, and no other', language => {
    for (const name of names) {
      const values = Object.fromEntries(MAIL_TEMPLATES[name].data.map(value => [value, `<${value}>`]))
      const { subject, text } = renderMail(name, language, values)
      expect(`${subject} ${text}`, name).not.toMatch(/\{\w+\}/)
      for (const value of MAIL_TEMPLATES[name].data) expect(`${subject} ${text}`, name).toContain(`<${value}>`)
    }
  })
})
