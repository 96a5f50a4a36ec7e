// What is done at the console, by forms and to its end: rights requests, disclosures, inquiries, verifying the log.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { actionInWords } from '../../src/domain/audit/actions-in-words.ts'
import { sealAll } from '../support/audit-world.ts'
import { type ConsoleClient, consoleClient, type PageAnswer } from '../support/console-client.ts'
import { asSuperuser } from '../support/database-contents.ts'
import { minutesPass, workOff } from '../support/erasing.ts'
import { codeTo, linkTo, type Person, personWithPayment, verified } from '../support/rights.ts'
import { startWorld, type World } from '../support/world.ts'

let world: World
let person: Person
let first: ConsoleClient
let second: ConsoleClient
let auditor: ConsoleClient

beforeAll(async () => {
  world = await startWorld({ webhooks: false, console: true })
  person = await personWithPayment(world)
  ;[first, second, auditor] = [consoleClient(world), consoleClient(world), consoleClient(world)]
  await Promise.all([first.signIn('privacy'), second.signIn('privacy-2'), auditor.signIn('auditor')])
})
afterAll(async () => {
  for (const client of [first, second, auditor]) client?.close()
  await world?.close()
})

/** Opens the page of an action, sends its form, and answers the page that it leads to, or the refusal. */
async function send(client: ConsoleClient, path: string, fields: Record<string, string> = {}): Promise<PageAnswer> {
  const answer = await client.post(path, { ...(await client.formOf(path)), ...fields })
  return answer.status === 303 ? client.get(answer.headers.location as string) : answer
}

const pathOf = ({ url }: PageAnswer) => new URL(url).pathname

test('what was refused before it was an action stands in the audit log as its route', () => {
  expect(actionInWords('mn', 'GET /v1/payers/:id')).toBe('Хүсэлт: GET /v1/payers/:id')
  expect(actionInWords('mn', 'payer.of-another-version')).toBe('payer.of-another-version')
})

