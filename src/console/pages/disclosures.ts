// Disclosures: the log, one of them, and the decision of a second person.
import { Hono } from 'hono'
import { html } from 'hono/html'
import { personOf } from '../../domain/audit/entry.ts'
import { approveDisclosure } from '../../domain/disclosures/approve-disclosure.ts'
import { DISCLOSURE_BASES, type DisclosureView } from '../../domain/disclosures/disclosure.ts'
import { getDisclosure } from '../../domain/disclosures/get-disclosure.ts'
import { getDisclosurePackage } from '../../domain/disclosures/get-disclosure-package.ts'
import { listDisclosures } from '../../domain/disclosures/list-disclosures.ts'
import { refuseDisclosure } from '../../domain/disclosures/refuse-disclosure.ts'
import { DISCLOSURE_STATUSES } from '../../domain/disclosures/state.ts'
import { hasScope, requirePermission } from '../../domain/permissions.ts'
import { addAction } from '../action.ts'
import { show } from '../answer.ts'
import { type Fact, facts, linkButton, titleLine } from '../detail.ts'
import type { ConsoleContext, ConsoleDoor, ConsoleEnv } from '../door.ts'
import { fieldInWords } from '../fields-in-words.ts'
import type { Field } from '../form.ts'
import { number, payerLink, state, time, wholeId } from '../format.ts'
import { anyOf, type Column } from '../list.ts'
import { purposesInWords } from '../purposes-in-words.ts'
import { showList } from '../show-list.ts'
import { DISCLOSURE_TEXTS } from '../texts/disclosure-texts.ts'
import type { Html, View } from '../view.ts'

const PATH = '/console/disclosures'
const TONES = { pending: 'wait', made: 'good', refused: 'bad' } as const

export function disclosurePages(door: ConsoleDoor) {
  const app = new Hono<ConsoleEnv>()

  app.get(PATH, async c => {
    const { view } = c.var
    const texts = DISCLOSURE_TEXTS[view.language]
    const { title } = await purposesInWords(c, door)
    const actions = hasScope(door.ctxOf(c), 'disclosures:write') ? [linkButton(`${PATH}/new`, texts.create)] : []
    return showList<DisclosureView>(c, door, {
      title: titleLine({ title: texts.title, lead: texts.lead, actions }),
      name: texts.title,
      section: 'disclosures',
      path: PATH,
      filters: filtersFor(view),
      caption: texts.caption,
      columns: disclosureColumns(view, title),
      href: row => `${PATH}/${row.id}`,
      empty: filtered => (filtered ? texts.empty : texts.emptyAll),
      read: query => listDisclosures(door.ctxOf(c), query),
    })
  })

  app.get(`${PATH}/:id/package`, async c => {
    const { fileName, contentType, text } = await getDisclosurePackage(door.ctxOf(c), c.req.param('id'))
    return c.body(text, 200, {
      'Content-Type': contentType,
      'Content-Disposition': `attachment; filename="${fileName}"`,
    })
  })

  app.get(`${PATH}/:id`, async c => {
    const { view } = c.var
    const disclosure = await getDisclosure(door.ctxOf(c), c.req.param('id'))
    const texts = DISCLOSURE_TEXTS[view.language]
    const { title } = await purposesInWords(c, door)
    const body = html`${titleLine({
      title: disclosure.recipient ?? texts.recipientGone,
      above: { path: PATH, label: texts.title },
      state: statusOf(view, disclosure),
      actions: actionsFor(c, door, disclosure),
    })}${facts(view, factsOf(view, disclosure, title))}`
    return show(c, door, { title: texts.one, section: 'disclosures', body })
  })

  addDecisions(app, door)
  return app
}

function addDecisions(app: Hono<ConsoleEnv>, door: ConsoleDoor): void {
  const idOf = (c: ConsoleContext) => c.req.param('id') as string
  const location = (_c: ConsoleContext, made: DisclosureView) => `${PATH}/${made.id}`

  addAction(app, door, `${PATH}/:id/approve`, {
    async page(c) {
      requirePermission(door.ctxOf(c), 'approveDisclosure')
      const texts = DISCLOSURE_TEXTS[c.var.view.language]
      const disclosure = await getDisclosure(door.ctxOf(c), idOf(c))
      const recipient = disclosure.recipient ?? texts.recipientGone
      const { title } = await purposesInWords(c, door)
      return {
        name: texts.approveTitle,
        title: texts.approveTitle,
        lead: texts.approveLead,
        section: 'disclosures',
        back: { path: `${PATH}/${disclosure.id}`, label: recipient },
        before: facts(c.var.view, factsOf(c.var.view, disclosure, title)),
        fields: [],
        button: texts.approveButton(recipient),
      }
    },
    act: (c, ctx) => approveDisclosure(ctx, idOf(c), {}),
    location,
  })

  addAction(app, door, `${PATH}/:id/refuse`, {
    async page(c) {
      requirePermission(door.ctxOf(c), 'refuseDisclosure')
      const { view } = c.var
      const texts = DISCLOSURE_TEXTS[view.language]
      const disclosure = await getDisclosure(door.ctxOf(c), idOf(c))
      return {
        name: texts.refuseTitle,
        title: texts.refuseTitle,
        lead: texts.refuseLead,
        section: 'disclosures',
        back: { path: `${PATH}/${disclosure.id}`, label: disclosure.recipient ?? texts.recipientGone },
        fields: [{ kind: 'area', name: 'reason', label: view.words.form.reason, maxLength: 500 }],
        button: texts.refuseButton,
        danger: true,
      }
    },
    act: (c, ctx, form) => refuseDisclosure(ctx, idOf(c), { reason: form.get('reason') ?? '' }),
    location,
  })
}

