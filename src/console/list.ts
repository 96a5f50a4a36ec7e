// The pattern of every list: filters that stand in the URL, a header that sticks, rows that are links, older and newer.
import { html } from 'hono/html'
import type { Page, Sort } from '../domain/page.ts'
import { type Field, fieldRows, type Refused, refusalSummary } from './form.ts'
import type { Html, View } from './view.ts'

export type Column<Row> = {
  head: string
  cell: (row: Row) => Html | string
  /** `main` is the link of the row; `number` stands to the right. */
  kind?: 'main' | 'number'
  /** Shows the time that the list goes by; its head turns the list round. */
  sorts?: true
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
  /** What comes first, where the list can be turned round. */
  sort?: Sort
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
    : html`<table class="rows" role="table"><caption class="sr">${list.caption}${list.sort ? `, ${view.words.list.first[list.sort]}` : ''}</caption>
<thead role="rowgroup"><tr role="row">${list.columns.map(column => headCell(view, list, column))}</tr></thead>
<tbody role="rowgroup">${list.rows.data.map(row => bodyRow(list, row))}</tbody></table>`
}
${pager(view, list)}`

function headCell<Row>(view: View, { path, query, sort }: List<Row>, { head, kind, sorts }: Column<Row>): Html {
  const number = kind === 'number' ? html` class="number"` : ''
  if (!sorts || !sort) return html`<th role="columnheader" scope="col"${number}>${head}</th>`
  const [other, order, arrow] =
    sort === 'newest' ? (['oldest', 'descending', '↓'] as const) : (['newest', 'ascending', '↑'] as const)
  const href = withQuery(path, query, { sort: other, cursor: null, trail: null })
  return html`<th role="columnheader" scope="col" aria-sort="${order}"${number}><a href="${href}">${head} <span aria-hidden="true">${arrow}</span><span class="sr">: ${view.words.list.first[other]}</span></a></th>`
}

const bodyRow = <Row>(list: List<Row>, row: Row): Html =>
  html`<tr role="row">${list.columns.map(({ head, cell, kind }) => {
    const content = cell(row)
    const linked = kind === 'main' && list.href ? html`<a class="row" href="${list.href(row)}">${content}</a>` : content
    return html`<td role="cell" data-head="${head}"${kind ? html` class="${kind}"` : ''}><div>${linked}</div></td>`
  })}</tr>`

const filterRow = <Row>(
  view: View,
  { path, query, filters, refused, sort }: List<Row>,
): Html => html`<form method="get" action="${path}" class="filters" role="search">
${sort === 'oldest' ? html`<input type="hidden" name="sort" value="oldest">` : ''}
${fieldRows(view, filters, query, refused)}
<div class="buttons"><button class="main">${view.words.list.apply}</button>${
  filters.some(({ name }) => query.get(name)) ? html`<a class="quiet" href="${path}">${view.words.list.clear}</a>` : ''
}</div></form>`

/** The cursors of the pages before this one stand in the URL too: `trail=a.b` with an empty one for the first page. */
function pager<Row>(view: View, { path, query, rows, sort = 'newest' }: List<Row>): Html {
  const { list } = view.words
  const cursor = query.get('cursor') ?? ''
  const trail = query.has('trail') ? (query.get('trail') as string).split('.') : []
  const next = rows.next_cursor
  const [ahead, behind] = sort === 'newest' ? [list.older, list.newer] : [list.newer, list.older]
  const to = (at: string, walked: string[]) =>
    withQuery(path, query, { cursor: at || null, trail: at ? walked.join('.') : null })
  const links = [
    ...(cursor === '' ? [] : [html`<a href="${to('', [])}">${list[sort]}</a>`]),
    ...(trail.length === 0
      ? []
      : [html`<a href="${to(trail.at(-1) as string, trail.slice(0, -1))}" rel="prev">${behind}</a>`]),
    ...(next === null
      ? []
      : [html`<a href="${to(next, [...trail, cursor].slice(-TRAIL_MAX))}" rel="next">${ahead}</a>`]),
  ]
  const shown = html`<p role="status">${list.shown(rows.data.length)}</p>`
  // A list without other pages is no place to navigate.
  if (links.length === 0) return html`<div class="pager">${shown}</div>`
  return html`<nav class="pager" aria-label="${list.pages}">${shown}${links}</nav>`
}

/** This page with some of its query changed; null takes away. */
function withQuery(path: string, query: URLSearchParams, changes: Record<string, string | null>): string {
  const next = new URLSearchParams(query)
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) next.delete(name)
    else next.set(name, value)
  }
  return next.size === 0 ? path : `${path}?${next}`
}

/** The filters that are set, and where the list stands, as the verb takes them; a day becomes its first moment. */
export function filtersOf(query: URLSearchParams, filters: readonly Field[]): Record<string, string> {
  const wanted: Record<string, string> = {}
  for (const { name, kind } of filters) {
    const value = query.get(name)?.trim()
    if (value) wanted[name] = kind === 'date' ? `${value}T00:00:00Z` : value
  }
  for (const name of ['cursor', 'sort']) {
    const value = query.get(name)
    if (value) wanted[name] = value
  }
  return wanted
}
