// How times, numbers, ids and states are written, in the reader's language.
import { html } from 'hono/html'
import type { Language } from '../domain/languages.ts'
import { type IconName, icon } from './icons.ts'
import type { Html, View } from './view.ts'

/** Mongolian dates are written year first, as Swedish ones are, whose rules every browser has. */
const RULES: Readonly<Record<Language, readonly [string, 'medium' | 'short']>> = {
  en: ['en-GB', 'medium'],
  ja: ['ja', 'medium'],
  mn: ['sv-SE', 'short'],
}
const formats = new Map<string, Intl.DateTimeFormat>()

function dateFormat(language: Language, withTime: boolean): Intl.DateTimeFormat {
  const name = `${language} ${withTime}`
  let format = formats.get(name)
  if (!format) {
    const [locale, dateStyle] = RULES[language]
    format = new Intl.DateTimeFormat(locale, {
      dateStyle,
      ...(withTime ? { timeStyle: 'short' } : {}),
      timeZone: 'UTC',
    })
    formats.set(name, format)
  }
  return format
}

/** In UTC, and said so; the script writes it in the reader's own zone and keeps this one as the title. */
export function time(view: View, iso: string | null): Html {
  if (iso === null) return html`<span class="soft">–</span>`
  const text = `${dateFormat(view.language, true).format(new Date(iso))} UTC`
  return html`<time datetime="${iso}" title="${text}">${text}</time>`
}

export const day = (view: View, iso: string): Html =>
  html`<time datetime="${iso.slice(0, 10)}">${dateFormat(view.language, false).format(new Date(iso))}</time>`

export const number = (view: View, value: number): string =>
  new Intl.NumberFormat(view.language).format(value).replace('-', '\u2212')

const HEAD = 10
const TAIL = 4

/** Shortened in the middle; the whole of it is in the title and behind the copy button, which the script shows. */
export function id(view: View, text: string): Html {
  const short = text.length > HEAD + TAIL + 1 ? `${text.slice(0, HEAD)}…${text.slice(-TAIL)}` : text
  return html`<span class="id"><code title="${text}">${short}</code>${copyButton(view, text)}</span>`
}

/** For a detail page, where there is room. */
export const wholeId = (view: View, text: string): Html =>
  html`<span class="id"><code>${text}</code>${copyButton(view, text)}</span>`

const copyButton = (view: View, text: string): Html =>
  html`<button type="button" class="copy" data-copy="${text}" hidden>${view.words.detail.copy}<span class="sr"> ${text}</span></button>`

export type Tone = 'good' | 'wait' | 'bad' | 'note'

/** A state: a colour, and always a word and a picture with it. */
export const state = (tone: Tone, word: string, picture: IconName = tone): Html =>
  html`<span class="state ${tone}">${icon(picture)} ${word}</span>`

/** A link where the reader's role opens payers; the bare text otherwise. */
export const payerLink = (view: View, payerId: string, text: Html | string = id(view, payerId)): Html =>
  view.staff?.scopes.has('payers:read') ? html`<a href="/console/payers/${payerId}">${text}</a>` : html`${text}`
