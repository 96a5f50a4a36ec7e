// Making a disclosure: a form for each of the three bases.
import { Hono } from 'hono'
import { html } from 'hono/html'
import { z } from 'zod'
import { COHORT_COLUMN_NAMES } from '../../domain/disclosures/cohort-columns.ts'
import { createDisclosure } from '../../domain/disclosures/create-disclosure.ts'
import { lawRefSchema, PACKAGE_FORMATS } from '../../domain/disclosures/disclosure.ts'
import { DISCLOSURE_FIELD_NAMES } from '../../domain/disclosures/disclosure-fields.ts'
import { parseInput } from '../../domain/parse-input.ts'
import { requirePermission } from '../../domain/permissions.ts'
import { addAction } from '../action.ts'
import { show } from '../answer.ts'
import { titleLine } from '../detail.ts'
import type { ConsoleDoor, ConsoleEnv } from '../door.ts'
import { fieldInWords } from '../fields-in-words.ts'
import type { Field } from '../form.ts'
import { DISCLOSURE_TEXTS } from '../texts/disclosure-texts.ts'
import type { View } from '../view.ts'

const PATH = '/console/disclosures'
const BASES = ['consent', 'law', 'deidentified'] as const
type Basis = (typeof BASES)[number]
const LAW_REF = z.strictObject({ basis_ref: lawRefSchema })

export function newDisclosurePages(door: ConsoleDoor) {
  const app = new Hono<ConsoleEnv>()

  app.get(`${PATH}/new`, c => {
    requirePermission(door.ctxOf(c), 'createDisclosure')
    const texts = DISCLOSURE_TEXTS[c.var.view.language]
    const hints = { consent: texts.consentHint, law: texts.lawHint, deidentified: texts.deidentifiedHint }
    const body = html`${titleLine({ title: texts.createTitle, above: { path: PATH, label: texts.title }, lead: texts.createLead })}
<ul class="cards">${BASES.map(basis => html`<li><h2><a href="${PATH}/new/${basis}">${texts.bases[basis]}</a></h2><p>${hints[basis]}</p></li>`)}</ul>`
    return show(c, door, { title: texts.createTitle, section: 'disclosures', body })
  })

  for (const basis of BASES) {
    addAction(app, door, `${PATH}/new/${basis}`, {
      async page(c) {
        requirePermission(door.ctxOf(c), 'createDisclosure')
        const { view } = c.var
        const texts = DISCLOSURE_TEXTS[view.language]
        const hints = { consent: texts.consentHint, law: texts.lawHint, deidentified: texts.deidentifiedHint }
        const buttons = { consent: texts.consentButton, law: texts.lawButton, deidentified: texts.deidentifiedButton }
        return {
          name: texts.bases[basis],
          title: texts.bases[basis],
          lead: hints[basis],
          section: 'disclosures',
          back: { path: `${PATH}/new`, label: texts.createTitle },
          fields: [recipientField(view), ...FIELDS[basis](view)],
          button: buttons[basis],
        }
      },
      act(_c, ctx, form) {
        requirePermission(ctx, 'createDisclosure')
        const wish = wishOf(basis, form)
        // The verb takes several shapes here and can only say that it is none of them; the form knows which one it is.
        if (basis === 'law') parseInput(LAW_REF, { basis_ref: wish.basis_ref })
        return createDisclosure(ctx, wish)
      },
      location: (_c, made) => `${PATH}/${made.id}`,
    })
  }

  return app
}

const recipientField = (view: View): Field => {
  const texts = DISCLOSURE_TEXTS[view.language]
  return { kind: 'text', name: 'recipient', label: texts.recipient, hint: texts.recipientHint, maxLength: 200 }
}

const FIELDS: Record<Basis, (view: View) => Field[]> = {
  consent: view => {
    const texts = DISCLOSURE_TEXTS[view.language]
    return [
      { kind: 'text', name: 'payer', label: texts.payerId, maxLength: 64 },
      { kind: 'text', name: 'basis_ref', label: texts.consentId, maxLength: 64 },
      personFields(view),
    ]
  },
  law: view => {
    const texts = DISCLOSURE_TEXTS[view.language]
    return [
      { kind: 'text', name: 'payer', label: texts.payerId, maxLength: 64 },
      { kind: 'text', name: 'basis_ref.authority', label: texts.authority, maxLength: 200 },
      { kind: 'text', name: 'basis_ref.reference', label: texts.caseReference, maxLength: 200 },
      {
        kind: 'text',
        name: 'basis_ref.document_sha256',
        label: texts.document,
        hint: texts.documentHint,
        maxLength: 64,
      },
      personFields(view),
    ]
  },
  deidentified: view => {
    const texts = DISCLOSURE_TEXTS[view.language]
    return [
      {
        kind: 'text',
        name: 'cohort.currency',
        label: texts.currency,
        hint: texts.currencyHint,
        maxLength: 3,
        optional: true,
      },
      {
        kind: 'text',
        name: 'cohort.country',
        label: texts.country,
        hint: texts.countryHint,
        maxLength: 2,
        optional: true,
      },
      {
        kind: 'boxes',
        name: 'fields',
        label: texts.fields,
        options: COHORT_COLUMN_NAMES.map(value => ({ value, label: fieldInWords(view, value) })),
      },
      {
        kind: 'select',
        name: 'format',
        label: texts.format,
        options: PACKAGE_FORMATS.map(value => ({ value, label: value.toUpperCase() })),
      },
    ]
  },
}

function personFields(view: View): Field {
  const options = DISCLOSURE_FIELD_NAMES.map(value => ({ value, label: fieldInWords(view, value) }))
  return { kind: 'boxes', name: 'fields', label: DISCLOSURE_TEXTS[view.language].fields, options }
}

/** The form as the verb takes it; an empty field is none. */
function wishOf(basis: Basis, form: URLSearchParams): Record<string, unknown> {
  const given = (name: string) => form.get(name)?.trim() || undefined
  const under = (prefix: string) =>
    Object.fromEntries(
      [...form.keys()]
        .filter(name => name.startsWith(`${prefix}.`) && given(name))
        .map(name => [name.slice(prefix.length + 1), given(name)]),
    )
  const common = { basis, recipient: given('recipient'), fields: form.getAll('fields') }
  if (basis === 'deidentified') return { ...common, cohort: under('cohort'), format: given('format') }
  return { ...common, payer: given('payer'), basis_ref: basis === 'law' ? under('basis_ref') : given('basis_ref') }
}
