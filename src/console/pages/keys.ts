// The keys: their versions, how much each has sealed, and how far a rotation has come. Nothing is changed here.
import { Hono } from 'hono'
import { html } from 'hono/html'
import { type KeysView, type KeyVersionView, listKeyVersions } from '../../domain/keys/list-key-versions.ts'
import { show } from '../answer.ts'
import { facts, titleLine } from '../detail.ts'
import type { ConsoleDoor, ConsoleEnv } from '../door.ts'
import { number, state, time } from '../format.ts'
import { type Column, listView } from '../list.ts'
import { KEY_TEXTS } from '../texts/key-texts.ts'
import type { Html, View } from '../view.ts'

const PATH = '/console/keys'
const TONES = { current: 'good', active: 'note', pending: 'wait', retired: 'note' } as const

export function keyPages(door: ConsoleDoor) {
  const app = new Hono<ConsoleEnv>()

  app.get(PATH, async c => {
    const { view } = c.var
    const texts = KEY_TEXTS[view.language]
    const { versions, rotation } = await listKeyVersions(door.ctxOf(c))
    const body = html`${titleLine({ title: texts.title, lead: texts.lead })}${listView<KeyVersionView>(view, {
      caption: texts.caption,
      path: PATH,
      query: new URLSearchParams(),
      filters: [],
      columns: columnsFor(view),
      rows: { data: versions, next_cursor: null },
      href: null,
      empty: texts.empty,
      refused: null,
    })}<section><h2>${texts.rotation}</h2>${rotation === null ? html`<p class="soft">${texts.noRotation}</p>` : rotationFacts(view, rotation)}</section>`
    return show(c, door, { title: texts.title, section: 'keys', body })
  })

  return app
}

function columnsFor(view: View): Column<KeyVersionView>[] {
  const texts = KEY_TEXTS[view.language]
  return [
    { head: texts.version, cell: row => number(view, row.version) },
    {
      head: texts.state,
      cell: row => state(TONES[row.state], texts.states[row.state], row.state === 'retired' ? 'bad' : undefined),
    },
    { head: texts.made, cell: row => time(view, row.created_at) },
    { head: texts.retired, cell: row => time(view, row.retired_at) },
    { head: texts.used, kind: 'number', cell: row => `${number(view, row.used_percent)} %` },
  ]
}

function rotationFacts(view: View, rotation: NonNullable<KeysView['rotation']>): Html {
  const texts = KEY_TEXTS[view.language]
  return facts(
    view,
    [
      [texts.to, number(view, rotation.version)],
      [
        texts.progress,
        html`<progress max="100" value="${rotation.percent}" aria-label="${texts.progress}"></progress> ${number(view, rotation.percent)} %`,
      ],
      [texts.started, time(view, rotation.started_at)],
      [texts.finished, rotation.finished_at === null ? state('wait', texts.running) : time(view, rotation.finished_at)],
    ],
    texts.rotation,
  )
}
