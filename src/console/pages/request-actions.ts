// What the rights desk does with a request: takes it in, verifies who asks, decides, extends, cancels.
import { Hono } from 'hono'
import { previewErasure } from '../../domain/erasures/preview-erasure.ts'
import { type Operation, requirePermission } from '../../domain/permissions.ts'
import { cancelPrivacyRequest } from '../../domain/rights/cancel-privacy-request.ts'
import { confirmIdentity } from '../../domain/rights/confirm-identity.ts'
import { createPrivacyRequest } from '../../domain/rights/create-privacy-request.ts'
import { decidePrivacyRequest } from '../../domain/rights/decide-privacy-request.ts'
import { extendPrivacyRequest } from '../../domain/rights/extend-privacy-request.ts'
import { findPrivacyRequest } from '../../domain/rights/get-privacy-request.ts'
import { DOCUMENT_KINDS } from '../../domain/rights/identity-policy.ts'
import type { PrivacyRequestView } from '../../domain/rights/privacy-request.ts'
import { startIdentityCheck } from '../../domain/rights/start-identity-check.ts'
import { REQUEST_KINDS } from '../../domain/rights/state.ts'
import { type ActionContent, addAction } from '../action.ts'
import type { ConsoleContext, ConsoleDoor, ConsoleEnv } from '../door.ts'
import type { Field } from '../form.ts'
import { DESK_TEXTS } from '../texts/desk-texts.ts'
import { REQUEST_TEXTS } from '../texts/request-texts.ts'
import type { Html, View } from '../view.ts'
import { erasurePreview } from './request-facts.ts'
import { correctionFields, valueFields, valuesOf } from './request-values.ts'

const PATH = '/console/requests'

type Page = {
  operation: Operation
  words: (view: View, request: PrivacyRequestView) => { title: string; lead: string; button: string }
  fields: (view: View) => Field[]
  /** Fields before those, for a request as it stands. */
  values?: (c: ConsoleContext, door: ConsoleDoor, request: PrivacyRequestView) => Promise<Field[]>
  danger?: boolean
  before?: (c: ConsoleContext, request: PrivacyRequestView) => Promise<Html | undefined>
}

const idOf = (c: ConsoleContext) => c.req.param('id') as string
const toRequest = (c: ConsoleContext) => `${PATH}/${idOf(c)}`
const textsOf = (view: View) => ({ ...REQUEST_TEXTS[view.language], ...DESK_TEXTS[view.language] })
const given = (form: URLSearchParams, name: string) => form.get(name)?.trim() || undefined

export function requestActions(door: ConsoleDoor) {
  const app = new Hono<ConsoleEnv>()
  const page =
    ({ operation, words, fields, values, danger = false, before }: Page) =>
    async (c: ConsoleContext): Promise<ActionContent> => {
      requirePermission(door.ctxOf(c), operation)
      const { view } = c.var
      const request = await findPrivacyRequest(door.ctxOf(c), idOf(c))
      const { title, lead, button } = words(view, request)
      const back = { path: toRequest(c), label: textsOf(view).kinds[request.kind] }
      const shown = await before?.(c, request)
      const content = {
        name: title,
        title,
        lead,
        section: 'requests' as const,
        back,
        fields: [...((await values?.(c, door, request)) ?? []), ...fields(view)],
        button,
        danger,
      }
      return shown === undefined ? content : { ...content, before: shown }
    }

  addNew(app, door)

  addAction(app, door, `${PATH}/:id/send-code`, {
    page: page({
      operation: 'startIdentityCheck',
      words: view => ({
        title: textsOf(view).sendTitle,
        lead: textsOf(view).sendLead,
        button: textsOf(view).sendButton,
      }),
      fields: () => [],
    }),
    act: (c, ctx) => startIdentityCheck(ctx, idOf(c), {}),
    location: toRequest,
  })
  addAction(app, door, `${PATH}/:id/confirm`, {
    page: page({
      operation: 'confirmIdentity',
      words: view => ({
        title: textsOf(view).confirmTitle,
        lead: textsOf(view).confirmLead,
        button: textsOf(view).confirmButton,
      }),
      fields: evidenceFields,
    }),
    act: (c, ctx, form) => confirmIdentity(ctx, idOf(c), evidenceOf(form)),
    location: toRequest,
  })
  addAction(app, door, `${PATH}/:id/approve`, {
    page: page({
      operation: 'decidePrivacyRequest',
      words: (view, { kind }) => {
        const texts = textsOf(view)
        const what = texts.kinds[kind]
        return { title: texts.approveTitle(what), lead: texts.approveLead, button: texts.approveButton(what) }
      },
      values: valueFields,
      fields: view => [reasonField(view, false)],
      before: async (c, { kind, payer }) =>
        kind === 'erase' && payer !== null
          ? erasurePreview(c.var.view, await previewErasure(door.ctxOf(c), payer))
          : undefined,
    }),
    act: (c, ctx, form) =>
      decidePrivacyRequest(ctx, idOf(c), { decision: 'approve', reason: form.get('reason') ?? '', ...valuesOf(form) }),
    location: toRequest,
  })
  addAction(app, door, `${PATH}/:id/refuse`, {
    page: page({
      operation: 'decidePrivacyRequest',
      words: view => ({
        title: textsOf(view).refuseTitle,
        lead: textsOf(view).refuseLead,
        button: textsOf(view).refuseButton,
      }),
      fields: view => [reasonField(view, true)],
      danger: true,
    }),
    act: (c, ctx, form) => decidePrivacyRequest(ctx, idOf(c), { decision: 'refuse', reason: form.get('reason') ?? '' }),
    location: toRequest,
  })
  addAction(app, door, `${PATH}/:id/extend`, {
    page: page({
      operation: 'extendPrivacyRequest',
      words: view => ({
        title: textsOf(view).extendTitle,
        lead: textsOf(view).extendLead,
        button: textsOf(view).extendButton,
      }),
      fields: view => [reasonField(view, true)],
    }),
    act: (c, ctx, form) => extendPrivacyRequest(ctx, idOf(c), { reason: form.get('reason') ?? '' }),
    location: toRequest,
  })
  addAction(app, door, `${PATH}/:id/cancel`, {
    page: page({
      operation: 'cancelPrivacyRequest',
      words: view => ({
        title: textsOf(view).cancelTitle,
        lead: textsOf(view).cancelLead,
        button: textsOf(view).cancelButton,
      }),
      fields: view => [reasonField(view, false)],
      danger: true,
    }),
    act: (c, ctx, form) => cancelPrivacyRequest(ctx, idOf(c), { reason: form.get('reason') ?? '' }),
    location: toRequest,
  })

  return app
}

