// The privacy page, made from the register in force: what it says is what the vault enforces.
import { html } from 'hono/html'
import { fillText, type Language } from '../domain/languages.ts'
import { PERSONAL_FIELDS } from '../domain/privacy/personal-fields.ts'
import { BASES, type Purpose } from '../domain/privacy/register.ts'
import { daysKept, type RegisterInForce } from '../domain/privacy/register-in-force.ts'
import { RETENTION_RECORD_NAMES, type RetentionRecordName, recordOf } from '../domain/privacy/retention-records.ts'
import { dayOf } from './format-time.ts'
import { languageLinks } from './language-links.ts'
import { PRIVACY_TEXTS } from './privacy-texts.ts'

export type PrivacyPage = {
  merchant: string
  region: string
  register: RegisterInForce
  language: Language
  /** The page's own path, and those of the forms for people's requests and for questions. */
  path: string
  rightsPath: string
  contactPath: string
}

const PARTS = ['purposes', 'recipientsTitle', 'keptTitle', 'rights'] as const

type Html = ReturnType<typeof html>

export function privacyPage(page: PrivacyPage) {
  const { merchant, region, register, language } = page
  const texts = PRIVACY_TEXTS[language]
  return html`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${texts.title} – ${merchant}</title>
<link rel="stylesheet" href="/privacy/style.css">
</head>
<body>
<header><p class="merchant">${merchant}</p>${languageLinks(language, page.path)}</header>
<main>
<h1>${texts.title}</h1>
<p class="lead">${fillText(texts.intro, { merchant })}</p>
<p class="soft">${versionLine(register, language)}</p>
<div class="facts">
<section><h2>${texts.region}</h2><p>${aroundCode(texts.regionMore, region)}</p></section>
<section><h2>${texts.names}</h2><p>${texts.namesMore}</p></section>
<section><h2>${texts.cards}</h2><p>${texts.cardsMore}</p></section>
</div>
<nav class="parts" aria-label="${texts.parts}"><ul>${PARTS.map(part => html`<li><a href="#${part}">${texts[part]}</a></li>`)}</ul></nav>
<h2 class="part" id="purposes">${texts.purposes}</h2>
<p>${texts.purposesMore}</p>
${BASES.map(basis => basisGroup(register, basis, language))}
<h2 class="part" id="recipientsTitle">${texts.recipientsTitle}</h2>
<p>${texts.recipientsMore}</p>
${table([texts.recipient, texts.does], recipientsOf(register, language))}
<h2 class="part" id="keptTitle">${texts.keptTitle}</h2>
<p>${texts.keptMore}</p>
${table([texts.record, texts.howLong], keptRows(register, language))}
<h2 class="part" id="rights">${texts.rights}</h2>
<ul>${texts.rightsList.split('|').map(right => html`<li>${right}</li>`)}</ul>
<p>${texts.rightsMore}</p>
<p><a class="action" href="${page.rightsPath}?lang=${language}">${texts.rightsForm}</a></p>
<p><a class="action" href="${page.contactPath}?lang=${language}">${texts.contact}</a></p>
</main>
</body>
</html>`
}

function versionLine({ version, publishedAt }: RegisterInForce, language: Language): string {
  const texts = PRIVACY_TEXTS[language]
  if (publishedAt === null) return fillText(texts.builtIn, { version: String(version) })
  const date = dayOf(publishedAt, language)
  return fillText(texts.register, { version: String(version), date })
}

function aroundCode(text: string, region: string): Html {
  const [before = '', after = ''] = text.split('{region}')
  return html`${before}<strong class="code">${region}</strong>${after}`
}

/** The purposes of one basis, under a heading that says what the reader can do about them. */
function basisGroup(register: RegisterInForce, basis: Purpose['basis'], language: Language): Html | string {
  const purposes = register.purposes.filter(purpose => purpose.basis === basis)
  if (purposes.length === 0) return ''
  const { title, more } = PRIVACY_TEXTS[language].bases[basis]
  return html`<section class="basis"><h3>${title}</h3><p class="soft">${more}</p>
<div class="purposes">${purposes.map(purpose => purposeCard(purpose, language))}</div></section>`
}

function purposeCard({ name, title, text, fields, recipients }: Purpose, language: Language): Html {
  const texts = PRIVACY_TEXTS[language]
  const list = new Intl.ListFormat(language, { type: 'conjunction' })
  return html`<article id="${name}"><h4>${title[language]}</h4><p>${text[language]}</p><dl>
<dt>${texts.used}</dt><dd>${list.format(fields.map(field => PERSONAL_FIELDS[field][language]))}</dd>
<dt>${texts.recipients}</dt><dd>${recipients.length > 0 ? list.format(recipients.map(one => labelOf(one, language))) : texts.nobody}</dd>
</dl></article>`
}

function recipientsOf({ purposes }: RegisterInForce, language: Language): [string, string][] {
  const all = purposes.flatMap(({ recipients }) => recipients)
  return [...new Map(all.map(one => [labelOf(one, language), one.does[language]] as const))]
}

const labelOf = ({ name, label }: Purpose['recipients'][number], language: Language) => label?.[language] ?? name

function keptRows(register: RegisterInForce, language: Language): [string, string][] {
  return RETENTION_RECORD_NAMES.map(record => [recordOf(record).what[language], howLong(register, record, language)])
}

function howLong(register: RegisterInForce, name: RetentionRecordName, language: Language): string {
  const texts = PRIVACY_TEXTS[language]
  const record = recordOf(name)
  const days = daysKept(register, name)
  if (days === null) return texts.untilErased
  const since = record.since?.[language] ?? ''
  if (record.kind === 'kept_by_law') return fillText(texts.byLaw, { days: duration(days, language), since })
  return language === 'en' ? `${duration(days, language)} ${since}` : `${since} ${duration(days, language)}`
}

/** `10 years` where the days make whole years, else `90 days`. */
function duration(days: number, language: Language): string {
  const years = Math.round(days / 365.25)
  const whole = years > 0 && Math.abs(years * 365.25 - days) <= 1
  const format = { style: 'unit', unit: whole ? 'year' : 'day', unitDisplay: 'long' } as const
  return new Intl.NumberFormat(language, format).format(whole ? years : days)
}

const table = (head: [string, string], rows: [string, string][]) =>
  html`<table><thead><tr>${head.map(cell => html`<th scope="col">${cell}</th>`)}</tr></thead><tbody>${rows.map(
    ([name, value]) => html`<tr><th scope="row">${name}</th><td>${value}</td></tr>`,
  )}</tbody></table>`