describe('a request', () => {
  test('to see the data goes from the phone call to the package and the receipt', async () => {
    const asked = await send(first, '/console/requests/new', {
      kind: 'access',
      payer: person.payer,
      contact: person.email,
    })
    const path = pathOf(asked)
    expect(path).toMatch(/^\/console\/requests\/preq_/)
    expect((await send(first, `${path}/send-code`)).text).toContain('Verifying who asks')
    const code = (await codeTo(world, person.email)) as string
    const evidence = { code, 'evidence.amount': String(person.amount), 'evidence.currency': 'USD' }
    expect((await send(first, `${path}/confirm`, evidence)).text).toContain('Verified, to be decided')
    const granted = await send(first, `${path}/approve`, { reason: 'Code and amount fit' })
    expect(granted.text).toContain(`${path}/package"`)
    const silent = await send(first, `${path}/package`, { format: 'html', reason: '' })
    expect(silent).toMatchObject({ status: 422, text: expect.not.stringContaining(person.email) })
    const reason = 'handed over at the desk'
    const page = await send(first, `${path}/package`, { format: 'html', reason })
    expect(page).toMatchObject({ status: 200, text: expect.stringContaining(person.email) })
    expect(page.headers.refresh).toMatch(new RegExp(`^(300|29\\d); url=${path}$`))
    const form = { ...(await first.formOf(`${path}/package`)), format: 'html', reason }
    const inJapanese = await first.post(`${path}/package`, form, { 'accept-language': 'ja' })
    expect(inJapanese.text).toMatch(/<h2>支払い<\/h2>[\s\S]*<dt>状態<\/dt><dd>完了<\/dd>/)
    expect(inJapanese.text).toContain('<dt>種類</dt><dd>開示</dd>')
    expect(inJapanese.text).toContain('<dt>目的</dt><dd>個人情報に関するご請求</dd>')
    expect(inJapanese.text).toContain('<dd>支払者の ID, 登録カード, 支払い</dd>')
    expect(inJapanese.text).not.toMatch(/<dd>(succeeded|access|staff|rights_request)<|>created at</)
    const file = await send(first, `${path}/package`, { format: 'json', reason })
    expect(file.headers['content-disposition']).toMatch(/^attachment; filename="preq_\w+\.json"$/)
    expect(JSON.parse(file.text)).toMatchObject({ object: 'access_package', payer: person.payer })
    expect((await send(second, `${path}/cancel`, { reason: 'Too late' })).status).toBe(409)
    expect(await receiptOf(path)).toMatchObject({ object: 'privacy_receipt' })
    const { text } = await first.get(`/console/payers/${person.payer}`, { 'accept-language': 'ja' })
    expect(text).toContain('データの一覧: 開始</a>')
    expect(text).not.toContain('rights_request')
  })

  test('to erase waits for a second person, is carried out, and leaves a receipt', async () => {
    const gone = await personWithPayment(world)
    const id = await verified(world, gone, 'erase')
    const path = `/console/requests/${id}`
    const preview = await first.get(`${path}/approve`)
    expect(preview.text).toContain('What an erasure would do')
    const inJapanese = (await first.get(`${path}/approve`, { 'accept-language': 'ja' })).text
    expect(inJapanese).toContain('支払いの記録は、会計・税務の法令が定める期間保管します')
    expect(inJapanese).not.toMatch(/Records of payments|>charge_attempts|>audit_log/)
    const once = await send(first, `${path}/approve`, { reason: 'Passport seen' })
    expect(once.text).toContain('Waits for a second person')
    const again = await send(first, `${path}/approve`, { reason: 'The same person' })
    expect(again).toMatchObject({ status: 403, text: expect.stringContaining('A second person has to do this') })
    const twice = await send(second, `${path}/approve`, { reason: 'Seen too' })
    expect(twice.text).toContain('Being carried out')
    // It waits until the person is told, and then until nobody holds the key.
    await world.work()
    await minutesPass(world)
    await workOff(world)
    await minutesPass(world)
    await workOff(world)
    const done = await auditor.get(path)
    expect(done.text).toContain(`${path}/receipt.json"`)
    expect(done.text).not.toContain('Bat')
    expect(done.text).toContain(gone.payer)
    expect(done.text).not.toContain(`/console/payers/${gone.payer}`)
    expect(await receiptOf(path)).toMatchObject({ request: id })
    expect((await first.get(`/console/payers/${gone.payer}`)).status).toBe(410)
    const { text } = await first.get(`${linkTo(world, gone.email)}?lang=mn`)
    expect(text).toContain('<dd>Төлбөрийн талаар дараа нь нэхэмжлэл гаргах')
    expect(text).not.toContain('checkout_sessions')
  })

  test('to correct, taken in at the desk and proved without a code, is typed by each of two people unseen', async () => {
    const { payer, email, amount } = await personWithPayment(world)
    const typed = { 'changes.email': 'right@example.com' }
    const path = pathOf(
      await send(first, '/console/requests/new', { kind: 'rectify', payer, contact: email, ...typed }),
    )
    await send(first, `${path}/confirm`, { 'evidence.document': 'passport' })
    await send(first, `${path}/confirm`, { 'evidence.amount': String(amount), 'evidence.currency': 'usd' })
    const approval = `${path}/approve`
    const reason = 'Letter seen'
    expect((await send(first, approval, { reason, ...typed })).text).toContain('Waits for a second person')
    const empty = await second.get(approval)
    expect(empty.text).toContain('name="changes.email"')
    expect(empty.text).not.toContain('right@example.com')
    for (const other of ['', 'wrong@example.com'])
      expect(await send(second, approval, { reason, 'changes.email': other })).toMatchObject({
        status: 422,
        text: expect.not.stringContaining('right@example.com'),
      })
    const done = await send(second, approval, { reason, ...typed })
    expect(done.text).toContain('Done')
    expect((await second.get(approval)).text).not.toContain('name="changes.email"')
  })

  test('takes two months more once, with a reason, and is cancelled', async () => {
    const path = `/console/requests/${await verified(world, person, 'access')}`
    expect((await send(first, `${path}/extend`)).text).toContain('href="#field-reason"')
    const extended = await send(first, `${path}/extend`, { reason: 'Many papers' })
    expect(extended.text).toContain('Many papers')
    expect(extended.text).not.toContain(`${path}/extend"`)
    const more = await send(first, `${path}/extend`, { reason: 'Even more' })
    expect(more).toMatchObject({ status: 409, text: expect.stringContaining('Even more') })
    const cancelled = await send(second, `${path}/cancel`, { reason: 'Asked twice' })
    expect(cancelled.text).toContain('Cancelled')
    expect(cancelled.text).not.toContain(`${path}/approve"`)
  })

  const receiptOf = async (path: string) => JSON.parse((await auditor.get(`${path}/receipt.json`)).text)
})

describe('a disclosure', () => {
  test('with consent is made at once, and its package is for the one who made it', async () => {
    const consent = await world
      .as('privacy')
      .post(`/v1/payers/${person.payer}/consents`, { purpose: 'interviews', text_version: 'v1' })
    const wish = { recipient: 'Panel Ltd', payer: person.payer, fields: 'email' }
    const wrong = await send(first, '/console/disclosures/new/consent', { ...wish, basis_ref: 'nothing' })
    expect(wrong).toMatchObject({ status: 404, text: expect.stringContaining('value="Panel Ltd"') })
    const made = await send(first, '/console/disclosures/new/consent', { ...wish, basis_ref: consent.json.id })
    expect(made.text).toContain('Panel Ltd')
    expect(made.text).not.toContain(person.email)
    const path = pathOf(made)
    expect(made.text).toContain(`${path}/package"`)
    expect((await second.get(`${path}/package`)).status).toBe(403)
    const file = await first.get(`${path}/package`)
    expect(file.headers['content-disposition']).toMatch(/^attachment; filename="disc_\w+\.json"$/)
    expect(JSON.parse(file.text)).toMatchObject({ recipient: 'Panel Ltd', fields: { email: person.email } })
  })

  test('that an authority asks for is refused by a second person with a reason, and nothing leaves', async () => {
    const made = await send(first, '/console/disclosures/new/law', {
      recipient: 'Court',
      payer: person.payer,
      fields: 'short_name',
      'basis_ref.authority': 'Court',
      'basis_ref.reference': '1/2026',
      'basis_ref.document_sha256': 'a'.repeat(64),
    })
    const path = pathOf(made)
    expect(made.text).toContain('Waits for a second person')
    expect(made.text).toContain('What is told</dt><dd>short name<')
    expect((await send(first, `${path}/approve`)).text).toContain('A second person has to do this')
    expect((await send(second, `${path}/refuse`)).text).toContain('href="#field-reason"')
    const refused = await send(second, `${path}/refuse`, { reason: 'The paper is not signed' })
    expect(refused.text).toContain('The paper is not signed')
    expect(refused.text).not.toMatch(new RegExp(`${path}/(approve|package)"`))
    expect((await first.get(`${path}/package`)).status).toBe(409)
  })
})

