// A privacy officer's day in a real browser: the rights desk, disclosures, inquiries, the audit's proofs, purposes and keys.
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { keepAudit } from '../../src/domain/audit/keep-audit.ts'
import { sealAll } from '../support/audit-world.ts'
import { launchBrowser, type TestBrowser } from '../support/browser.ts'
import { glanceAt, lookAt, lookAtThis, signInAt } from '../support/console-browser.ts'
import { objectsOf, ROLES_OF_PAGE, withIds } from '../support/console-pages.ts'
import type { Visit } from '../support/page-visit.ts'
import { ask, codeTo, personWithPayment, post, verified } from '../support/rights.ts'
import { startWorld, type World } from '../support/world.ts'

/** Every page is looked at six times, which takes a busy machine a while. */
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 })

const EMAIL = 'bat@mail.example'

let world: World
let browser: TestBrowser
let privacy: Visit
let second: Visit
let payer: string

beforeAll(async () => {
  world = await startWorld({ webhooks: false, console: true })
  browser = await launchBrowser()
  const made = await world
    .as('checkout')
    .post('/v1/payers', { short_name: 'Bat', real_name: 'Batbayar Tsend', email: EMAIL, locale: 'en' })
  payer = made.json.id
  privacy = await signInAt(browser, world, 'privacy')
  second = await signInAt(browser, world, 'privacy-2')
})
afterAll(async () => {
  await browser?.close()
  await world?.close()
})

it('a request to erase goes from the phone call over the code to the second person', async () => {
  const { page } = privacy
  await lookAt(privacy, '/console/requests', 'requests-empty')
  await lookAt(privacy, '/console/requests/new', 'request-new')
  await page.getByLabel('Erase the data').check()
  await page.getByLabel('Contact').fill('no contact')
  await page.getByRole('button', { name: 'Take in the request' }).click()
  await page
    .getByRole('alert')
    .getByRole('link', { name: /Contact/ })
    .waitFor()
  expect(await page.getByLabel('Erase the data').isChecked()).toBe(true)
  await lookAtThis(page, 'request-new-refused')
  await page.getByLabel('Contact').fill(EMAIL)
  await page.getByRole('button', { name: 'Take in the request' }).click()
  await page.getByRole('heading', { name: 'Erase the data: Bat' }).waitFor()
  const { pathname } = new URL(page.url())
  await lookAt(privacy, pathname, 'request-received')

  await page.getByRole('link', { name: 'Send a code' }).click()
  await lookAt(privacy, `${pathname}/send-code`, 'request-send-code')
  await page.goto(`${world.url}${pathname}/send-code`)
  await page.getByRole('button', { name: 'Send the code' }).click()
  await page.getByText('Verifying who asks').waitFor()
  const code = (await codeTo(world, EMAIL)) as string
  await page.getByRole('link', { name: 'Record evidence' }).click()
  await lookAt(privacy, `${pathname}/confirm`, 'request-confirm')
  await page.goto(`${world.url}${pathname}/confirm`)
  await page.getByLabel('Code from the mail').fill('AAAA-AAAA')
  await page.getByRole('button', { name: 'Record the evidence' }).click()
  await page.getByRole('alert').getByText('The identity is not verified yet').waitFor()
  await page.getByLabel('Code from the mail').fill(code)
  await page.getByLabel('Document that you saw').selectOption('passport')
  await page.getByRole('button', { name: 'Record the evidence' }).click()
  await page.getByText('Verified, to be decided').waitFor()

  await lookAt(privacy, `${pathname}/approve`, 'request-approve')
  await page.goto(`${world.url}${pathname}/approve`)
  await page.getByText('What an erasure would do').waitFor()
  await page.getByLabel('Reason').fill('Verified by code and passport')
  await page.getByRole('button', { name: 'Grant: Erase the data' }).click()
  await page.getByText('Waits for a second person').waitFor()
  await page.getByRole('link', { name: 'Grant' }).click()
  await page.getByLabel('Reason').fill('Once more by the same person')
  await page.getByRole('button', { name: 'Grant: Erase the data' }).click()
  await page.getByRole('alert').getByText('A second person has to do this').waitFor()
  expect(await page.getByLabel('Reason').inputValue()).toBe('Once more by the same person')

  await second.page.goto(`${world.url}${pathname}`)
  await lookAt(second, pathname, 'request-approved')
  await lookAt(second, `${pathname}/refuse`, 'request-refuse')
  await lookAt(second, `${pathname}/package`, 'request-package')
  await second.page.goto(`${world.url}${pathname}/refuse`)
  await second.page.getByLabel('Reason').fill('The person called it off')
  await second.page.getByRole('button', { name: 'Refuse and tell the person why' }).click()
  await second.page.getByRole('link', { name: 'Take the receipt' }).waitFor()
  await lookAt(second, pathname, 'request-refused')
  await lookAt(privacy, '/console/requests', 'requests')
})

