// Lists: newest first, or the other way round where a list takes `sort`; a cursor says after which row a page starts.
import { z } from 'zod'
import { invalidField } from './errors.ts'

export const PAGE_LIMIT_MAX = 100
const PAGE_LIMIT_DEFAULT = 20
const CURSOR_MAX = 200

export const pageQuery = {
  limit: z
    .string()
    .regex(/^\d{1,3}$/, 'must be a whole number from 1 to 100')
    .transform(Number)
    .refine(limit => limit >= 1 && limit <= PAGE_LIMIT_MAX, 'must be a whole number from 1 to 100')
    .default(PAGE_LIMIT_DEFAULT)
    .describe('How many rows a page has, 1 to 100; 20 unless told.'),
  cursor: z.string().min(1).max(CURSOR_MAX).optional().describe('The `next_cursor` of the page before.'),
}

/** What a list goes by is its key that grows with time. */
export const SORTS = ['newest', 'oldest'] as const
export type Sort = (typeof SORTS)[number]

export const sortQuery = {
  sort: z.enum(SORTS).default('newest').describe('What comes first: `newest` (default) or `oldest`.'),
}

const instant = z.iso.datetime({ offset: true, message: 'must be an RFC 3339 time' }).transform(text => new Date(text))

export const createdQuery = {
  created_from: instant.optional().describe('Rows created at or after this time.'),
  created_to: instant.optional().describe('Rows created before this time.'),
}

export type Page<Row> = { data: Row[]; next_cursor: string | null }

export const pageOf = <Row extends z.ZodType>(row: Row) =>
  z.object({ data: z.array(row), next_cursor: z.string().nullable() })

/** Cursors are opaque to callers: the sort key of the last row, in base64url. */
export const cursorOf = (key: string | number): string => Buffer.from(`k:${key}`).toString('base64url')

/** @throws validation_failed when the text is no cursor of ours */
export function keyOfCursor(cursor: string | undefined, form: RegExp): string | undefined {
  if (cursor === undefined) return undefined
  const text = /^[\w-]+$/.test(cursor) ? Buffer.from(cursor, 'base64url').toString('utf8') : ''
  const key = text.slice(2)
  if (!text.startsWith('k:') || !form.test(key)) {
    throw invalidField('/cursor', 'is not a cursor of this list: take next_cursor of an earlier page as it is')
  }
  return key
}

/** One row more than the limit was asked for: it says whether there is a next page. */
export function toPage<Row, Shown>(
  rows: Row[],
  limit: number,
  key: (row: Row) => string | number,
  show: (row: Row) => Shown,
): Page<Shown> {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  return { data: shown.map(show), next_cursor: rows.length > limit && last !== undefined ? cursorOf(key(last)) : null }
}
