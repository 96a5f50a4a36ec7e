// The page where a payer authenticates one charge: what is asked for, one button, and how it ended.
import { html } from 'hono/html'
import type { PayerPayment } from '../domain/charges/authenticate-charge.ts'
import { fillText, type Language } from '../domain/languages.ts'
import { formatAmount } from './format-amount.ts'
import { PAY_TEXTS } from './pay-texts.ts'

export type PayPage = { payment: PayerPayment; language: Language; stripeJsUrl: string }

export function payPage({ payment, language, stripeJsUrl }: PayPage) {
  const texts = PAY_TEXTS[language]
  const amount = formatAmount(payment.amount, payment.currency, language)
  const say = (text: string) => fillText(text, { amount, merchant: payment.merchant })
  const open = payment.state === 'open'
  return frame(
    language,
    texts.title,
    html`
<p class="merchant">${payment.merchant}</p>
<h1>${texts.title}</h1>
<p class="amount">${amount}</p>
<p class="soft">${texts.card}: <span class="card">${payment.card.brand} ···· ${payment.card.last4}</span></p>
<section id="ask" ${open ? '' : html`hidden`}>
<p>${say(texts.ask)}</p>
<p class="soft">${texts.why}</p>
<p id="problem" class="problem" role="alert" hidden>${texts.failed}</p>
<button type="button" id="confirm">${say(texts.button)}</button>
<p id="busy" class="soft" role="status" data-text="${texts.busy}"></p>
</section>
<section id="paid" tabindex="-1" ${payment.state === 'paid' ? '' : html`hidden`}><p class="good">✓ ${say(texts.paid)}</p><p class="soft">${texts.paidMore}</p></section>
<section id="working" tabindex="-1" ${payment.state === 'working' ? '' : html`hidden`}><p>${texts.working}</p></section>
<section id="over" tabindex="-1" ${payment.state === 'over' ? '' : html`hidden`}><p>${texts.over}</p><p class="soft">${say(texts.overMore)}</p></section>
`,
    open
      ? html`<script src="${stripeJsUrl}" defer></script><script type="module" src="/checkout/pay.js"></script>`
      : html``,
  )
}

/** For a link whose signature is not ours: it says nothing of any charge. */
export function deadLinkPage(language: Language) {
  const texts = PAY_TEXTS[language]
  return frame(language, texts.missing, html`<h1>${texts.missing}</h1><p>${texts.missingMore}</p>`, html``)
}

type Html = ReturnType<typeof html>

const frame = (language: Language, title: string, body: Html, scripts: Html) => html`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<link rel="stylesheet" href="/checkout/pay.css">
${scripts}
</head>
<body><main>${body}</main></body>
</html>`
