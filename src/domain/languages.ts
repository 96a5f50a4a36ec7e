// The languages that people are written to in, and how one is chosen from what is known of a person.

export const LANGUAGES = ['en', 'ja', 'mn'] as const
export type Language = (typeof LANGUAGES)[number]

/** Each language by its own name. */
export const LANGUAGE_NAMES: Readonly<Record<Language, string>> = { en: 'English', ja: '日本語', mn: 'Монгол' }

export const isLanguage = (text: string | undefined): text is Language =>
  (LANGUAGES as readonly (string | undefined)[]).includes(text)

/** Of a BCP 47 tag (`mn`, `ja-JP`) or an Accept-Language header the first that there is text in; English otherwise. */
export function languageOf(wanted: string | null | undefined): Language {
  const tags = (wanted ?? '').split(',').map(tag => tag.trim().slice(0, 2).toLowerCase())
  return tags.find(isLanguage) ?? 'en'
}

/** Puts values into the `{names}` of a text; a name without a value stays as it is. */
export const fillText = (text: string, values: Readonly<Record<string, string>>): string =>
  text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole)