function addNew(app: Hono<ConsoleEnv>, door: ConsoleDoor): void {
  addAction(app, door, `${PATH}/new`, {
    async page(c) {
      requirePermission(door.ctxOf(c), 'createPrivacyRequest')
      const { view } = c.var
      const texts = textsOf(view)
      return {
        name: texts.createTitle,
        title: texts.createTitle,
        lead: texts.createLead,
        section: 'requests',
        back: { path: PATH, label: texts.title },
        fields: newFields(view),
        button: texts.createButton,
      }
    },
    act(_c, ctx, form) {
      return createPrivacyRequest(ctx, {
        kind: form.get('kind') ?? undefined,
        payer: given(form, 'payer'),
        contact: form.get('contact') ?? '',
        message: given(form, 'message'),
        ...valuesOf(form),
      })
    },
    location: (_c, { id }) => `${PATH}/${id}`,
  })
}

function newFields(view: View): Field[] {
  const texts = textsOf(view)
  return [
    {
      kind: 'radio',
      name: 'kind',
      label: texts.kind,
      options: REQUEST_KINDS.map(value => ({ value, label: texts.kinds[value] })),
    },
    { kind: 'text', name: 'payer', label: texts.payer, hint: texts.payerHint, maxLength: 128, optional: true },
    { kind: 'text', name: 'contact', label: texts.contact, hint: texts.contactHint, maxLength: 254 },
    { kind: 'area', name: 'message', label: texts.message, maxLength: 2_000, optional: true },
    ...correctionFields(view, texts.changesHead),
  ]
}

const reasonField = (view: View, told: boolean): Field => ({
  kind: 'area',
  name: 'reason',
  label: view.words.form.reason,
  maxLength: 500,
  ...(told ? { hint: textsOf(view).reasonTold } : {}),
})

function evidenceFields(view: View): Field[] {
  const texts = textsOf(view)
  const documents = DOCUMENT_KINDS.map(value => ({ value, label: texts.documents[value] }))
  return [
    { kind: 'text', name: 'code', label: texts.code, maxLength: 32, optional: true },
    {
      kind: 'select',
      name: 'evidence.document',
      label: texts.document,
      hint: texts.documentHint,
      options: [{ value: '', label: '' }, ...documents],
      optional: true,
    },
    {
      kind: 'text',
      name: 'evidence.amount',
      label: texts.amount,
      hint: texts.amountHint,
      maxLength: 12,
      optional: true,
    },
    { kind: 'text', name: 'evidence.currency', label: texts.currency, maxLength: 3, optional: true },
  ]
}

/** One piece besides the code: the document where one was chosen, else the amount. */
function evidenceOf(form: URLSearchParams): Record<string, unknown> {
  const [code, document, amount] = [
    given(form, 'code'),
    given(form, 'evidence.document'),
    given(form, 'evidence.amount'),
  ]
  const currency = given(form, 'evidence.currency')?.toLowerCase()
  const evidence =
    document !== undefined
      ? { kind: 'document_seen', document }
      : amount !== undefined
        ? { kind: 'last_payment_amount', amount: Number(amount), currency }
        : undefined
  return { ...(code === undefined ? {} : { code }), ...(evidence === undefined ? {} : { evidence }) }
}
