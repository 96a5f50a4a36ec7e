// One payer: the facts that everyone may see, the consents, and what happened; each part where the reader's scopes open it.
import { Hono } from 'hono'
import { html } from 'hono/html'
import { listAuditLog } from '../../domain/audit/list-audit-log.ts'
import type { DisclosureView } from '../../domain/disclosures/disclosure.ts'
import { listPayerDisclosures } from '../../domain/disclosures/list-payer-disclosures.ts'
import type { ConsentView } from '../../domain/payers/consents.ts'
import { getPayer } from '../../domain/payers/get-payer.ts'
import { listConsents } from '../../domain/payers/list-consents.ts'
import type { PayerView } from '../../domain/payers/payer.ts'
import { hasScope } from '../../domain/permissions.ts'
import { show } from '../answer.ts'
import { type Fact, facts, linkButton, timeline, titleLine } from '../detail.ts'
import type { ConsoleContext, ConsoleDoor, ConsoleEnv } from '../door.ts'
import { state, time, wholeId } from '../format.ts'
import { listView } from '../list.ts'
import { purposesInWords } from '../purposes-in-words.ts'
import { DISCLOSURE_TEXTS } from '../texts/disclosure-texts.ts'
import { PAYER_TEXTS } from '../texts/payer-texts.ts'
import type { Html, View } from '../view.ts'
import { happeningOf } from './audit-entries.ts'
import { disclosureColumns } from './disclosures.ts'
import { sealedFields } from './payers.ts'

/** What a page shows of each; the rest stands in the audit log. */
const SHOWN = '20'

export function payerPage(door: ConsoleDoor) {
  const app = new Hono<ConsoleEnv>()

  app.get('/console/payers/:id', async c => {
    const { view } = c.var
    const ctx = door.ctxOf(c)
    const texts = PAYER_TEXTS[view.language]
    const payer = await getPayer(ctx, c.req.param('id'))
    const actions =
      hasScope(ctx, 'payers:reveal') && payer.has.length > 0
        ? [linkButton(`/console/payers/${payer.id}/reveal`, texts.reveal)]
        : []
    const body = html`${titleLine({
      title: payer.short_name,
      above: { path: '/console/payers', label: texts.title },
      state: state('good', texts.active),
      actions,
    })}
${facts(view, factsOf(view, payer))}
${await consentsOf(c, door, payer.id)}
${await disclosuresOf(c, door, payer.id)}
${await happenedTo(c, door, payer.id)}`
    return show(c, door, { title: payer.short_name, section: 'payers', body })
  })

  return app
}

function factsOf(view: View, payer: PayerView): Fact[] {
  const texts = PAYER_TEXTS[view.language]
  const { words } = view
  const notes = Object.entries(payer.metadata)
  return [
    [texts.id, wholeId(view, payer.id)],
    [texts.externalRef, payer.external_ref ?? words.none],
    [texts.sealed, sealedFields(view, payer)],
    [texts.language, payer.locale ?? words.none],
    [texts.stripe, payer.stripe_customer ? words.yes : words.no],
    [
      texts.metadata,
      notes.length === 0
        ? words.none
        : html`${notes.map(([name, value]) => html`<div><code>${name}</code> ${value}</div>`)}`,
    ],
    [texts.since, time(view, payer.created_at)],
    [texts.changed, time(view, payer.updated_at)],
  ]
}

async function consentsOf(c: ConsoleContext, door: ConsoleDoor, payerId: string): Promise<Html | ''> {
  const ctx = door.ctxOf(c)
  if (!hasScope(ctx, 'privacy:read')) return ''
  const { view } = c.var
  const texts = PAYER_TEXTS[view.language]
  const rows = await listConsents(ctx, payerId, { limit: SHOWN })
  const { title } = await purposesInWords(c, door)
  const mayWithdraw = hasScope(ctx, 'privacy:write')
  return html`<section><h2>${texts.consents}</h2>${listView<ConsentView>(view, {
    caption: texts.consents,
    path: `/console/payers/${payerId}`,
    query: new URLSearchParams(),
    filters: [],
    rows: { ...rows, next_cursor: null },
    href: null,
    empty: texts.noConsents,
    refused: null,
    columns: [
      { head: texts.purposeOfConsent, cell: consent => title(consent.purpose) },
      {
        head: texts.state,
        cell: consent =>
          consent.withdrawn_at === null
            ? state('good', texts.living)
            : html`${state('note', texts.withdrawn)} ${time(view, consent.withdrawn_at)}`,
      },
      { head: texts.given, cell: consent => time(view, consent.accepted_at) },
      { head: texts.text, cell: consent => html`<code>${consent.text_version}</code>` },
      ...(mayWithdraw
        ? [
            {
              head: texts.withdraw,
              cell: (consent: ConsentView) =>
                consent.withdrawn_at === null
                  ? html`<a href="/console/payers/${payerId}/consents/${consent.id}/withdraw">${texts.withdraw}<span class="sr">: ${title(consent.purpose)}</span></a>`
                  : '–',
            },
          ]
        : []),
    ],
  })}</section>`
}

/** Who outside was told what about the person. */
async function disclosuresOf(c: ConsoleContext, door: ConsoleDoor, payerId: string): Promise<Html | ''> {
  const ctx = door.ctxOf(c)
  if (!hasScope(ctx, 'privacy:read')) return ''
  const { view } = c.var
  const texts = DISCLOSURE_TEXTS[view.language]
  const rows = await listPayerDisclosures(ctx, payerId, { limit: SHOWN })
  const { title } = await purposesInWords(c, door)
  return html`<section><h2>${texts.title}</h2>${listView<DisclosureView>(view, {
    caption: texts.caption,
    path: `/console/payers/${payerId}`,
    query: new URLSearchParams(),
    filters: [],
    rows: { ...rows, next_cursor: null },
    href: row => `/console/disclosures/${row.id}`,
    empty: texts.emptyAll,
    refused: null,
    columns: disclosureColumns(view, title),
  })}</section>`
}

async function happenedTo(c: ConsoleContext, door: ConsoleDoor, payerId: string): Promise<Html | ''> {
  const ctx = door.ctxOf(c)
  if (!hasScope(ctx, 'audit:read')) return ''
  const { view } = c.var
  const { title } = await purposesInWords(c, door)
  const { data } = await listAuditLog(ctx, { payer: payerId, limit: SHOWN })
  const more = html`<p><a href="/console/audit?payer=${payerId}">${PAYER_TEXTS[view.language].moreInAudit}</a></p>`
  return timeline(
    view,
    data.map(entry => happeningOf(view, entry, title)),
    more,
  )
}
