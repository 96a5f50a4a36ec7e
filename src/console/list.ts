// The pattern of every list: filters that stand in the URL, a header that sticks, rows that are links, older and newer.
import { html } from 'hono/html'
import type { Page } from '../domain/page.ts'
import { type Field, fieldRows, type Refused, refusalSummary } from './form.ts'
import type { Html, View } from './view.ts'

export type Column<Row> = {
  head: string
  cell: (row: Row) => Html | string
  /** `main` is the link of the row; `number` stands to the right. */
  kind?: 'main' | 'number'
}

export type List<Row> = {
  /** Names the table for those who do not see it. */
  caption: string
  path: string
  query: URLSearchParams
  filters: readonly Field[]
  columns: readonly Column<Row>[]
  rows: Page<Row>
  href: ((row: Row) => string) | null
  /** Why it is empty, and what to do. */
  empty: Html | string
  refused: Refused | null
}

/** A filter by one of a closed list of values, or by none. */
export const anyOf = <Value extends string>(
  view: View,
  field: { name: string; label: string; values: readonly Value[]; words: Readonly<Record<Value, string>> },
): Field => {
  const { name, label, values, words } = field
  const any = { value: '', label: view.words.list.any }
  return { kind: 'select', name, label, options: [any, ...values.map(value => ({ value, label: words[value] }))] }
}

/** How many pages back can be walked one by one; beyond, there is the way to the newest. */
const TRAIL_MAX = 40

export const listView = <Row>(
  view: View,
  list: List<Row>,
): Html => html`${refusalSummary(view, list.refused, list.filters)}
${list.filters.length === 0 ? '' : filterRow(view, list)}
${
  list.rows.data.length === 0
    ? html`<div class="empty">${list.empty}</div>`
    : html`<table class="rows" role="table"><caption class="sr">${list.caption}</caption>
<thead role="rowgroup"><tr role="row">${list.columns.map(({ head, kind }) => html`<th role="columnheader" scope="col"${kind === 'number' ? html` class="number"` : ''}>${head}</th>`)}</tr></thead>
<tbody role="rowgroup">${list.rows.data.map(row => bodyRow(list, row))}</tbody></table>`
}
${pager(view, list)}`

const bodyRow = <Row>(list: List<Row>, row: Row): Html =>
  html`<tr role="row">${list.columns.map(({ head, cell, kind }) => {
    const content = cell(row)
    const linked = kind === 'main' && list.href ? html`<a class="row" href="${list.href(row)}">${content}</a>` : content
    return html`<td role="cell" data-head="${head}"${kind ? html` class="${kind}"` : ''}><div>${linked}</div></td>`
  })}</tr>`

const filterRow = <Row>(
  view: View,
  { path, query, filters, refused }: List<Row>,
): Html => html`<form method="get" action="${path}" class="filters" role="search">
${fieldRows(view, filters, query, refused)}
<div class="buttons"><button class="main">${view.words.list.apply}</button>${
  filters.some(({ name }) => query.get(name)) ? html`<a class="quiet" href="${path}">${view.words.list.clear}</a>` : ''
}</div></form>`

/** The cursors of the pages before this one stand in the URL too: `trail=a.b` with an empty one for the first page. */
function pager<Row>(view: View, { path, query, rows }: List<Row>): Html {
  const { list } = view.words
  const cursor = query.get('cursor') ?? ''
  const trail = query.has('trail') ? (query.get('trail') as string).split('.') : []
  const older = rows.next_cursor
  const links = [
    ...(cursor === '' ? [] : [html`<a href="${withCursor(path, query, '', [])}">${list.newest}</a>`]),
    ...(trail.length === 0
      ? []
      : [
          html`<a href="${withCursor(path, query, trail.at(-1) as string, trail.slice(0, -1))}" rel="prev">${list.newer}</a>`,
        ]),
    ...(older === null
      ? []
      : [
          html`<a href="${withCursor(path, query, older, [...trail, cursor].slice(-TRAIL_MAX))}" rel="next">${list.older}</a>`,
        ]),
  ]
  const shown = html`<p role="status">${list.shown(rows.data.length)}</p>`
  // A list without other pages is no place to navigate.
  if (links.length === 0) return html`<div class="pager">${shown}</div>`
  return html`<nav class="pager" aria-label="${list.pages}">${shown}${links}</nav>`
}

function withCursor(path: string, query: URLSearchParams, cursor: string, trail: string[]): string {
  const next = new URLSearchParams(query)
  next.delete('cursor')
  next.delete('trail')
  if (cursor !== '') {
    next.set('cursor', cursor)
    next.set('trail', trail.join('.'))
  }
  return next.size === 0 ? path : `${path}?${next}`
}

/** The filters that are set, as the verb takes them; a day becomes its first moment. */
export function filtersOf(query: URLSearchParams, filters: readonly Field[]): Record<string, string> {
  const wanted: Record<string, string> = {}
  for (const { name, kind } of filters) {
    const value = query.get(name)?.trim()
    if (value) wanted[name] = kind === 'date' ? `${value}T00:00:00Z` : value
  }
  const cursor = query.get('cursor')
  if (cursor) wanted.cursor = cursor
  return wanted
}
