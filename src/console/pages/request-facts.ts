// What is known of a request: how its person was verified, what was decided, and what an erasure would do.
import { html } from 'hono/html'
import { erasedInWords, reasonInWords } from '../../domain/erasures/erased-in-words.ts'
import type { ErasurePreview } from '../../domain/erasures/preview-erasure.ts'
import { isLanguage, LANGUAGE_NAMES } from '../../domain/languages.ts'
import type { PrivacyRequestView, PrivacyRequestWithMessage } from '../../domain/rights/privacy-request.ts'
import { isUnverified } from '../../domain/rights/state.ts'
import { type Fact, facts } from '../detail.ts'
import { fieldInWords } from '../fields-in-words.ts'
import { day, id, number, payerLink, state, time, wholeId } from '../format.ts'
import { DESK_TEXTS } from '../texts/desk-texts.ts'
import { PAYER_TEXTS } from '../texts/payer-texts.ts'
import { REQUEST_TEXTS } from '../texts/request-texts.ts'
import type { Html, View } from '../view.ts'

/** How far the verification is, and what comes next. */
export function identityOf(view: View, request: PrivacyRequestView): Html {
  const texts = REQUEST_TEXTS[view.language]
  const documents: Readonly<Record<string, string>> = DESK_TEXTS[view.language].documents
  const list: Fact[] = request.evidence.map(({ kind, document, recorded_by: by, recorded_at: at }) => [
    texts.evidence[kind],
    html`${document === null ? '' : `${documents[document] ?? document}, `}${time(view, at)} <code>${by}</code>`,
  ])
  if (request.verified_at !== null)
    list.push([texts.verifiedAt, html`${state('good', texts.verifiedAt, 'lock')} ${time(view, request.verified_at)}`])
  const open = isUnverified(request.status)
  if (open && request.evidence_needed.length > 0) {
    list.push([texts.stillNeeded, request.evidence_needed.map(kind => texts.evidence[kind]).join(', ')])
  }
  return html`${open ? html`<p>${texts.channels[request.code_channel]}</p>` : ''}${list.length === 0 ? '' : facts(view, list, texts.identity)}`
}

/** `living`: the payer has a page that this reader may open. */
export function requestFacts(
  view: View,
  request: PrivacyRequestWithMessage,
  { living, purposeTitle }: { living: boolean; purposeTitle: (name: string) => string },
): Html {
  const texts = REQUEST_TEXTS[view.language]
  const { none } = view.words
  const { decision, second_person: second, extension } = request
  const list: Fact[] = [
    [texts.deadline, day(view, request.deadline_at)],
    [texts.payer, payerOf(view, request.payer, living)],
    [texts.message, request.message ?? none],
  ]
  if (request.changes.length > 0)
    list.push([texts.changes, request.changes.map(field => fieldInWords(view, field)).join(', ')])
  if (request.purposes.length > 0) list.push([texts.purposes, request.purposes.map(purposeTitle).join(', ')])
  if (extension) list.push([texts.extended, html`${time(view, extension.at)} ${extension.reason ?? ''}`])
  if (decision)
    list.push([
      texts.decision,
      html`${texts.decisions[decision.decision]}, ${time(view, decision.at)} <code>${decision.by}</code><div>${decision.reason ?? ''}</div>`,
    ])
  if (second)
    list.push([texts.second, html`${time(view, second.at)} <code>${second.by}</code><div>${second.reason ?? ''}</div>`])
  list.push(
    [texts.source, html`${texts.sources[request.source]} <code>${request.created_by}</code>`],
    [texts.language, isLanguage(request.language) ? LANGUAGE_NAMES[request.language] : none],
    [texts.received, time(view, request.created_at)],
    [PAYER_TEXTS[view.language].id, wholeId(view, request.id)],
  )
  return facts(view, list)
}

function payerOf(view: View, payer: string | null, living: boolean): Html | string {
  if (payer === null) return REQUEST_TEXTS[view.language].unknownPayer
  return living ? payerLink(view, payer) : id(view, payer)
}

export function erasurePreview(view: View, preview: ErasurePreview): Html {
  const { language } = view
  const texts = REQUEST_TEXTS[language]
  const list: Fact[] = [
    [
      texts.goes,
      html`${preview.goes.filter(({ rows }) => rows > 0).map(({ name, rows }) => html`<div>${erasedInWords(name, language)}: ${number(view, rows)}</div>`)}`,
    ],
    [texts.stays, staysOf(view, preview)],
    [texts.atStripe, texts.customers[preview.at_stripe.customer]],
    [
      texts.waits,
      preview.waits_for.length === 0
        ? view.words.none
        : html`${preview.waits_for.map(one => html`<div>${state('wait', texts.waitsFor[one.kind])} <code>${one.id}</code></div>`)}`,
    ],
  ]
  return facts(view, list, texts.preview)
}

/** Each reason once, under what it keeps. */
function staysOf(view: View, { stays }: ErasurePreview): Html {
  const { language } = view
  const { laws } = REQUEST_TEXTS[language]
  const held = stays.filter(({ rows }) => rows > 0)
  const byReason = Map.groupBy(held, ({ name, law }) => `${laws[law]}: ${reasonInWords(name, language)}`)
  const counted = ({ name, rows }: (typeof held)[number]) => `${erasedInWords(name, language)}: ${number(view, rows)}`
  return html`${[...byReason].map(([reason, kinds]) => html`<p>${kinds.map(counted).join(', ')}<br><span class="soft">${reason}</span></p>`)}`
}