function actionsFor(c: ConsoleContext, door: ConsoleDoor, disclosure: DisclosureView): Html[] {
  const ctx = door.ctxOf(c)
  const texts = DISCLOSURE_TEXTS[c.var.view.language]
  if (!hasScope(ctx, 'disclosures:write')) return []
  const path = `${PATH}/${disclosure.id}`
  if (disclosure.status === 'pending') {
    return [linkButton(`${path}/approve`, texts.approve), linkButton(`${path}/refuse`, texts.refuse, true)]
  }
  const mine = disclosure.created_by === personOf(ctx.actor)
  return disclosure.package !== null && mine ? [linkButton(`${path}/package`, texts.download)] : []
}

export const statusOf = (view: View, { status }: DisclosureView): Html =>
  state(TONES[status], DISCLOSURE_TEXTS[view.language].statuses[status])

function filtersFor(view: View): Field[] {
  const texts = DISCLOSURE_TEXTS[view.language]
  return [
    anyOf(view, { name: 'status', label: texts.status, values: DISCLOSURE_STATUSES, words: texts.statuses }),
    anyOf(view, { name: 'basis', label: texts.basis, values: DISCLOSURE_BASES, words: texts.bases }),
    { kind: 'search', name: 'recipient', label: texts.recipient, maxLength: 200 },
    { kind: 'date', name: 'created_from', label: texts.from },
    { kind: 'date', name: 'created_to', label: texts.to },
  ]
}

export function disclosureColumns(view: View, purposeTitle: (name: string) => string): Column<DisclosureView>[] {
  const texts = DISCLOSURE_TEXTS[view.language]
  return [
    { head: texts.recipient, kind: 'main', cell: row => row.recipient ?? texts.recipientGone },
    { head: texts.status, cell: row => statusOf(view, row) },
    { head: texts.basis, cell: row => texts.bases[row.basis] },
    { head: texts.purpose, cell: row => purposeTitle(row.purpose) },
    { head: texts.people, kind: 'number', cell: row => number(view, row.people) },
    { head: texts.when, sorts: true, cell: row => time(view, row.created_at) },
  ]
}

function factsOf(view: View, row: DisclosureView, purposeTitle: (name: string) => string): Fact[] {
  const texts = DISCLOSURE_TEXTS[view.language]
  const { none } = view.words
  const list: Fact[] = [
    [texts.basis, texts.bases[row.basis]],
    [texts.reference, referenceOf(view, row)],
    [texts.purpose, purposeTitle(row.purpose)],
    [texts.people, row.payer === null ? number(view, row.people) : payerLink(view, row.payer)],
    [texts.fields, row.fields.map(field => fieldInWords(view, field)).join(', ')],
  ]
  if (row.check !== null) list.push([texts.check, `k = ${row.check.k}, l = ${row.check.l ?? '–'}`])
  if (row.refusal_reason !== null) list.push([texts.refusal, row.refusal_reason])
  list.push(
    [texts.hash, row.sha256 === null ? none : html`<code>${row.sha256}</code>`],
    [texts.packageKept, row.package === null ? texts.packageGone : time(view, row.package.available_until)],
    [texts.by, html`<code>${row.created_by}</code>`],
    [
      texts.decidedBy,
      row.decided_by === null ? none : html`<code>${row.decided_by}</code> ${time(view, row.decided_at)}`,
    ],
    [texts.when, time(view, row.created_at)],
  )
  return list
}

function referenceOf(view: View, { basis_ref: ref }: DisclosureView): Html | string {
  if (ref === null) return view.words.none
  if (typeof ref === 'string') return ref.startsWith('cons_') ? wholeId(view, ref) : ref
  return html`${ref.authority}, ${ref.reference} <div><code>${ref.document_sha256}</code></div>`
}
