// How days and times are written on pages for people outside: in their language, and in UTC, which a page of its own
// cannot turn into their zone.
import type { Language } from '../domain/languages.ts'

const format = (at: Date, language: Language, options: Intl.DateTimeFormatOptions): string =>
  new Intl.DateTimeFormat(language, { ...options, timeZone: 'UTC' }).format(at)

export const dayOf = (at: Date, language: Language): string => format(at, language, { dateStyle: 'long' })

export const timeOf = (at: Date, language: Language): string => format(at, language, { timeStyle: 'short' })

export const instantOf = (at: Date, language: Language): string =>
  `${format(at, language, { dateStyle: 'medium', timeStyle: 'medium' })} UTC`
