// The register of purposes in force, as a page for staff: basis, data, recipients and how long it is kept.
import { Hono } from 'hono'
import { html } from 'hono/html'
import type { PurposeView } from '../../domain/privacy/list-purposes.ts'
import { PERSONAL_FIELDS } from '../../domain/privacy/personal-fields.ts'
import { RETENTION_RECORDS } from '../../domain/privacy/retention-records.ts'
import { show } from '../answer.ts'
import { linkButton, titleLine } from '../detail.ts'
import type { ConsoleDoor, ConsoleEnv } from '../door.ts'
import { number, state } from '../format.ts'
import { type Column, listView } from '../list.ts'
import { purposesInWords } from '../purposes-in-words.ts'
import { PURPOSE_TEXTS } from '../texts/purpose-texts.ts'
import type { View } from '../view.ts'

const PATH = '/console/purposes'

export function purposePages(door: ConsoleDoor) {
  const app = new Hono<ConsoleEnv>()

  app.get(PATH, async c => {
    const { view } = c.var
    const texts = PURPOSE_TEXTS[view.language]
    const { list } = await purposesInWords(c, door)
    const version = list[0]?.register_version
    const body = html`${titleLine({
      title: texts.title,
      lead: texts.lead,
      state: version === undefined ? undefined : state('note', texts.version(number(view, version))),
      actions: [linkButton('/privacy', texts.publicPage)],
    })}${listView<PurposeView>(view, {
      caption: texts.caption,
      path: PATH,
      query: new URLSearchParams(),
      filters: [],
      columns: columnsFor(view),
      rows: { data: [...list], next_cursor: null },
      href: null,
      empty: texts.empty,
      refused: null,
    })}`
    return show(c, door, { title: texts.title, section: 'purposes', body })
  })

  return app
}

function columnsFor(view: View): Column<PurposeView>[] {
  const { language } = view
  const texts = PURPOSE_TEXTS[language]
  const kept = ({ retention }: PurposeView) =>
    retention.map(
      ({ record, days }) =>
        html`<div>${RETENTION_RECORDS[record].what[language]}: ${days === null ? texts.untilErased : texts.days(number(view, days))}</div>`,
    )
  return [
    {
      head: texts.purpose,
      cell: purpose =>
        html`<strong>${purpose.title[language]}</strong><div class="soft">${purpose.text[language]}</div>`,
    },
    { head: texts.basis, cell: purpose => texts.bases[purpose.basis] },
    { head: texts.fields, cell: purpose => purpose.fields.map(field => PERSONAL_FIELDS[field][language]).join(', ') },
    {
      head: texts.recipients,
      cell: purpose => purpose.recipients.map(({ name }) => name).join(', ') || view.words.none,
    },
    { head: texts.kept, cell: purpose => (purpose.retention.length === 0 ? '–' : html`${kept(purpose)}`) },
  ]
}
