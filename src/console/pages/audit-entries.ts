// How an audit entry is shown: in a list, in a timeline, and by its outcome.
import { html } from 'hono/html'
import { actionInWords } from '../../domain/audit/actions-in-words.ts'
import type { AuditEntryView } from '../../domain/audit/list-audit-log.ts'
import type { Happening } from '../detail.ts'
import { state, type Tone } from '../format.ts'
import { AUDIT_TEXTS } from '../texts/audit-texts.ts'
import type { Html, View } from '../view.ts'

const TONES: Readonly<Record<string, Tone>> = {
  ok: 'note',
  denied: 'bad',
  failed: 'bad',
  unknown: 'wait',
  contradicted: 'bad',
}

export function outcomeState(view: View, outcome: string): Html {
  const words: Readonly<Record<string, string>> = AUDIT_TEXTS[view.language].outcomes
  return state(TONES[outcome] ?? 'note', words[outcome] ?? outcome, outcome === 'ok' ? 'good' : undefined)
}

export function actorInWords(view: View, { kind, id }: AuditEntryView['actor']): Html {
  const words: Readonly<Record<string, string>> = AUDIT_TEXTS[view.language].kinds
  return kind === id ? html`${words[kind] ?? kind}` : html`${words[kind] ?? kind} <code>${id}</code>`
}

export function happeningOf(view: View, entry: AuditEntryView, purposeTitle: (name: string) => string): Happening {
  const { purpose } = entry.details
  return {
    at: entry.at,
    what: html`<a href="/console/audit/${entry.id}">${actionInWords(view.language, entry.action)}</a> ${entry.outcome === 'ok' ? '' : outcomeState(view, entry.outcome)}`,
    who: actorInWords(view, entry.actor),
    why: typeof purpose === 'string' ? purposeTitle(purpose) : undefined,
  }
}
