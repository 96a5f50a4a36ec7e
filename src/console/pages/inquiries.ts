// Inquiries: the queue with its terms, and one of them with what was written.
import { Hono } from 'hono'
import { html } from 'hono/html'
import { getInquiry } from '../../domain/inquiries/get-inquiry.ts'
import { INQUIRY_KINDS, type InquiryView, type InquiryWithMessages } from '../../domain/inquiries/inquiry.ts'
import { listInquiries } from '../../domain/inquiries/list-inquiries.ts'
import { INQUIRY_STATUSES } from '../../domain/inquiries/state.ts'
import { LANGUAGE_NAMES } from '../../domain/languages.ts'
import { hasScope } from '../../domain/permissions.ts'
import { show } from '../answer.ts'
import { type Fact, facts, linkButton, titleLine } from '../detail.ts'
import type { ConsoleContext, ConsoleDoor, ConsoleEnv } from '../door.ts'
import type { Field } from '../form.ts'
import { payerLink, state, time, wholeId } from '../format.ts'
import { anyOf, type Column } from '../list.ts'
import { showList } from '../show-list.ts'
import { INQUIRY_TEXTS } from '../texts/inquiry-texts.ts'
import type { Html, View } from '../view.ts'

const PATH = '/console/inquiries'
const TONES = { received: 'wait', assigned: 'wait', answered: 'good', closed: 'note' } as const

export function inquiryPages(door: ConsoleDoor) {
  const app = new Hono<ConsoleEnv>()

  app.get(PATH, c => {
    const { view } = c.var
    const texts = INQUIRY_TEXTS[view.language]
    return showList<InquiryView>(c, door, {
      title: titleLine({ title: texts.title, lead: texts.lead }),
      name: texts.title,
      section: 'inquiries',
      path: PATH,
      filters: filtersFor(view),
      caption: texts.caption,
      columns: columnsFor(view),
      href: row => `${PATH}/${row.id}`,
      empty: filtered => (filtered ? texts.empty : texts.emptyAll),
      read: query => listInquiries(door.ctxOf(c), query),
    })
  })

  app.get(`${PATH}/:id`, async c => {
    const { view } = c.var
    const texts = INQUIRY_TEXTS[view.language]
    const inquiry = await getInquiry(door.ctxOf(c), c.req.param('id'))
    const title = texts.kinds[inquiry.kind]
    const body = html`${titleLine({
      title,
      above: { path: PATH, label: texts.title },
      state: html`${statusOf(view, inquiry)}${inquiry.overdue ? state('bad', texts.overdue) : ''}`,
      actions: actionsFor(c, door, inquiry),
    })}
${messagesOf(view, inquiry)}
${facts(view, factsOf(view, inquiry))}`
    return show(c, door, { title, section: 'inquiries', body })
  })

  return app
}

function actionsFor(c: ConsoleContext, door: ConsoleDoor, inquiry: InquiryView): Html[] {
  const { id, status, has_contact: contact, privacy_request: request } = inquiry
  const ctx = door.ctxOf(c)
  const texts = INQUIRY_TEXTS[c.var.view.language]
  const path = `${PATH}/${id}`
  const open = status !== 'closed' && hasScope(ctx, 'privacy:write')
  return [
    ...(open && status === 'received' ? [linkButton(`${path}/take`, texts.take)] : []),
    ...(open ? [linkButton(`${path}/answer`, texts.answer)] : []),
    ...(open && request === null ? [linkButton(`${path}/link-request`, texts.link)] : []),
    ...(open ? [linkButton(`${path}/close`, texts.close)] : []),
    ...(contact.length > 0 && hasScope(ctx, 'payers:reveal') ? [linkButton(`${path}/reveal`, texts.reveal)] : []),
  ]
}

const statusOf = (view: View, { status }: InquiryView): Html =>
  state(TONES[status], INQUIRY_TEXTS[view.language].statuses[status])

const writerOf = (view: View, row: InquiryView): string => row.short_name ?? INQUIRY_TEXTS[view.language].stranger

function messagesOf(view: View, { messages }: InquiryWithMessages): Html {
  const texts = INQUIRY_TEXTS[view.language]
  return html`<section><h2>${texts.messages}</h2><ol class="messages">${messages.map(
    ({ direction, author, text, created_at: at }) =>
      html`<li class="${direction}"><p class="soft">${direction === 'in' ? texts.theirs : html`<code>${author}</code>`} · ${time(view, at)}</p><p class="written">${text ?? html`<span class="soft">${texts.gone}</span>`}</p></li>`,
  )}</ol></section>`
}

function filtersFor(view: View): Field[] {
  const texts = INQUIRY_TEXTS[view.language]
  return [
    anyOf(view, { name: 'status', label: texts.status, values: INQUIRY_STATUSES, words: texts.statuses }),
    anyOf(view, { name: 'kind', label: texts.kind, values: INQUIRY_KINDS, words: texts.kinds }),
    anyOf(view, {
      name: 'overdue',
      label: texts.onlyOverdue,
      values: ['true', 'false'] as const,
      words: texts.overdueChoices,
    }),
  ]
}

function columnsFor(view: View): Column<InquiryView>[] {
  const texts = INQUIRY_TEXTS[view.language]
  return [
    { head: texts.kind, kind: 'main', cell: row => texts.kinds[row.kind] },
    { head: texts.status, cell: row => statusOf(view, row) },
    { head: texts.due, cell: row => html`${time(view, row.due_at)} ${row.overdue ? state('bad', texts.overdue) : ''}` },
    { head: texts.who, cell: row => writerOf(view, row) },
    {
      head: texts.assigned,
      cell: row =>
        row.assigned_to === null
          ? html`<span class="soft">${texts.nobody}</span>`
          : html`<code>${row.assigned_to}</code>`,
    },
    { head: texts.received, sorts: true, cell: row => time(view, row.created_at) },
  ]
}

function factsOf(view: View, row: InquiryView): Fact[] {
  const texts = INQUIRY_TEXTS[view.language]
  const { none } = view.words
  return [
    [texts.due, time(view, row.due_at)],
    [texts.who, row.payer === null ? writerOf(view, row) : payerLink(view, row.payer, writerOf(view, row))],
    [texts.contact, row.has_contact.map(field => texts.contacts[field]).join(', ') || none],
    [texts.language, LANGUAGE_NAMES[row.language]],
    [texts.assigned, row.assigned_to === null ? texts.nobody : html`<code>${row.assigned_to}</code>`],
    [
      texts.request,
      row.privacy_request === null
        ? none
        : html`<a href="/console/requests/${row.privacy_request}">${wholeId(view, row.privacy_request)}</a>`,
    ],
    [texts.received, time(view, row.created_at)],
    [texts.acknowledged, time(view, row.acknowledged_at)],
    [texts.statuses.answered, time(view, row.answered_at)],
    [texts.statuses.closed, time(view, row.closed_at)],
  ]
}
