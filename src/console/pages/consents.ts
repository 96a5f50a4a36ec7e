// Withdrawing a payer's consent: what it means first, then once.
import { Hono } from 'hono'
import { getPayer } from '../../domain/payers/get-payer.ts'
import { findConsent } from '../../domain/payers/record-consent.ts'
import { withdrawConsent } from '../../domain/payers/withdraw-consent.ts'
import { requirePermission } from '../../domain/permissions.ts'
import { addAction } from '../action.ts'
import type { ConsoleContext, ConsoleDoor, ConsoleEnv } from '../door.ts'
import { purposesInWords } from '../purposes-in-words.ts'
import { PAYER_TEXTS } from '../texts/payer-texts.ts'

export function consentPages(door: ConsoleDoor) {
  const app = new Hono<ConsoleEnv>()

  addAction(app, door, '/console/payers/:id/consents/:consent/withdraw', {
    async page(c) {
      const ctx = door.ctxOf(c)
      requirePermission(ctx, 'withdrawConsent')
      const texts = PAYER_TEXTS[c.var.view.language]
      const { payerId, consentId } = idsOf(c)
      const payer = await getPayer(ctx, payerId)
      const consent = await findConsent(ctx, payerId, consentId)
      const { title } = await purposesInWords(c, door)
      return {
        name: texts.withdrawTitle,
        title: texts.withdrawTitle,
        lead: texts.withdrawLead,
        section: 'payers',
        back: { path: `/console/payers/${payerId}`, label: payer.short_name },
        fields: [],
        button: texts.withdrawButton(title(consent.purpose)),
        danger: true,
      }
    },
    act(c, ctx) {
      const { payerId, consentId } = idsOf(c)
      return withdrawConsent(ctx, payerId, consentId, {})
    },
    location: c => `/console/payers/${idsOf(c).payerId}`,
  })

  return app
}

const idsOf = (c: ConsoleContext) => ({
  payerId: c.req.param('id') as string,
  consentId: c.req.param('consent') as string,
})
