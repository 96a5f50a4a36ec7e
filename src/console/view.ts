// What every page knows of its request: the language, the colours, who is signed in, and how forms prove where they are from.
import type { html } from 'hono/html'
import { isLanguage, type Language, languageOf } from '../domain/languages.ts'
import type { StaffSession } from '../domain/staff-sessions/staff-session.ts'
import { FRAME_TEXTS } from './texts/frame-texts.ts'

export type Html = ReturnType<typeof html>

export const SCHEMES = ['auto', 'light', 'dark'] as const
type Scheme = (typeof SCHEMES)[number]

export type View = {
  language: Language
  scheme: Scheme
  words: (typeof FRAME_TEXTS)[Language]
  /** The path and query of this page, to come back to. */
  here: string
  staff: StaffSession | null
  /** What each form carries; null while nobody is signed in. */
  formToken: string | null
}

const isScheme = (text: string | undefined): text is Scheme =>
  (SCHEMES as readonly (string | undefined)[]).includes(text)

/** `choice` is the cookie's `language.scheme`; without it the browser's own language and colours. */
export function viewOf(given: { choice: string | undefined; acceptLanguage: string | undefined; here: string }): View {
  const [first, second] = (given.choice ?? '').split('.')
  const language = isLanguage(first) ? first : languageOf(given.acceptLanguage)
  return {
    language,
    scheme: isScheme(second) ? second : 'auto',
    words: FRAME_TEXTS[language],
    here: given.here,
    staff: null,
    formToken: null,
  }
}