test('a form that is sent twice has its effect once', async () => {
  const consent = await world
    .as('privacy')
    .post(`/v1/payers/${person.payer}/consents`, { purpose: 'marketing', text_version: 'v1' })
  const path = `/console/payers/${person.payer}/consents/${consent.json.id}/withdraw`
  const form = await first.formOf(path)
  const answers = await Promise.all([first.post(path, form), first.post(path, form), first.post(path, form)])
  const gone = answers.filter(({ status }) => status === 303)
  expect(gone.length).toBeGreaterThan(0)
  for (const answer of answers) expect([303, 409]).toContain(answer.status)
  expect((await first.post(path, form)).headers.location).toBe(`/console/payers/${person.payer}`)
  const log = await world.as('privacy').get(`/v1/audit-log?object=${consent.json.id}&action=consent.withdraw`)
  expect(log.json.data).toHaveLength(1)
})

test('an inquiry becomes a rights request once, and asking about it records no reading of what was written', async () => {
  const contact = { email: person.email }
  const asked = { kind: 'question', message: 'What do you hold?', contact, payer: person.payer }
  const { id } = (await world.as('privacy').post('/v1/inquiries', asked)).json
  const inquiry = `/console/inquiries/${id}`
  const readings = async () => {
    const log = await world.as('privacy').get(`/v1/audit-log?object=${id}&action=inquiry.read&limit=100`)
    return log.json.data.length
  }
  expect((await first.get(inquiry)).text).toContain(`${inquiry}/link-request`)
  const before = await readings()
  for (const action of ['take', 'answer', 'close', 'reveal']) await first.get(`${inquiry}/${action}`)
  expect((await send(first, `${inquiry}/link-request`)).text).toContain('href="#field-kind"')
  expect(await readings()).toBe(before)
  const request = pathOf(await send(first, `${inquiry}/link-request`, { kind: 'access' }))
  expect(request).toMatch(/^\/console\/requests\/preq_/)
  const looks = () => world.as('privacy').get(`/v1/audit-log?object=${request.slice(-31)}&action=privacy-request.read`)
  expect((await first.get(request)).text).toContain('What do you hold?')
  for (const action of ['send-code', 'confirm', 'extend', 'cancel']) await first.get(`${request}/${action}`)
  expect((await looks()).json.data).toHaveLength(2)
  const page = (await first.get(inquiry)).text
  expect(page).toContain(request)
  expect(page).not.toContain(`${inquiry}/link-request`)
  expect((await send(first, `${inquiry}/link-request`, { kind: 'access' })).status).toBe(409)
})

test('verifying says which part of the log was verified, and which was not', async () => {
  for (let block = 0; block < 2; block++) {
    await auditor.get('/console/audit')
    await sealAll(world, 'demo')
  }
  const path = '/console/audit/verify'
  const whole = (await send(auditor, path)).text
  expect(whole).toContain('Nothing was altered in the sealed log<')
  expect(whole).toMatch(/Not verified now<\/dt><dd>None</)
  const part = (await send(auditor, path, { after_block: '1' })).text
  expect(part).toContain('Nothing was altered in the part that was verified')
  expect(part).toMatch(/Verified now<\/dt><dd>Blocks 2 to \d/)
  expect(part).toMatch(/Not verified now<\/dt><dd>blocks up to 1</)
})

test('the keys say how far a rotation is without reading the tables that it goes through', async () => {
  const admin = consoleClient(world)
  await admin.signIn('admin')
  await asSuperuser(
    world.database,
    sql => sql`
      insert into key_rotations (tenant_id, version, total, done, started_at, updated_at)
      values ('demo', 1, 400, 100, now(), now())`,
  )
  const page = await asSuperuser(world.database, sql =>
    sql.begin(async tx => {
      await tx`lock table payers in access exclusive mode`
      return admin.get('/console/keys')
    }),
  )
  expect(page).toMatchObject({ status: 200, text: expect.stringContaining('25 %') })
  admin.close()
})
