// What is done with an inquiry: taken, answered, closed, made a rights request, and its contact shown to answer it.
import { Hono } from 'hono'
import { html } from 'hono/html'
import { answerInquiry } from '../../domain/inquiries/answer-inquiry.ts'
import { assignInquiry } from '../../domain/inquiries/assign-inquiry.ts'
import { closeInquiry } from '../../domain/inquiries/close-inquiry.ts'
import { findInquiry } from '../../domain/inquiries/get-inquiry.ts'
import type { InquiryView } from '../../domain/inquiries/inquiry.ts'
import { linkInquiryRequest } from '../../domain/inquiries/link-inquiry-request.ts'
import { type RevealedContact, revealInquiryContact } from '../../domain/inquiries/reveal-inquiry-contact.ts'
import { type Operation, requirePermission } from '../../domain/permissions.ts'
import { REQUEST_KINDS } from '../../domain/rights/state.ts'
import { type ActionContent, addAction, addLook } from '../action.ts'
import { show } from '../answer.ts'
import type { ConsoleContext, ConsoleDoor, ConsoleEnv } from '../door.ts'
import type { Field } from '../form.ts'
import { leftOf, revealedSection } from '../revealed.ts'
import { INQUIRY_TEXTS } from '../texts/inquiry-texts.ts'
import { REQUEST_TEXTS } from '../texts/request-texts.ts'
import type { View } from '../view.ts'

const PATH = '/console/inquiries'
const OUTCOMES = ['settled', 'passed_on', 'spam', 'duplicate'] as const

type Words = { title: string; lead: string; button: string }

export function inquiryActions(door: ConsoleDoor) {
  const app = new Hono<ConsoleEnv>()
  const idOf = (c: ConsoleContext) => c.req.param('id') as string
  const location = (_c: ConsoleContext, { id }: InquiryView) => `${PATH}/${id}`
  const content =
    (operation: Operation, words: (view: View) => Words, fields: (view: View) => Field[]) =>
    async (c: ConsoleContext): Promise<ActionContent> => {
      requirePermission(door.ctxOf(c), operation)
      const { view } = c.var
      const inquiry = await findInquiry(door.ctxOf(c), idOf(c))
      const { title, lead, button } = words(view)
      const back = { path: `${PATH}/${inquiry.id}`, label: INQUIRY_TEXTS[view.language].kinds[inquiry.kind] }
      return { name: title, title, lead, section: 'inquiries', back, fields: fields(view), button }
    }
  const texts = (view: View) => INQUIRY_TEXTS[view.language]

  addAction(app, door, `${PATH}/:id/take`, {
    page: content(
      'assignInquiry',
      view => ({ title: texts(view).takeTitle, lead: texts(view).takeLead, button: texts(view).takeButton }),
      () => [],
    ),
    act: (c, ctx) => assignInquiry(ctx, idOf(c), {}),
    location,
  })
  addAction(app, door, `${PATH}/:id/answer`, {
    page: content(
      'answerInquiry',
      view => ({ title: texts(view).answerTitle, lead: texts(view).answerLead, button: texts(view).answerButton }),
      view => [{ kind: 'area', name: 'message', label: texts(view).message, maxLength: 5_000 }],
    ),
    act: (c, ctx, form) => answerInquiry(ctx, idOf(c), { message: form.get('message') ?? '' }),
    location,
  })
  addAction(app, door, `${PATH}/:id/close`, {
    page: content(
      'closeInquiry',
      view => ({ title: texts(view).closeTitle, lead: texts(view).closeLead, button: texts(view).closeButton }),
      view => [
        {
          kind: 'radio',
          name: 'outcome',
          label: texts(view).outcome,
          options: OUTCOMES.map(value => ({ value, label: texts(view).outcomes[value] })),
        },
      ],
    ),
    act: (c, ctx, form) => closeInquiry(ctx, idOf(c), { outcome: form.get('outcome') ?? undefined }),
    location,
  })

  addAction(app, door, `${PATH}/:id/link-request`, {
    page: content(
      'linkInquiryRequest',
      view => ({ title: texts(view).linkTitle, lead: texts(view).linkLead, button: texts(view).linkButton }),
      view => [
        {
          kind: 'radio',
          name: 'kind',
          label: texts(view).linkKind,
          options: REQUEST_KINDS.map(value => ({ value, label: REQUEST_TEXTS[view.language].kinds[value] })),
        },
      ],
    ),
    act: (c, ctx, form) => linkInquiryRequest(ctx, idOf(c), { kind: form.get('kind') ?? undefined }),
    location: (_c, { privacy_request: request }) => `/console/requests/${request}`,
  })

  addLook(app, door, `${PATH}/:id/reveal`, {
    page: content(
      'revealInquiryContact',
      view => ({ title: texts(view).revealTitle, lead: texts(view).revealLead, button: texts(view).revealButton }),
      view => [
        { kind: 'area', name: 'reason', label: view.words.form.reason, hint: texts(view).reasonHint, maxLength: 500 },
      ],
    ),
    look: async (c, ctx, form) => {
      const wanted = { purpose: 'answer_messages', reason: form.get('reason') ?? '' }
      return revealedPage(c, door, await revealInquiryContact(ctx, idOf(c), wanted))
    },
  })
  return app
}

function revealedPage(c: ConsoleContext, door: ConsoleDoor, { inquiry, contact, expires_at }: RevealedContact) {
  const { view } = c.var
  const texts = INQUIRY_TEXTS[view.language]
  const path = `${PATH}/${inquiry}`
  const values = (['name', 'email', 'phone'] as const).map(
    field => [texts.contacts[field], contact?.[field] ?? null] as const,
  )
  const leftMs = leftOf(door, expires_at)
  const { section, seconds } = revealedSection(c, { what: texts.contact, values, leftMs, goTo: path })
  const body = html`<h1>${texts.revealTitle}</h1>${section}<p class="buttons"><a class="button" href="${path}">${view.words.form.back}</a></p>`
  return show(c, door, { title: texts.revealTitle, section: 'inquiries', body, leaveTo: { seconds, path } })
}
