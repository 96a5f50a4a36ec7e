// Withdrawing a payer's consent: what it means first, then once.
import { Hono } from 'hono'
import { html } from 'hono/html'
import { getPayer } from '../../domain/payers/get-payer.ts'
import { findConsent } from '../../domain/payers/record-consent.ts'
import { withdrawConsent } from '../../domain/payers/withdraw-consent.ts'
import { requirePermission } from '../../domain/permissions.ts'
import { actionCtx, goOn, tryAction } from '../action.ts'
import { show } from '../answer.ts'
import { titleLine } from '../detail.ts'
import type { ConsoleContext, ConsoleDoor, ConsoleEnv } from '../door.ts'
import { actionForm, NOTHING_TYPED, type Refused, refusalSummary, type Typed } from '../form.ts'
import { PAYER_TEXTS } from '../texts/payer-texts.ts'
import { purposeName } from '../texts/purpose-names.ts'

const PATH = '/console/payers/:id/consents/:consent/withdraw'

export function consentPages(door: ConsoleDoor) {
  const app = new Hono<ConsoleEnv>()

  app.get(PATH, c => withdrawPage(c, door, NOTHING_TYPED, null))

  app.post(PATH, c => {
    const form = door.formOf(c)
    const { id, consent } = c.req.param()
    const location = () => `/console/payers/${id}`
    return tryAction(
      c,
      door,
      async () =>
        goOn(
          c,
          await withdrawConsent(actionCtx(c, door, form, location), id as string, consent as string, {}),
          location,
        ),
      refused => withdrawPage(c, door, form, refused),
    )
  })

  return app
}

async function withdrawPage(
  c: ConsoleContext,
  door: ConsoleDoor,
  typed: Typed,
  refused: (Refused & { status: number }) | null,
) {
  const { view } = c.var
  const ctx = door.ctxOf(c)
  requirePermission(ctx, 'withdrawConsent')
  const payer = await getPayer(ctx, c.req.param('id') as string)
  const consent = await findConsent(ctx, payer.id, c.req.param('consent') as string)
  const texts = PAYER_TEXTS[view.language]
  const purpose = purposeName(view.language, consent.purpose)
  const back = { path: `/console/payers/${payer.id}`, label: payer.short_name }
  const body = html`${titleLine({ title: texts.withdrawTitle, above: back, lead: texts.withdrawLead })}
${refusalSummary(view, refused, [])}
${actionForm(view, {
  path: `/console/payers/${payer.id}/consents/${consent.id}/withdraw`,
  fields: [],
  typed,
  refused,
  button: texts.withdrawButton(purpose),
  danger: true,
  back: { path: back.path, label: view.words.form.back },
})}`
  return show(c, door, { title: texts.withdrawTitle, section: 'payers', body }, refused?.status ?? 200)
}
