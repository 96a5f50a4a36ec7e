// The frame of every page: what stands at the top, the sections that the reader's roles open, the content, the switches.
import { html } from 'hono/html'
import { LANGUAGE_NAMES, LANGUAGES } from '../domain/languages.ts'
import { SECTIONS, type SectionName } from './sections.ts'
import { type Html, SCHEMES, type View } from './view.ts'

export type PageContent = {
  title: string
  body: Html
  section?: SectionName | 'account' | undefined
  /** Where to go by itself after some seconds when no script runs. */
  leaveTo?: { seconds: number; path: string } | undefined
}

/** The addresses of the stylesheet and the script, which change with what they hold. */
export type Assets = { style: string; script: string }

export const page = (
  view: View,
  assets: Assets,
  { title, body, section, leaveTo }: PageContent,
): Html => html`<!doctype html>
<html lang="${view.language}" data-scheme="${view.scheme}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title} · panless</title>
<link rel="stylesheet" href="${assets.style}">
<script type="module" src="${assets.script}"></script>
${leaveTo ? html`<noscript><meta http-equiv="refresh" content="${leaveTo.seconds}; url=${leaveTo.path}"></noscript>` : ''}
</head>
<body>
<a class="skip" href="#main">${view.words.skip}</a>
${header(view, section)}
<div class="${view.staff ? 'frame' : 'frame alone'}">
${view.staff ? html`<nav class="side" aria-label="${view.words.sections}">${sectionList(view, section)}</nav>` : ''}
<main id="main" tabindex="-1">
${body}
</main>
</div>
${footer(view)}
</body>
</html>`

const header = (view: View, section: PageContent['section']): Html => html`<header class="top">
<a class="brand" href="/console">panless</a>
${
  view.staff
    ? html`<span class="tenant"><span class="sr">${view.words.tenant}: </span>${view.staff.tenantId}</span>
<details class="menu"><summary>${view.words.menu}</summary><nav aria-label="${view.words.menu}">${sectionList(view, section)}<ul><li><a href="/console/account">${view.words.sectionNames.account}</a></li></ul></nav></details>
<div class="who"><a href="/console/account" title="${view.words.sectionNames.account}"><span class="sr">${view.words.signedInAs} </span>${view.staff.subject}</a>
<form method="post" action="/console/sign-out">${formToken(view)}<button class="plain">${view.words.signOut}</button></form></div>`
    : ''
}
</header>`

const sectionList = (view: View, section: PageContent['section']): Html =>
  html`<ul>${openSections(view).map(
    ({ name, path }) =>
      html`<li><a href="${path}"${name === section ? html` aria-current="page"` : ''}>${view.words.sectionNames[name]}</a></li>`,
  )}</ul>`

/** The sections that the reader's scopes open, in their order. */
export const openSections = (view: View) =>
  SECTIONS.filter(({ scope }) => scope === null || view.staff?.scopes.has(scope))

export const formToken = (view: View): Html | '' =>
  view.formToken === null ? '' : html`<input type="hidden" name="csrf" value="${view.formToken}">`

const footer = (view: View): Html => html`<footer class="foot">
<form method="post" action="/console/preferences">${formToken(view)}<input type="hidden" name="to" value="${view.here}">
<div class="switch" role="group" aria-label="${view.words.language}">${LANGUAGES.map(
  language =>
    html`<button name="language" value="${language}" lang="${language}" aria-pressed="${String(language === view.language)}">${LANGUAGE_NAMES[language]}</button>`,
)}</div>
<div class="switch" role="group" aria-label="${view.words.scheme}">${SCHEMES.map(
  scheme =>
    html`<button name="scheme" value="${scheme}" aria-pressed="${String(scheme === view.scheme)}">${view.words.schemes[scheme]}</button>`,
)}</div>
</form>
</footer>`
