// Revealing what is sealed of a payer: for a purpose and a reason, shown once for a short time, recorded.
import { Hono } from 'hono'
import { html } from 'hono/html'
import { getPayer } from '../../domain/payers/get-payer.ts'
import type { IdentityField, PayerView } from '../../domain/payers/payer.ts'
import { PURPOSES } from '../../domain/payers/purposes.ts'
import { type Revealed, revealPayer } from '../../domain/payers/reveal-payer.ts'
import { requirePermission } from '../../domain/permissions.ts'
import { tryAction } from '../action.ts'
import { show } from '../answer.ts'
import { titleLine } from '../detail.ts'
import type { ConsoleContext, ConsoleDoor, ConsoleEnv } from '../door.ts'
import { actionForm, type Field, NOTHING_TYPED, type Refused, refusalSummary, type Typed } from '../form.ts'
import { icon } from '../icons.ts'
import { limitSession } from '../session.ts'
import { PAYER_TEXTS } from '../texts/payer-texts.ts'
import { purposeName } from '../texts/purpose-names.ts'
import type { View } from '../view.ts'

/** As at the API. */
const REVEALS = { burst: 30, perSecond: 0.5 }
/** Long enough to dial a number. */
const SHOWN_SECONDS = 60

export function revealPages(door: ConsoleDoor) {
  const app = new Hono<ConsoleEnv>()
  const reveals = limitSession(door, REVEALS)
  const path = '/console/payers/:id/reveal'

  app.get(path, async c => {
    const ctx = door.ctxOf(c)
    requirePermission(ctx, 'revealPayer')
    return askPage(c, door, await getPayer(ctx, c.req.param('id')), NOTHING_TYPED, null)
  })

  app.post(path, c => {
    const form = door.formOf(c)
    const ctx = door.ctxOf(c)
    const payerId = c.req.param('id')
    return tryAction(
      c,
      door,
      async () => {
        reveals(c)
        const wanted = {
          fields: form.getAll('fields'),
          purpose: form.get('purpose') ?? '',
          reason: form.get('reason') ?? '',
        }
        const revealed = await revealPayer(ctx, payerId, wanted)
        return revealedPage(c, door, await getPayer(ctx, payerId), revealed)
      },
      async refused => askPage(c, door, await getPayer(ctx, payerId), form, refused),
    )
  })

  return app
}

function askPage(
  c: ConsoleContext,
  door: ConsoleDoor,
  payer: PayerView,
  typed: Typed,
  refused: (Refused & { status: number }) | null,
) {
  const { view } = c.var
  const texts = PAYER_TEXTS[view.language]
  const fields = fieldsOf(view, payer)
  const title = texts.revealTitle(payer.short_name)
  const back = { path: `/console/payers/${payer.id}`, label: payer.short_name }
  const body = html`${titleLine({ title, above: back, lead: texts.revealLead })}
${refusalSummary(view, refused, fields)}
${actionForm(view, { path: `/console/payers/${payer.id}/reveal`, fields, typed, refused, button: texts.revealButton, back: { path: back.path, label: view.words.form.back } })}`
  return show(c, door, { title, section: 'payers', body }, refused?.status ?? 200)
}

function fieldsOf(view: View, payer: PayerView): Field[] {
  const texts = PAYER_TEXTS[view.language]
  const purposes = Object.entries(PURPOSES).map(([value, { basis }]) => ({
    value,
    label: `${purposeName(view.language, value)} (${texts.basis[basis]})`,
  }))
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
function revealedPage(c: ConsoleContext, door: ConsoleDoor, payer: PayerView, revealed: Revealed) {
  const { view } = c.var
  const texts = PAYER_TEXTS[view.language]
  const path = `/console/payers/${payer.id}`
  const endsAt = new Date(door.dependencies.clock.wall().getTime() + SHOWN_SECONDS * 1000).toISOString()
  const [before, after] = texts.revealedHelp('\u0000').split('\u0000')
  const body = html`${titleLine({ title: payer.short_name, above: { path: '/console/payers', label: texts.title } })}
<section class="revealed" data-vanishes-at="${endsAt}" data-then="${path}"><h2>${icon('open')} ${texts.revealed}: ${purposeName(view.language, revealed.purpose)}</h2>
<p role="status">${before}<span data-left>${SHOWN_SECONDS}</span>${after}</p>
<dl>${Object.entries(revealed.fields).map(([field, value]) => html`<div><dt>${texts.fields[field as IdentityField]}</dt><dd>${value ?? texts.notGiven}</dd></div>`)}</dl></section>
<p class="buttons"><a class="button" href="${path}">${texts.backToPayer}</a></p>`
  return show(c, door, { title: payer.short_name, section: 'payers', body, leaveTo: { seconds: SHOWN_SECONDS, path } })
}
