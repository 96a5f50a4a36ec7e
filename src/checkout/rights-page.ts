// The page behind a link about one's own data: showing who one is, how the request stands, and what was asked for. Plain
// forms, no script.
import { html } from 'hono/html'
import { erasedInWords, reasonInWords } from '../domain/erasures/erased-in-words.ts'
import type { ErasedAndKept } from '../domain/erasures/erasure-receipt.ts'
import { fillText, type Language } from '../domain/languages.ts'
import type { RequestOfLink } from '../domain/rights/rights-by-link.ts'
import { dayOf, timeOf } from './format-time.ts'
import { languageLinks } from './language-links.ts'
import { RIGHTS_TEXTS } from './rights-texts.ts'

type Html = ReturnType<typeof html>

export type RightsProblem = 'wrong' | 'tooOften' | 'nothing'

export type RightsPage = {
  request: RequestOfLink
  language: Language
  /** The page's own path; its forms go below it. */
  path: string
  problem: RightsProblem | null
  /** What was typed, so that nothing is lost. */
  typed: { code: string; amount: string }
}

export function rightsPage(page: RightsPage): Html {
  const { request, language, problem } = page
  const texts = RIGHTS_TEXTS[language]
  const say = (text: string) => fillText(text, { merchant: request.merchant })
  const open = request.status === 'received' || request.status === 'verifying'
  return frame(
    { language, title: problem ? `${texts.problem}: ${texts.title}` : texts.title, path: page.path },
    html`
<p class="merchant">${request.merchant}</p>
<h1>${texts.title}</h1>
<p>${say(texts[request.kind])}</p>
<p class="soft">${texts.request}: <span class="mono">${request.id}</span></p>
${open ? proof(page) : standing(page)}`,
  )
}

function proof({ request, language, path, problem, typed }: RightsPage): Html {
  const texts = RIGHTS_TEXTS[language]
  const say = (text: string) =>
    fillText(text, { merchant: request.merchant, date: dayOf(request.deadlineAt, language) })
  const until = request.codeUntil
  return html`
<p class="soft">${say(texts.deadline)}</p>
${problem ? html`<div class="problem" role="alert" id="problem"><p><strong>${texts.problem}</strong></p><p>${texts[problem]}</p></div>` : ''}
<h2>${texts.prove}</h2>
${request.codeShown ? html`<p class="good" role="status">✓ ${texts.codeShown}</p>` : ''}
${
  request.canSendCode
    ? html`${request.codeShown ? '' : html`<p>${texts.why}</p>`}
${until ? html`<p role="status">${fillText(texts.sent, { time: timeOf(until, language) })}</p>` : ''}
${request.codeShown ? '' : html`<form method="post" action="${path}/code?lang=${language}"><button class="${until ? 'second' : ''}">${texts.send}</button><p class="soft">${texts.sendHint}</p></form>`}
${until || request.codeShown ? checkForm({ request, language, path, problem, typed }) : ''}`
    : html`<p>${say(texts.noChannel)}</p>`
}`
}

function checkForm({ request, language, path, problem, typed }: RightsPage): Html {
  const texts = RIGHTS_TEXTS[language]
  const described = problem ? 'problem' : ''
  return html`<form method="post" action="${path}?lang=${language}" novalidate>
${
  request.codeShown
    ? ''
    : html`<label for="code">${texts.code}</label>
<input id="code" name="code" value="${typed.code}" autocomplete="one-time-code" autocapitalize="characters" spellcheck="false" maxlength="32" ${described ? html`aria-invalid="true" aria-describedby="problem"` : ''}>`
}
<label for="amount">${texts.amount}</label>
<p class="soft" id="amount-hint">${texts.amountHint}</p>
<input id="amount" name="last_payment_amount" value="${typed.amount}" inputmode="decimal" autocomplete="off" maxlength="20" aria-describedby="amount-hint ${described}">
<button>${texts.check}</button>
</form>`
}

function standing({ request, language, path }: RightsPage): Html {
  const texts = RIGHTS_TEXTS[language]
  const { status, packageUntil, receipt, erased } = request
  const say = (text: string) => fillText(text, { merchant: request.merchant })
  const words = texts[status === 'approved' || status === 'received' || status === 'verifying' ? 'verified' : status]
  const waits = status === 'verified' || status === 'approved' || status === 'executing'
  return html`
<p class="${status === 'done' ? 'good' : ''}" role="status">${status === 'done' ? '✓ ' : ''}${words}</p>
${waits ? html`<p class="soft">${fillText(texts.deadline, { date: dayOf(request.deadlineAt, language) })}</p>` : ''}
${
  packageUntil
    ? html`<h2>${say(texts.package)}</h2>
<p>${fillText(texts.packageWarning, { date: dayOf(packageUntil, language) })}</p>
<form method="post" action="${path}/package?lang=${language}"><button name="format" value="html">${texts.openPage}</button>
<button class="second" name="format" value="json">${texts.openJson}</button></form>`
    : ''
}
${erased ? erasedAndKept(erased, language) : ''}
${receipt ? html`<h2>${texts.receipt}</h2><p class="soft">${texts.receiptWhat}</p><pre class="mono" tabindex="0" aria-label="${texts.receipt}">${receipt}</pre>` : ''}`
}

/** What stays is named once for each reason. */
function erasedAndKept({ emptied, stays }: ErasedAndKept, language: Language): Html {
  const texts = RIGHTS_TEXTS[language]
  const inWords = (names: string[]) => [...new Set(names.map(name => erasedInWords(name, language)))].join(', ')
  const byReason = Map.groupBy(stays, ({ name }) => reasonInWords(name, language))
  return html`<h2>${texts.erased}</h2><p>${inWords(Object.keys(emptied))}</p>
<h2>${texts.kept}</h2><dl>${[...byReason].map(([why, kinds]) => html`<dt>${inWords(kinds.map(({ name }) => name))}</dt><dd>${why}</dd>`)}</dl>`
}

/** For a link whose signature is not ours, or whose time is over: it says nothing of any request. */
export function deadRightsPage(language: Language): Html {
  const texts = RIGHTS_TEXTS[language]
  return frame({ language, title: texts.missing }, html`<h1>${texts.missing}</h1><p>${texts.missingMore}</p>`)
}

/** For what was refused before anything of it was looked at. */
export function refusedRightsPage(language: Language, why: 'cardTyped' | 'failed'): Html {
  const texts = RIGHTS_TEXTS[language]
  return frame(
    { language, title: texts.notTaken },
    html`<h1>${texts.notTaken}</h1><p class="problem" role="alert">${texts[why]}</p>`,
  )
}

/** `path` is where the page stands in each language; none for one that cannot be asked for again. */
export const frame = (
  { language, title, path, wide = false }: { language: Language; title: string; path?: string; wide?: boolean },
  body: Html,
): Html => html`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<link rel="stylesheet" href="/rights/page.css">
</head>
<body>
${path === undefined ? '' : html`<header>${languageLinks(language, path)}</header>`}
<main class="${wide ? 'wide' : ''}">${body}</main>
</body>
</html>`
