// A whole list page: reads by the verb with the filters of the URL, and shows what the verb refuses beside the filters.
import { html } from 'hono/html'
import { DomainError } from '../domain/errors.ts'
import type { Page } from '../domain/page.ts'
import { type RefusedAnswer, refusedBy, show } from './answer.ts'
import type { ConsoleContext, ConsoleDoor } from './door.ts'
import type { Field } from './form.ts'
import type { PageContent } from './layout.ts'
import { type Column, filtersOf, listView } from './list.ts'
import type { Html } from './view.ts'

type ListPage<Row> = {
  title: Html
  /** In the window's title. */
  name: string
  section: PageContent['section']
  path: string
  filters: readonly Field[]
  caption: string
  columns: readonly Column<Row>[]
  href: ((row: Row) => string) | null
  /** Whether filters are set decides what an empty list means. */
  empty: (filtered: boolean) => Html | string
  read: (query: Record<string, string>) => Promise<Page<Row>>
}

export async function showList<Row>(c: ConsoleContext, door: ConsoleDoor, list: ListPage<Row>): Promise<Response> {
  const query = new URL(c.req.url).searchParams
  const wanted = filtersOf(query, list.filters)
  let rows: Page<Row> = { data: [], next_cursor: null }
  let refused: RefusedAnswer | null = null
  try {
    rows = await list.read(wanted)
  } catch (error) {
    if (!(error instanceof DomainError && error.code === 'validation_failed')) throw error
    refused = refusedBy(c, door, error)
  }
  const filtered = list.filters.some(({ name }) => wanted[name] !== undefined)
  const { path, filters, caption, columns, href } = list
  const sort = wanted.sort === 'oldest' ? 'oldest' : 'newest'
  const body = html`${list.title}${listView(c.var.view, { path, query, filters, caption, columns, rows, href, sort, refused, empty: list.empty(filtered) })}`
  return show(c, door, { title: list.name, section: list.section, body }, refused?.status ?? 200)
}
