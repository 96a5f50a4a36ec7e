// Searching the audit log.
import { Hono } from 'hono'
import { html } from 'hono/html'
import { actionInWords } from '../../domain/audit/actions-in-words.ts'
import { type AuditEntryView, listAuditLog } from '../../domain/audit/list-audit-log.ts'
import { linkButton, titleLine } from '../detail.ts'
import type { ConsoleDoor, ConsoleEnv } from '../door.ts'
import type { Field } from '../form.ts'
import { id, time } from '../format.ts'
import { anyOf, type Column } from '../list.ts'
import { showList } from '../show-list.ts'
import { AUDIT_TEXTS } from '../texts/audit-texts.ts'
import type { View } from '../view.ts'
import { actorInWords, outcomeState } from './audit-entries.ts'

const PATH = '/console/audit'
const OUTCOMES = ['ok', 'denied', 'failed', 'unknown', 'contradicted'] as const

export function auditPages(door: ConsoleDoor) {
  const app = new Hono<ConsoleEnv>()

  app.get(PATH, c => {
    const { view } = c.var
    const texts = AUDIT_TEXTS[view.language]
    return showList(c, door, {
      title: titleLine({
        title: texts.title,
        lead: texts.lead,
        actions: [linkButton(`${PATH}/checkpoints`, texts.checkpoints), linkButton(`${PATH}/verify`, texts.verify)],
      }),
      name: texts.title,
      section: 'audit',
      path: PATH,
      filters: filtersFor(view),
      caption: texts.caption,
      columns: columnsFor(view),
      href: entry => `${PATH}/${entry.id}`,
      empty: filtered => (filtered ? texts.empty : texts.emptyAll),
      read: query => listAuditLog(door.ctxOf(c), query),
    })
  })

  return app
}

function filtersFor(view: View): Field[] {
  const texts = AUDIT_TEXTS[view.language]
  return [
    { kind: 'search', name: 'action', label: texts.action, maxLength: 100 },
    { kind: 'search', name: 'payer', label: texts.payer, maxLength: 80 },
    { kind: 'search', name: 'object', label: texts.object, maxLength: 80 },
    { kind: 'search', name: 'actor', label: texts.actor, maxLength: 200 },
    anyOf(view, { name: 'outcome', label: texts.outcome, values: OUTCOMES, words: texts.outcomes }),
    { kind: 'date', name: 'created_from', label: texts.from },
    { kind: 'date', name: 'created_to', label: texts.to },
  ]
}

function columnsFor(view: View): Column<AuditEntryView>[] {
  const texts = AUDIT_TEXTS[view.language]
  return [
    { head: texts.what, kind: 'main', cell: entry => actionInWords(view.language, entry.action) },
    { head: texts.outcome, cell: entry => outcomeState(view, entry.outcome) },
    { head: texts.when, sorts: true, cell: entry => time(view, entry.at) },
    { head: texts.who, cell: entry => actorInWords(view, entry.actor) },
    {
      head: texts.object,
      cell: entry => (entry.subject.id === null ? html`<span class="soft">–</span>` : id(view, entry.subject.id)),
    },
  ]
}
