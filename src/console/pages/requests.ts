// The rights desk: the queue with its deadlines, and one request with all that is known of it.
import { Hono } from 'hono'
import { html } from 'hono/html'
import { DomainError } from '../../domain/errors.ts'
import { getPayer } from '../../domain/payers/get-payer.ts'
import { hasScope } from '../../domain/permissions.ts'
import { getPrivacyReceipt } from '../../domain/rights/get-privacy-receipt.ts'
import { getPrivacyRequest } from '../../domain/rights/get-privacy-request.ts'
import { listPrivacyRequests } from '../../domain/rights/list-privacy-requests.ts'
import type { PrivacyRequestView } from '../../domain/rights/privacy-request.ts'
import { isOver, isUnverified, REQUEST_KINDS, REQUEST_STATUSES } from '../../domain/rights/state.ts'
import { show } from '../answer.ts'
import { linkButton, titleLine } from '../detail.ts'
import type { ConsoleContext, ConsoleDoor, ConsoleEnv } from '../door.ts'
import type { Field } from '../form.ts'
import { day, id, state, type Tone, time } from '../format.ts'
import { anyOf, type Column } from '../list.ts'
import { purposesInWords } from '../purposes-in-words.ts'
import { showList } from '../show-list.ts'
import { DESK_TEXTS } from '../texts/desk-texts.ts'
import { REQUEST_TEXTS } from '../texts/request-texts.ts'
import type { Html, View } from '../view.ts'
import { identityOf, requestFacts } from './request-facts.ts'

const PATH = '/console/requests'
const TONES: Readonly<Record<PrivacyRequestView['status'], Tone>> = {
  received: 'wait',
  verifying: 'wait',
  verified: 'wait',
  approved: 'wait',
  executing: 'note',
  done: 'good',
  refused: 'bad',
  expired: 'note',
  cancelled: 'note',
}

export function requestPages(door: ConsoleDoor) {
  const app = new Hono<ConsoleEnv>()

  app.get(PATH, c => {
    const { view } = c.var
    const texts = REQUEST_TEXTS[view.language]
    const actions = hasScope(door.ctxOf(c), 'privacy:write') ? [linkButton(`${PATH}/new`, texts.create)] : []
    return showList<PrivacyRequestView>(c, door, {
      title: titleLine({ title: texts.title, lead: texts.lead, actions }),
      name: texts.title,
      section: 'requests',
      path: PATH,
      filters: filtersFor(view),
      caption: texts.caption,
      columns: columnsFor(view),
      href: row => `${PATH}/${row.id}`,
      empty: filtered => (filtered ? texts.empty : texts.emptyAll),
      read: query => listPrivacyRequests(door.ctxOf(c), query),
    })
  })

  app.get(`${PATH}/:id/receipt.json`, async c => {
    const receipt = await getPrivacyReceipt(door.ctxOf(c), c.req.param('id'))
    c.header('Content-Disposition', `attachment; filename="${receipt.request}.receipt.json"`)
    return c.json(receipt)
  })

  app.get(`${PATH}/:id`, c => requestPage(c, door))
  return app
}

async function requestPage(c: ConsoleContext, door: ConsoleDoor) {
  const { view } = c.var
  const texts = REQUEST_TEXTS[view.language]
  const request = await getPrivacyRequest(door.ctxOf(c), c.req.param('id') as string)
  const title = texts.kinds[request.kind]
  const name = await shortNameOf(c, door, request)
  const { title: purposeTitle } = await purposesInWords(c, door)
  const body = html`${titleLine({
    title: name === null ? title : html`${title}: ${name}`,
    above: { path: PATH, label: texts.title },
    state: statusOf(view, request),
    actions: actionsFor(c, door, request),
  })}
${identityOf(view, request)}
${requestFacts(view, request, { living: name !== null, purposeTitle })}`
  return show(c, door, { title, section: 'requests', body })
}

/** Null where the reader may not see payers, and where there is nobody, or nobody any more. */
async function shortNameOf(
  c: ConsoleContext,
  door: ConsoleDoor,
  { payer }: PrivacyRequestView,
): Promise<string | null> {
  const ctx = door.ctxOf(c)
  if (payer === null || !hasScope(ctx, 'payers:read')) return null
  try {
    return (await getPayer(ctx, payer)).short_name
  } catch (error) {
    if (error instanceof DomainError && error.code === 'payer_erased') return null
    throw error
  }
}

/** What makes sense now, the likeliest first. */
function actionsFor(c: ConsoleContext, door: ConsoleDoor, request: PrivacyRequestView): Html[] {
  const ctx = door.ctxOf(c)
  const texts = REQUEST_TEXTS[c.var.view.language]
  const desk = DESK_TEXTS[c.var.view.language]
  const { status, kind } = request
  const path = `${PATH}/${request.id}`
  const actions: Html[] = []
  if (hasScope(ctx, 'privacy:write')) {
    if (isUnverified(status)) {
      if (request.code_channel !== 'no_channel') actions.push(linkButton(`${path}/send-code`, desk.sendCode))
      actions.push(linkButton(`${path}/confirm`, desk.confirm))
    } else if (status === 'verified' || status === 'approved') {
      actions.push(linkButton(`${path}/approve`, desk.approve), linkButton(`${path}/refuse`, desk.refuse, true))
    }
    if (!isOver(status) && status !== 'executing') {
      if (request.extension === null && !request.overdue) actions.push(linkButton(`${path}/extend`, desk.extend))
      actions.push(linkButton(`${path}/cancel`, desk.cancel))
    }
  }
  if (kind === 'access' && status === 'done' && hasScope(ctx, 'payers:reveal')) {
    actions.push(linkButton(`${path}/package`, texts.openPackage))
  }
  if (request.receipt) actions.push(linkButton(`${path}/receipt.json`, texts.takeReceipt))
  return actions
}

const statusOf = (view: View, { status, overdue }: PrivacyRequestView): Html => {
  const texts = REQUEST_TEXTS[view.language]
  return html`${state(TONES[status], texts.statuses[status])}${overdue ? html` ${state('bad', texts.overdue)}` : ''}`
}

function filtersFor(view: View): Field[] {
  const texts = REQUEST_TEXTS[view.language]
  return [
    anyOf(view, { name: 'status', label: texts.status, values: REQUEST_STATUSES, words: texts.statuses }),
    anyOf(view, { name: 'kind', label: texts.kind, values: REQUEST_KINDS, words: texts.kinds }),
    anyOf(view, { name: 'overdue', label: texts.term, values: ['true', 'false'] as const, words: texts.terms }),
  ]
}

function columnsFor(view: View): Column<PrivacyRequestView>[] {
  const texts = REQUEST_TEXTS[view.language]
  return [
    { head: texts.kind, kind: 'main', cell: row => texts.kinds[row.kind] },
    { head: texts.status, cell: row => statusOf(view, row) },
    { head: texts.deadline, cell: row => day(view, row.deadline_at) },
    {
      head: texts.payer,
      cell: row => (row.payer === null ? html`<span class="soft">${texts.unknownPayer}</span>` : id(view, row.payer)),
    },
    { head: texts.received, sorts: true, cell: row => time(view, row.created_at) },
  ]
}
