// Revealing what is sealed of a payer: for a purpose and a reason, shown once for a short time, recorded.
import { Hono } from 'hono'
import { html } from 'hono/html'
import { getPayer } from '../../domain/payers/get-payer.ts'
import type { IdentityField, PayerView } from '../../domain/payers/payer.ts'
import { type Revealed, revealPayer } from '../../domain/payers/reveal-payer.ts'
import { requirePermission } from '../../domain/permissions.ts'
import { type ActionContent, addLook } from '../action.ts'
import { show } from '../answer.ts'
import { titleLine } from '../detail.ts'
import type { ConsoleContext, ConsoleDoor, ConsoleEnv } from '../door.ts'
import type { Field } from '../form.ts'
import { type PurposesInWords, purposesInWords } from '../purposes-in-words.ts'
import { leftOf, revealedSection } from '../revealed.ts'
import { PAYER_TEXTS } from '../texts/payer-texts.ts'
import type { View } from '../view.ts'

const PATH = '/console/payers/:id/reveal'

export function revealPages(door: ConsoleDoor) {
  const app = new Hono<ConsoleEnv>()

  addLook(app, door, PATH, {
    page: c => askPage(c, door),
    look: async (c, ctx, form) => {
      const id = c.req.param('id') as string
      const revealed = await revealPayer(ctx, id, {
        fields: form.getAll('fields'),
        purpose: form.get('purpose') ?? '',
        reason: form.get('reason') ?? '',
      })
      return revealedPage(c, door, await getPayer(ctx, id), revealed)
    },
  })
  return app
}

async function askPage(c: ConsoleContext, door: ConsoleDoor): Promise<ActionContent> {
  const { view } = c.var
  const ctx = door.ctxOf(c)
  requirePermission(ctx, 'revealPayer')
  const payer = await getPayer(ctx, c.req.param('id') as string)
  const texts = PAYER_TEXTS[view.language]
  const title = texts.revealTitle(payer.short_name)
  return {
    name: title,
    title,
    lead: texts.revealLead,
    section: 'payers',
    back: { path: `/console/payers/${payer.id}`, label: payer.short_name },
    fields: fieldsOf(view, payer, await purposesInWords(c, door)),
    button: texts.revealButton,
  }
}

/** The purposes that cover something of what the payer has; whether a consent is living, the verb sees. */
function fieldsOf(view: View, payer: PayerView, { list }: PurposesInWords): Field[] {
  const texts = PAYER_TEXTS[view.language]
  const purposes = list
    .filter(({ fields }) => payer.has.some(field => fields.includes(`payer.${field}`)))
    .map(({ name, title, basis }) => ({ value: name, label: `${title[view.language]} (${texts.basis[basis]})` }))
  return [
    {
      kind: 'boxes',
      name: 'fields',
      label: texts.what,
      options: payer.has.map(value => ({ value, label: texts.fields[value] })),
    },
    { kind: 'select', name: 'purpose', label: texts.purpose, options: [{ value: '', label: '' }, ...purposes] },
    { kind: 'area', name: 'reason', label: texts.reason, hint: texts.reasonHint, maxLength: 500 },
  ]
}

/** Nothing of it is kept anywhere; when its time is up, the page leaves for the payer's, with or without a script. */
async function revealedPage(c: ConsoleContext, door: ConsoleDoor, payer: PayerView, revealed: Revealed) {
  const { view } = c.var
  const texts = PAYER_TEXTS[view.language]
  const { title } = await purposesInWords(c, door)
  const path = `/console/payers/${payer.id}`
  const leftMs = leftOf(door, revealed.expires_at)
  const values = Object.entries(revealed.fields).map(
    ([field, value]) => [texts.fields[field as IdentityField], value] as const,
  )
  const { section, seconds } = revealedSection(c, { what: title(revealed.purpose), values, leftMs, goTo: path })
  const body = html`${titleLine({ title: payer.short_name, above: { path: '/console/payers', label: texts.title } })}
${section}<p class="buttons"><a class="button" href="${path}">${texts.backToPayer}</a></p>`
  return show(c, door, { title: payer.short_name, section: 'payers', body, leaveTo: { seconds, path } })
}
