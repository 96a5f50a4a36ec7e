// The pattern of every detail page: a title with its state and what can be done, the facts, and what happened, newest first.
import { html } from 'hono/html'
import { time } from './format.ts'
import type { Html, View } from './view.ts'

export type TitleLine = {
  title: Html | string
  /** What it is one of, with the way back. */
  above?: { path: string; label: string } | undefined
  state?: Html | undefined
  actions?: readonly Html[]
  lead?: Html | string | undefined
}

export const titleLine = ({ title, above, state, actions = [], lead }: TitleLine): Html => html`<div class="title">
${above ? html`<p class="above"><a href="${above.path}">${above.label}</a></p>` : ''}
<div class="line"><h1>${title}</h1>${state ?? ''}${actions.length === 0 ? '' : html`<div class="actions">${actions}</div>`}</div>
${lead ? html`<p class="lead">${lead}</p>` : ''}</div>`

export const linkButton = (path: string, label: string, danger = false): Html =>
  html`<a class="button${danger ? ' danger' : ''}" href="${path}">${label}</a>`

export type Fact = readonly [label: string, value: Html | string]

export const facts = (view: View, list: readonly Fact[], heading: string = view.words.detail.facts): Html =>
  html`<section class="facts"><h2>${heading}</h2><dl>${list.map(([label, value]) => html`<div><dt>${label}</dt><dd>${value}</dd></div>`)}</dl></section>`

export type Happening = { at: string; what: Html | string; who: Html | string; why?: Html | string | undefined }

export const timeline = (view: View, happenings: readonly Happening[], more?: Html): Html =>
  html`<section class="timeline"><h2>${view.words.detail.timeline}</h2>${
    happenings.length === 0
      ? html`<p class="soft">${view.words.detail.noEvents}</p>`
      : html`<ol>${happenings.map(({ at, what, who, why }) => html`<li><p>${what}</p><p class="soft">${time(view, at)} · ${who}${why ? html` · ${why}` : ''}</p></li>`)}</ol>`
  }${more ?? ''}</section>`
