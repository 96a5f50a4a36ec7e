// The languages of the console: which one a reader wants, and what all catalogues share.
import { LANGUAGES, type Language } from '../../domain/languages.ts'

/** Each language by its own name. */
export const LANGUAGE_NAMES: Record<Language, string> = { en: 'English', ja: '日本語', mn: 'Монгол' }

/** What another language must say once English says it: the same keys, with the same things to fill in. */
export type Words<English> = {
  readonly [Key in keyof English]: English[Key] extends string
    ? string
    : English[Key] extends (...given: infer Given) => string
      ? (...given: Given) => string
      : Words<English[Key]>
}

export type Catalogue<English> = Readonly<Record<Language, Words<English>>>

export const isLanguage = (text: string | undefined): text is Language =>
  (LANGUAGES as readonly (string | undefined)[]).includes(text)

/** The first language of an Accept-Language header that there is; English otherwise. */
export function preferredLanguage(header: string | undefined): Language {
  const wanted = (header ?? '').split(',').map(part => part.trim().slice(0, 2).toLowerCase())
  return wanted.find(isLanguage) ?? 'en'
}

const rules = new Map<Language, Intl.PluralRules>()

/** `{ one: 'row', other: 'rows' }` by the language's own rule, with the number in front of it. */
export function counted(language: Language, count: number, forms: { one?: string; other: string }): string {
  let rule = rules.get(language)
  if (!rule) {
    rule = new Intl.PluralRules(language)
    rules.set(language, rule)
  }
  const form = rule.select(count) === 'one' ? (forms.one ?? forms.other) : forms.other
  return form.replace('#', new Intl.NumberFormat(language).format(count))
}
