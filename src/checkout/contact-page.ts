// The page for questions, wishes and complaints: one form that works without a script, and what comes after it.
import { html } from 'hono/html'
import { INQUIRY_KINDS, type InquiryKind, MESSAGE_MAX, TERM_DAYS } from '../domain/inquiries/inquiry.ts'
import { fillText, type Language } from '../domain/languages.ts'
import { CONTACT_TEXTS } from './contact-texts.ts'
import { languageLinks } from './language-links.ts'

/** What was typed; nothing of it is lost when something is wrong. */
export type ContactFields = { kind: string; message: string; email: string; name: string }
export type ContactFault = 'kind' | 'message' | 'messageLong' | 'email' | 'name' | 'card' | 'tooSoon' | 'stale' | 'busy'
/** `at` is the field that the fault is beside; null for one that is about the whole form. */
export type ContactError = { at: keyof ContactFields | null; fault: ContactFault }

export type ContactPage = {
  language: Language
  merchant: string
  /** Where the form goes, with its language. */
  path: string
  stamp: string
  fields: ContactFields
  errors: readonly ContactError[]
}

export const EMPTY_FIELDS: ContactFields = { kind: '', message: '', email: '', name: '' }

export function contactPage(page: ContactPage) {
  const { language, merchant, path, stamp, fields, errors } = page
  const texts = CONTACT_TEXTS[language]
  const title = fillText(texts.title, { merchant })
  return frame(
    language,
    path,
    errors.length > 0 ? `${texts.errorPrefix}: ${title}` : title,
    html`<h1>${title}</h1>
${summary(page)}
<p>${texts.intro}</p>
<p class="warning"><span aria-hidden="true">⚠</span> ${texts.noCards}</p>
<form method="post" action="${path}?lang=${language}" novalidate>
<input type="hidden" name="stamp" value="${stamp}">
<fieldset id="kind" tabindex="-1" ${describedBy(page, 'kind')}>
<legend>${texts.kind}</legend>
${errorBeside(page, 'kind')}
${INQUIRY_KINDS.map(kind => kindChoice(page, kind))}
</fieldset>
<div class="field">
<label for="message">${texts.message}</label>
<p class="hint" id="message-hint">${texts.messageHint}</p>
${errorBeside(page, 'message')}
<textarea id="message" name="message" rows="8" maxlength="${MESSAGE_MAX}" required ${describedBy(page, 'message', 'message-hint')}>${fields.message}</textarea>
</div>
<div class="field">
<label for="email">${texts.email}</label>
<p class="hint" id="email-hint">${texts.emailHint}</p>
${errorBeside(page, 'email')}
<input id="email" name="email" type="email" inputmode="email" autocomplete="email" spellcheck="false" maxlength="254" required value="${fields.email}" ${describedBy(page, 'email', 'email-hint')}>
</div>
<div class="field">
<label for="name">${texts.name} <span class="soft">(${texts.optional})</span></label>
${errorBeside(page, 'name')}
<input id="name" name="name" autocomplete="name" maxlength="200" value="${fields.name}" ${describedBy(page, 'name')}>
</div>
<div class="unseen" aria-hidden="true"><label for="website">${texts.website}</label><input id="website" name="website" tabindex="-1" autocomplete="off"></div>
<button type="submit">${texts.send}</button>
</form>
<p class="soft">${texts.privacy} <a href="/privacy?lang=${language}">${texts.privacyLink}</a></p>`,
  )
}

export function thanksPage({ language, merchant, path }: Pick<ContactPage, 'language' | 'merchant' | 'path'>) {
  const texts = CONTACT_TEXTS[language]
  return frame(
    language,
    path,
    texts.thanks,
    html`<p class="soft">${merchant}</p>
<h1 class="good"><span aria-hidden="true">✓</span> ${texts.thanks}</h1>
<p>${texts.thanksMore}</p>
<p><a href="${path}?lang=${language}">${texts.again}</a></p>`,
  )
}

/** For an address that is no tenant's, and for what failed before or behind the form. */
export function contactProblemPage(language: Language, path: string, kind: 'missing' | 'failed') {
  const texts = CONTACT_TEXTS[language]
  const [title, more] = kind === 'missing' ? [texts.missing, texts.missingMore] : [texts.failed, texts.failedMore]
  return frame(language, path, title, html`<h1>${title}</h1><p>${more}</p>`)
}

type Html = ReturnType<typeof html>

/** In view and in focus when the page opens, with a way to each field. */
function summary({ language, errors }: ContactPage) {
  if (errors.length === 0) return ''
  const texts = CONTACT_TEXTS[language]
  return html`<div class="summary" role="alert" tabindex="-1" autofocus aria-labelledby="summary-title">
<h2 id="summary-title">${texts.errorSummary}</h2>
<ul>${errors.map(({ at, fault }) => html`<li>${at === null ? texts.errors[fault] : html`<a href="#${at}">${texts.errors[fault]}</a>`}</li>`)}</ul>
</div>`
}

function errorBeside({ language, errors }: ContactPage, field: keyof ContactFields) {
  const error = errors.find(({ at }) => at === field)
  if (!error) return ''
  return html`<p class="error" id="${field}-error"><span aria-hidden="true">✗</span> ${CONTACT_TEXTS[language].errors[error.fault]}</p>`
}

function describedBy({ errors }: ContactPage, field: keyof ContactFields, hint?: string) {
  const wrong = errors.some(({ at }) => at === field)
  const ids = [hint, wrong ? `${field}-error` : undefined].filter(id => id !== undefined).join(' ')
  const invalid = wrong && field !== 'kind' ? html`aria-invalid="true"` : ''
  return html`${ids === '' ? '' : html`aria-describedby="${ids}"`} ${invalid}`
}

function kindChoice({ language, fields }: ContactPage, kind: InquiryKind) {
  const texts = CONTACT_TEXTS[language]
  return html`<div class="choice"><input type="radio" id="kind-${kind}" name="kind" value="${kind}" ${fields.kind === kind ? html`checked` : ''} aria-describedby="kind-${kind}-hint"><label for="kind-${kind}">${texts.kinds[kind]}</label><p class="hint" id="kind-${kind}-hint">${fillText(texts.term, { days: String(TERM_DAYS[kind]) })}</p></div>`
}

const frame = (language: Language, path: string, title: string, body: Html) => html`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="stylesheet" href="/checkout/contact.css">
</head>
<body>
<header>${languageLinks(language, path)}</header>
<main>${body}</main>
</body>
</html>`
