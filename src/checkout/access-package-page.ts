// The access package as a page that a person can read, print and keep: the same as the JSON, in their language.
import { html } from 'hono/html'
import { fillText, type Language } from '../domain/languages.ts'
import type { AccessPackage } from '../domain/privacy/build-access-package.ts'
import { titleOfSection } from '../domain/privacy/held-titles.ts'
import { PERSONAL_FIELDS } from '../domain/privacy/personal-fields.ts'
import { RETENTION_RECORDS } from '../domain/privacy/retention-records.ts'
import { labelOf, packageWord, valueInWords } from './access-package-texts.ts'
import { formatAmount } from './format-amount.ts'
import { instantOf } from './format-time.ts'
import { PRIVACY_TEXTS } from './privacy-texts.ts'
import { frame } from './rights-page.ts'

type Html = ReturnType<typeof html>
type Held = AccessPackage['held'][string]
/** The titles of purposes by name, in the reader's language. */
type Reader = { language: Language; purposes: ReadonlyMap<string, string> }

export function accessPackagePage(held: AccessPackage, language: Language): Html {
  const word = (name: Parameters<typeof packageWord>[0]) => packageWord(name, language)
  const reader = { language, purposes: new Map(held.purposes.map(({ name, title }) => [name, title[language]])) }
  const title = fillText(word('title'), { merchant: held.company })
  return frame(
    { language, title, wide: true },
    html`
<p class="merchant">${held.company}</p>
<h1>${title}</h1>
<p class="soft">${fillText(word('made'), { date: instantOf(new Date(held.made_at), language), region: held.region })}</p>
${Object.entries(held.held).map(([name, found]) => section(name, found, reader))}
<section><h2>${word('purposes')}</h2>
${held.purposes.map(
  purpose => html`<article><p><strong>${purpose.title[language]}</strong></p><p>${purpose.text[language]}</p><dl>
<dt>${word('basis')}</dt><dd>${PRIVACY_TEXTS[language].bases[purpose.basis].title}</dd>
<dt>${word('fields')}</dt><dd>${purpose.fields.map(field => PERSONAL_FIELDS[field][language]).join(', ')}</dd>
${purpose.recipients.length > 0 ? html`<dt>${word('recipients')}</dt><dd>${purpose.recipients.map(({ name, label, does }) => `${label?.[language] ?? name}: ${does[language]}`).join('; ')}</dd>` : ''}
${purpose.retention.length > 0 ? html`<dt>${word('retention')}</dt><dd>${purpose.retention.map(({ record, days }) => `${RETENTION_RECORDS[record].what[language]}: ${keptFor(days, language)}`).join('; ')}</dd>` : ''}
</dl></article>`,
)}</section>
<section><h2>${word('automated')}</h2>
${held.automated_decisions.map(({ title, logic }) => html`<article><p><strong>${title[language]}</strong></p><p>${logic[language]}</p></article>`)}</section>`,
  )
}

const keptFor = (days: number | null, language: Language): string =>
  days === null ? packageWord('untilErased', language) : fillText(packageWord('days', language), { days: String(days) })

function section(name: string, { rows, complete }: Held, reader: Reader): Html {
  const { language } = reader
  return html`<section><h2>${titleOfSection(name, language)}</h2>
${rows.length === 0 ? html`<p class="soft">${packageWord('none', language)}</p>` : rows.map(row => html`<article>${members(row, reader)}</article>`)}
${complete ? '' : html`<p>${packageWord('incomplete', language)}</p>`}</section>`
}

/** Members without a value are left out; those within a member stand in a list of their own. */
function members(row: Record<string, unknown>, reader: Reader): Html {
  const given = Object.entries(row).filter(([, value]) => value !== null && value !== '' && !isEmpty(value))
  const currency = typeof row.currency === 'string' ? row.currency : null
  return html`<dl>${given.map(([name, value]) => html`<dt>${labelOf(name, reader.language)}</dt><dd>${shown(name, value, currency, reader)}</dd>`)}</dl>`
}

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/

function shown(name: string, value: unknown, currency: string | null, reader: Reader): Html | string {
  const { language, purposes } = reader
  if (name === 'metadata') return asWritten(value as Record<string, unknown>)
  if (name === 'purpose') return purposes.get(String(value)) ?? String(value)
  if (/(^|_)(at|by)$/.test(name) && INSTANT.test(String(value))) return instantOf(new Date(String(value)), language)
  if (/^amount/.test(name) && typeof value === 'number')
    return currency ? formatAmount(value, currency, language) : `${value} ${packageWord('smallestUnit', language)}`
  if (Array.isArray(value)) {
    const ofFields = /(^|_)fields$/.test(name)
    return value
      .map(one => (typeof one === 'object' ? JSON.stringify(one) : ofFields ? labelOf(one, language) : String(one)))
      .join(', ')
  }
  return value !== null && typeof value === 'object'
    ? members(value as Record<string, unknown>, reader)
    : valueInWords(name, value as string | number | boolean, language)
}

/** Whoever wrote notes named their members too. */
const asWritten = (notes: Record<string, unknown>): Html =>
  html`<dl>${Object.entries(notes).map(([name, value]) => html`<dt>${name}</dt><dd>${String(value)}</dd>`)}</dl>`

const isEmpty = (value: unknown): boolean =>
  value !== null && typeof value === 'object' && (Array.isArray(value) ? value : Object.keys(value)).length === 0
