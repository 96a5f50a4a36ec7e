// Forms and actions: fields with their hints and faults, a summary of the faults with links, and a button that says its effect.
import { randomUUID } from 'node:crypto'
import { html } from 'hono/html'
import type { FieldError } from '../domain/errors.ts'
import { icon } from './icons.ts'
import { formToken } from './layout.ts'
import type { Html, View } from './view.ts'

type Common = { name: string; label: string; hint?: string; optional?: boolean }
export type Option = { value: string; label: string; hint?: string }

export type Field = Common &
  (
    | { kind: 'text' | 'email' | 'date' | 'search' | 'number'; maxLength?: number; autocomplete?: string }
    | { kind: 'area'; maxLength?: number }
    | { kind: 'select' | 'radio' | 'boxes'; options: readonly Option[] }
  )

/** What was typed, by name; a group of boxes has several values. */
export type Typed = { get(name: string): string | null; getAll(name: string): string[] }

/** What was refused: a sentence for the whole, and the complaints about single fields. */
export type Refused = { title: string; help: string; detail: string | null; errors: readonly FieldError[] }

export const NOTHING_TYPED: Typed = new URLSearchParams()

/** The field that a pointer is about: `/fields/0` is of `fields`, `/contact/email` of `contact.email`. */
export const fieldOf = ({ pointer }: FieldError): string =>
  pointer
    .split('/')
    .slice(1, 3)
    .filter(part => !/^\d+$/.test(part))
    .join('.')

/** What to say of one field in the reader's language; where there is no word for it, the verb's own English one. */
function complaint(view: View, { code, detail }: FieldError): Html {
  const { form } = view.words
  const known: Partial<Record<string, string>> = {
    required: form.required,
    wrong_format: view.language === 'en' ? detail : form.wrong,
    too_big: form.tooLong,
    too_small: form.tooShort,
    not_a_choice: form.notAChoice,
  }
  const words = known[code]
  return words === undefined ? html`<span lang="en">${detail}</span>` : html`${words}`
}

/** Stands at the top of a page whose form was refused; each line leads to its field. */
export function refusalSummary(view: View, refused: Refused | null, fields: readonly Field[]): Html {
  if (refused === null) return html``
  const labels = new Map(fields.map(({ name, label }) => [name, label]))
  return html`<div class="refusal" role="alert" tabindex="-1" data-focus>
<h2>${icon('bad')} ${refused.title}</h2>
<p>${refused.help}</p>
${refused.detail === null ? '' : html`<p lang="en" class="soft">${refused.detail}</p>`}
${
  refused.errors.length === 0
    ? ''
    : html`<ul>${refused.errors.map(error => {
        const name = fieldOf(error)
        const label = labels.get(name)
        return label === undefined
          ? html`<li><span lang="en">${name} ${error.detail}</span></li>`
          : html`<li><a href="#field-${name}">${label}: ${complaint(view, error)}</a></li>`
      })}</ul>`
}
</div>`
}

export const fieldRows = (view: View, fields: readonly Field[], typed: Typed, refused: Refused | null): Html =>
  html`${fields.map(field =>
    fieldRow(
      view,
      field,
      typed,
      refused?.errors.find(error => fieldOf(error) === field.name),
    ),
  )}`

function fieldRow(view: View, field: Field, typed: Typed, error: FieldError | undefined): Html {
  const at = `field-${field.name}`
  const told = [field.hint ? `${at}-hint` : '', error ? `${at}-error` : ''].filter(Boolean).join(' ')
  const about = html`${told ? html` aria-describedby="${told}"` : ''}${error ? html` aria-invalid="true"` : ''}`
  const below = html`${field.hint ? html`<p class="hint" id="${at}-hint">${field.hint}</p>` : ''}${
    error
      ? html`<p class="fault" id="${at}-error"><span class="sr">${view.words.form.error}: </span>${complaint(view, error)}</p>`
      : ''
  }`
  const mark = field.optional ? html` <span class="soft">${view.words.form.optional}</span>` : ''
  if (field.kind === 'radio' || field.kind === 'boxes') {
    return html`<fieldset class="field" id="${at}" tabindex="-1"${about}><legend>${field.label}${mark}</legend>${below}${choices(field, typed)}</fieldset>`
  }
  return html`<div class="field"><label for="${at}">${field.label}${mark}</label>${below}${control(view, field, typed, about)}</div>`
}

function choices(field: Field & { options: readonly Option[] }, typed: Typed): Html {
  const chosen = typed.getAll(field.name)
  const type = field.kind === 'radio' ? 'radio' : 'checkbox'
  return html`${field.options.map(({ value, label, hint }, at) => {
    const name = `field-${field.name}-${at}`
    return html`<div class="choice"><input type="${type}" id="${name}" name="${field.name}" value="${value}"${chosen.includes(value) ? html` checked` : ''}${hint ? html` aria-describedby="${name}-hint"` : ''}><label for="${name}">${label}</label>${hint ? html`<p class="hint" id="${name}-hint">${hint}</p>` : ''}</div>`
  })}`
}

function control(view: View, field: Field, typed: Typed, about: Html): Html {
  const at = `field-${field.name}`
  const value = typed.get(field.name) ?? ''
  if (field.kind === 'select') {
    return html`<select id="${at}" name="${field.name}"${about}>${field.options.map(
      option =>
        html`<option value="${option.value}"${option.value === value ? html` selected` : ''}>${option.label}</option>`,
    )}</select>`
  }
  if (field.kind === 'area') {
    return html`<textarea id="${at}" name="${field.name}" rows="4"${field.maxLength ? html` maxlength="${field.maxLength}"` : ''}${about}>${value}</textarea>`
  }
  const { kind, maxLength, autocomplete = 'off' } = field as Field & { maxLength?: number; autocomplete?: string }
  return html`<input id="${at}" name="${field.name}" type="${kind}" value="${value}" autocomplete="${autocomplete}"${maxLength ? html` maxlength="${maxLength}"` : ''}${kind === 'date' ? html` lang="${view.language}"` : ''}${about}>`
}

export type Action = {
  /** Where it is sent. */
  path: string
  fields: readonly Field[]
  typed: Typed
  refused: Refused | null
  /** The effect in words, never "OK". */
  button: string
  /** It cannot be undone. */
  danger?: boolean
  back?: { path: string; label: string } | undefined
}

/** One form that does one thing once: its key goes with it, so that sending it twice has the effect of once. */
export const actionForm = (
  view: View,
  action: Action,
): Html => html`<form method="post" action="${action.path}" class="form" novalidate>
${formToken(view)}<input type="hidden" name="key" value="${action.typed.get('key') ?? randomUUID()}">
${fieldRows(view, action.fields, action.typed, action.refused)}
<div class="buttons"><button class="${action.danger ? 'danger' : 'main'}">${action.button}</button>${
  action.back ? html`<a class="quiet" href="${action.back.path}">${action.back.label}</a>` : ''
}</div>
</form>`
