// The same page in the other languages.
import { html } from 'hono/html'
import { LANGUAGE_NAMES, LANGUAGES, type Language } from '../domain/languages.ts'

const LABELS: Readonly<Record<Language, string>> = { en: 'Language', ja: '言語', mn: 'Хэл' }

export const languageLinks = (language: Language, path: string) =>
  html`<nav aria-label="${LABELS[language]}"><ul>${LANGUAGES.map(
    one =>
      html`<li><a href="${path}?lang=${one}" lang="${one}" hreflang="${one}"${one === language ? html` aria-current="true"` : ''}>${LANGUAGE_NAMES[one]}</a></li>`,
  )}</ul></nav>`
