// The mails that panless sends, by name, with the values that each one takes; their texts stand one file per language.
import { fillText, type Language } from '../languages.ts'
import { MAIL_TEXTS_EN } from './texts-en.ts'
import { MAIL_TEXTS_JA } from './texts-ja.ts'
import { MAIL_TEXTS_MN } from './texts-mn.ts'

/**
 * `staff`: read by people of the company, so it never holds more of a person than a short name. `purpose`: of the
 * register, for which the address on file is opened.
 */
export const MAIL_TEMPLATES = {
  identity_code: {
    reader: 'person',
    purpose: 'rights_request',
    data: ['merchant', 'request', 'code', 'minutes', 'link'],
  },
  request_received: { reader: 'person', purpose: 'rights_request', data: ['merchant', 'request', 'deadline', 'link'] },
  request_extended: {
    reader: 'person',
    purpose: 'rights_request',
    data: ['merchant', 'request', 'deadline', 'reason'],
  },
  request_package: { reader: 'person', purpose: 'rights_request', data: ['merchant', 'request', 'link', 'until'] },
  request_done: { reader: 'person', purpose: 'rights_request', data: ['merchant', 'request', 'link'] },
  request_erasing: { reader: 'person', purpose: 'rights_request', data: ['merchant', 'request', 'link'] },
  request_refused: { reader: 'person', purpose: 'rights_request', data: ['merchant', 'request', 'reason'] },
  inquiry_received: { reader: 'person', purpose: 'answer_messages', data: ['merchant', 'inquiry', 'deadline'] },
  inquiry_answered: { reader: 'person', purpose: 'answer_messages', data: ['merchant', 'inquiry', 'message'] },
  contact_changed: { reader: 'person', purpose: 'service_notices', data: ['merchant'] },
  desk_reminder: { reader: 'staff', purpose: 'keep_service_running', data: ['overdue', 'soon'] },
} as const satisfies Record<string, { reader: 'person' | 'staff'; purpose: string; data: readonly string[] }>

export type MailTemplate = keyof typeof MAIL_TEMPLATES
export type MailData<Template extends MailTemplate> = Record<(typeof MAIL_TEMPLATES)[Template]['data'][number], string>

/** A line that is one `{name}` of a link stands as a link in HTML. */
export type MailText = { subject: string; lines: readonly string[] }
export type MailTexts = Readonly<Record<MailTemplate, MailText>>

const TEXTS: Readonly<Record<Language, MailTexts>> = { en: MAIL_TEXTS_EN, ja: MAIL_TEXTS_JA, mn: MAIL_TEXTS_MN }

export type RenderedMail = { subject: string; text: string; html: string }

/** The mail in a language: a plain text, and the same as simple HTML. */
export function renderMail(template: MailTemplate, language: Language, data: Record<string, string>): RenderedMail {
  const { subject, lines } = TEXTS[language][template]
  const plain = Object.fromEntries(Object.entries(data).map(([name, value]) => [name, oneLine(value)]))
  const filled = lines.flatMap(line => paragraphsOf(line, data) ?? [fillText(line, plain)])
  const paragraphs = filled.map(line => `<p>${/^https?:\/\/\S+$/.test(line) ? anchor(line) : escapeHtml(line)}</p>`)
  return {
    subject: fillText(subject, plain),
    text: `${filled.join('\n\n')}\n`,
    html: `<!doctype html>\n<html lang="${language}"><body>\n${paragraphs.join('\n')}\n</body></html>\n`,
  }
}

/** A line that is one value alone keeps the paragraphs of the value. */
function paragraphsOf(line: string, data: Record<string, string>): string[] | null {
  const value = data[/^\{(\w+)\}$/.exec(line)?.[1] ?? '']
  return value?.includes('\n')
    ? value
        .split(/[\r\n]+/)
        .map(oneLine)
        .filter(text => text !== '')
    : null
}

const anchor = (url: string) => `<a href="${escapeHtml(url)}">${escapeHtml(url)}</a>`

/** No value may begin a line, a header or an element of its own. */
const oneLine = (value: string) => value.replaceAll(/\p{Cc}+/gu, ' ').trim()

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const escapeHtml = (text: string) => text.replaceAll(/[&<>"']/g, mark => ENTITIES[mark] as string)
