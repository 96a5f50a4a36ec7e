// The list of payers by their short names, and finding one by e-mail.
import { Hono } from 'hono'
import { html } from 'hono/html'
import type { Page } from '../../domain/page.ts'
import { listPayers, searchPayers } from '../../domain/payers/list-payers.ts'
import type { PayerView } from '../../domain/payers/payer.ts'
import { requirePermission } from '../../domain/permissions.ts'
import { tryAction } from '../action.ts'
import { type RefusedAnswer, show } from '../answer.ts'
import { linkButton, titleLine } from '../detail.ts'
import type { ConsoleContext, ConsoleDoor, ConsoleEnv } from '../door.ts'
import { type Field, fieldRows, NOTHING_TYPED, refusalSummary } from '../form.ts'
import { id, time } from '../format.ts'
import { formToken } from '../layout.ts'
import { type Column, listView } from '../list.ts'
import { limitSession } from '../session.ts'
import { showList } from '../show-list.ts'
import { PAYER_TEXTS } from '../texts/payer-texts.ts'
import type { Html, View } from '../view.ts'

const PATH = '/console/payers'
/** As at the API: a few people a minute, never a harvest. */
const SEARCHES = { burst: 60, perSecond: 2 }

export function payersPages(door: ConsoleDoor) {
  const app = new Hono<ConsoleEnv>()
  const searches = limitSession(door, SEARCHES)

  app.get(PATH, c => {
    const texts = PAYER_TEXTS[c.var.view.language]
    const filters: Field[] = [
      { kind: 'search', name: 'short_name', label: texts.shortName, maxLength: 80 },
      { kind: 'search', name: 'external_ref', label: texts.externalRef, maxLength: 128 },
    ]
    return showList(c, door, {
      title: titleLine({ title: texts.title, lead: texts.lead, actions: [linkButton(`${PATH}/search`, texts.search)] }),
      name: texts.title,
      section: 'payers',
      path: PATH,
      filters,
      caption: texts.caption,
      columns: payerColumns(c.var.view),
      href: payer => `${PATH}/${payer.id}`,
      empty: filtered => (filtered ? texts.empty : texts.emptyAll),
      read: query => listPayers(door.ctxOf(c), query),
    })
  })

  app.get(`${PATH}/search`, c => {
    requirePermission(door.ctxOf(c), 'searchPayers')
    return searchPage(c, door, null, null)
  })

  app.post(`${PATH}/search`, c => {
    const form = door.formOf(c)
    return tryAction(
      c,
      door,
      async () => {
        searches(c)
        const found = await searchPayers(door.ctxOf(c), { email: form.get('email')?.trim() ?? '' })
        return searchPage(c, door, found, null)
      },
      refused => searchPage(c, door, null, refused),
    )
  })

  return app
}

/** What was typed is not put back: it is an address, and the page may stay open. */
function searchPage(
  c: ConsoleContext,
  door: ConsoleDoor,
  found: Page<PayerView> | null,
  refused: RefusedAnswer | null,
) {
  const { view } = c.var
  const texts = PAYER_TEXTS[view.language]
  const fields: Field[] = [
    { kind: 'email', name: 'email', label: texts.fields.email, hint: texts.searchHint, maxLength: 254 },
  ]
  const body = html`${titleLine({ title: texts.searchTitle, above: { path: PATH, label: texts.title } })}
${refusalSummary(view, refused, fields)}
<form method="post" action="${PATH}/search" class="form" novalidate>${formToken(view)}
${fieldRows(view, fields, NOTHING_TYPED, refused)}<div class="buttons"><button class="main">${texts.search}</button></div></form>
${found === null ? '' : html`<section>${foundList(view, found)}</section>`}`
  return show(c, door, { title: texts.searchTitle, section: 'payers', body }, refused?.status ?? 200)
}

const foundList = (view: View, found: Page<PayerView>): Html => {
  const texts = PAYER_TEXTS[view.language]
  return listView(view, {
    caption: texts.caption,
    path: PATH,
    query: new URLSearchParams(),
    filters: [],
    columns: payerColumns(view),
    rows: { ...found, next_cursor: null },
    href: payer => `${PATH}/${payer.id}`,
    empty: texts.searchNone,
    refused: null,
  })
}

function payerColumns(view: View): Column<PayerView>[] {
  const texts = PAYER_TEXTS[view.language]
  return [
    { head: texts.shortName, kind: 'main', cell: payer => payer.short_name },
    { head: texts.externalRef, cell: payer => payer.external_ref ?? '–' },
    { head: texts.sealed, cell: payer => sealedFields(view, payer) },
    { head: texts.since, sorts: true, cell: payer => time(view, payer.created_at) },
    { head: texts.id, cell: payer => id(view, payer.id) },
  ]
}

export const sealedFields = (view: View, { has }: Pick<PayerView, 'has'>): string =>
  has.map(field => PAYER_TEXTS[view.language].fields[field]).join(', ') || view.words.none