it('a correction and an objection that name no values get them from whoever grants them', async () => {
  const { page } = privacy
  const asked = async (kind: string) => {
    const id = await ask(world, { payer, email: EMAIL }, kind)
    await post(world, id, 'identity-checks')
    const evidence = { kind: 'document_seen', document: 'passport' }
    await post(world, id, 'identity-checks/confirm', { code: await codeTo(world, EMAIL), evidence })
    return `/console/requests/${id}`
  }
  const correction = await asked('rectify')
  await lookAt(privacy, `${correction}/approve`, 'request-correct')
  await page.goto(`${world.url}${correction}/approve`)
  await page.getByLabel('The right e-mail address').fill('no address')
  await page.getByLabel('Reason').fill('As on the passport')
  await page.getByRole('button', { name: 'Grant: Correct the data' }).click()
  await page.getByRole('alert').getByRole('link', { name: 'The right e-mail address' }).waitFor()
  await page.getByLabel('The right e-mail address').fill('')
  await page.getByLabel('The right short name').fill('Bold')
  await page.getByRole('button', { name: 'Grant: Correct the data' }).click()
  await page.getByRole('heading', { name: 'Correct the data: Bold' }).waitFor()
  await page.getByText('short name', { exact: true }).waitFor()

  const objection = await asked('object')
  await page.goto(`${world.url}${objection}/approve`)
  await page.getByLabel('Marketing').check()
  await lookAtThis(page, 'request-object')
  await page.getByLabel('Reason').fill('Their right')
  await page.getByRole('button', { name: 'Grant: Object to a use' }).click()
  await page.locator('dd', { hasText: /^Marketing$/ }).waitFor()
})

it('what an authority asks for leaves after a second person has approved it', async () => {
  const { page } = privacy
  await lookAt(privacy, '/console/disclosures', 'disclosures-empty')
  await lookAt(privacy, '/console/disclosures/new', 'disclosure-new')
  await lookAt(privacy, '/console/disclosures/new/law', 'disclosure-law')
  await page.goto(`${world.url}/console/disclosures/new/law`)
  await page.getByLabel('Recipient').fill('District court')
  await page.getByLabel('Id of the payer').fill(payer)
  await page.getByLabel('Authority', { exact: true }).fill('District court')
  await page.getByLabel("The authority's reference").fill('2026-17')
  await page.getByRole('button', { name: 'Ask a second person to approve' }).click()
  await page
    .getByRole('alert')
    .getByRole('link', { name: /Hash of the document/ })
    .waitFor()
  expect(await page.getByLabel("The authority's reference").inputValue()).toBe('2026-17')
  await lookAtThis(page, 'disclosure-law-refused')
  await page.getByLabel('Hash of the document').fill('a'.repeat(64))
  await page.getByLabel('short name').check()
  await page.getByRole('button', { name: 'Ask a second person to approve' }).click()
  await page.getByText('Waits for a second person').waitFor()
  const { pathname } = new URL(page.url())
  await second.page.goto(`${world.url}${pathname}`)
  await second.page.getByRole('link', { name: 'Approve' }).click()
  await second.page.getByRole('button', { name: 'Disclose to District court' }).click()
  await second.page.getByText('Made', { exact: true }).waitFor()
  await lookAt(privacy, pathname, 'disclosure')
  await lookAt(privacy, '/console/disclosures', 'disclosures')
  await lookAt(privacy, '/console/disclosures/new/deidentified', 'disclosure-deidentified')
  await page.goto(`${world.url}/console/disclosures/new/deidentified`)
  await page.getByLabel('Recipient').fill('University')
  await page.getByLabel('Month of registration').check()
  await page.getByRole('button', { name: 'Make the package of the group' }).click()
  await page.getByRole('alert').getByText('Persons could be recognised').waitFor()
})

