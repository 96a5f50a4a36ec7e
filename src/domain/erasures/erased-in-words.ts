// What a preview of an erasure or its receipt names, in the reader's language.
import type { Language } from '../languages.ts'
import { HELD_TITLES } from '../privacy/held-titles.ts'
import { WHAT_GOES } from './what-goes.ts'
import { WHAT_STAYS } from './what-stays.ts'

/** The name itself for what an earlier version erased. */
export function erasedInWords(name: string, language: Language): string {
  const table = [...WHAT_GOES, ...WHAT_STAYS].find(kind => kind.name === name)?.table
  return table ? HELD_TITLES[table][language] : name
}

export const reasonInWords = (name: string, language: Language): string =>
  WHAT_STAYS.find(kind => kind.name === name)?.why[language] ?? ''
