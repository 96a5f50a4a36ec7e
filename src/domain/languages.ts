// The languages that people are written to in, and how one is chosen from what is known of a person.

export const LANGUAGES = ['en', 'ja', 'mn'] as const
export type Language = (typeof LANGUAGES)[number]

/** The language of a BCP 47 tag (`mn`, `ja-JP`); English for one that there is no text in. */
export function languageOf(tag: string | null | undefined): Language {
  const wanted = (tag ?? '').slice(0, 2).toLowerCase()
  return LANGUAGES.find(language => language === wanted) ?? 'en'
}

/** Puts values into the `{names}` of a text; a name without a value stays as it is. */
export const fillText = (text: string, values: Readonly<Record<string, string>>): string =>
  text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole)
