// What all catalogues of words share.
import type { Language } from '../../domain/languages.ts'

/** What another language must say once English says it: the same keys, with the same things to fill in. */
export type Words<English> = {
  readonly [Key in keyof English]: English[Key] extends string
    ? string
    : English[Key] extends (...given: infer Given) => string
      ? (...given: Given) => string
      : Words<English[Key]>
}

export type Catalogue<English> = Readonly<Record<Language, Words<English>>>

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