it('an inquiry is taken, answered and closed', async () => {
  const { page } = privacy
  const inquiry = await world.as('privacy').post('/v1/inquiries', {
    kind: 'complaint',
    message: 'My invoice came twice.\nPlease look.',
    contact: { email: EMAIL, name: 'Bat' },
    payer,
  })
  const path = `/console/inquiries/${inquiry.json.id}`
  await lookAt(privacy, '/console/inquiries', 'inquiries')
  await lookAt(privacy, path, 'inquiry')
  await page.goto(`${world.url}${path}`)
  await page.getByRole('link', { name: 'Take it' }).click()
  await page.getByRole('button', { name: 'Take this inquiry' }).click()
  await page.getByText('In work').waitFor()
  await page.getByRole('link', { name: 'Answer', exact: true }).click()
  await page.getByRole('button', { name: 'Send the answer' }).click()
  await page.getByRole('alert').getByRole('link', { name: 'Answer: is needed' }).waitFor()
  await lookAtThis(page, 'inquiry-answer-refused')
  await page.getByLabel('Answer').fill('It was sent twice by mistake. The second one is void.')
  await page.getByRole('button', { name: 'Send the answer' }).click()
  await page.getByText('The second one is void.').waitFor()
  await page.getByRole('link', { name: 'Show the contact' }).click()
  await page.getByLabel('Reason').fill('To call back')
  await page.getByRole('button', { name: 'Show the contact to answer' }).click()
  await page.getByText(EMAIL).waitFor()
  await lookAtThis(page, 'inquiry-contact')
  await page.goto(`${world.url}${path}/close`)
  await lookAtThis(page, 'inquiry-close')
  await page.getByLabel('It is settled').check()
  await page.getByRole('button', { name: 'Close the inquiry' }).click()
  await page.getByText('Closed', { exact: true }).first().waitFor()
  await lookAt(privacy, path, 'inquiry-closed')
})

it('an auditor verifies the log and takes the proof of one entry', async () => {
  await sealAll(world, 'demo')
  await keepAudit(world.dependencies, 'demo')
  const auditor = await signInAt(browser, world, 'auditor')
  const { page } = auditor
  expect(await page.locator('nav.side a').allInnerTexts()).not.toContain('Payers')
  await page.goto(`${world.url}/console/audit?action=payer.create`)
  await page.getByRole('link', { name: 'Payer: created' }).first().click()
  await page.getByRole('button', { name: 'Show the proof' }).waitFor()
  await lookAt(auditor, new URL(page.url()).pathname, 'audit-entry')
  await page.getByRole('button', { name: 'Show the proof' }).click()
  await page.getByText('The entry is in the sealed log').waitFor()
  await lookAtThis(page, 'audit-proof')
  await lookAt(auditor, '/console/audit/checkpoints', 'audit-checkpoints')
  await page.goto(`${world.url}/console/audit/verify`)
  await page.getByRole('button', { name: 'Verify from the first entry on' }).click()
  await page.getByText('Nothing was altered').waitFor()
  await lookAtThis(page, 'audit-verified')
  expect(auditor.complaints).toEqual([])
})

it('purposes are there for everyone, keys for those who run them', async () => {
  await lookAt(privacy, '/console/purposes', 'purposes')
  const admin = await signInAt(browser, world, 'admin')
  await lookAt(admin, '/console/keys', 'keys')
  const refused = await admin.page.goto(`${world.url}/console/payers`)
  expect(refused?.status()).toBe(403)
  await lookAtThis(admin.page, 'role-refused')
})

it('each page that a privacy officer may open is well made on a phone too', async () => {
  const ids = await objectsOf(world, 'demo')
  ids.requests = await verified(world, await personWithPayment(world), 'access')
  const downloads = /\.json$|^\/console\/disclosures\/:id\/package$/
  const paths = Object.keys(ROLES_OF_PAGE).filter(path => ROLES_OF_PAGE[path]?.includes('privacy'))
  for (const path of paths.filter(one => !downloads.test(one))) await glanceAt(privacy, withIds(path, ids))
})

it('no page complained in the console of the browser', () => {
  expect([...privacy.complaints, ...second.complaints]).toEqual([])
})
