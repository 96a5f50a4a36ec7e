// The public form with which a person asks about their own data; what follows is the page of rights-page.ts.
import { html } from 'hono/html'
import { fillText, type Language } from '../domain/languages.ts'
import { MESSAGE_MAX } from '../domain/rights/request-input.ts'
import { REQUEST_KINDS, type RequestKind } from '../domain/rights/state.ts'
import { frame } from './rights-page.ts'
import { RIGHTS_TEXTS, type RightsTexts } from './rights-texts.ts'

type Html = ReturnType<typeof html>

export type RightsForm = {
  merchant: string
  language: Language
  path: string
  problem: 'formWrong' | 'tooOften' | null
  typed: { kind: string; contact: string; payer: string; message: string }
}

const KIND_WORDS: Readonly<Record<RequestKind, keyof RightsTexts>> = {
  access: 'formAccess',
  rectify: 'formRectify',
  erase: 'formErase',
  object: 'formObject',
}

export function rightsFormPage({ merchant, language, path, problem, typed }: RightsForm): Html {
  const texts = RIGHTS_TEXTS[language]
  const say = (name: keyof RightsTexts) => fillText(texts[name], { merchant })
  return frame(
    { language, title: problem ? `${texts.problem}: ${texts.formTitle}` : texts.formTitle, path },
    html`
<p class="merchant">${merchant}</p>
<h1>${texts.formTitle}</h1>
<p>${say('formIntro')}</p>
${problem ? html`<div class="problem" role="alert" id="problem"><p><strong>${texts.problem}</strong></p><p>${texts[problem]}</p></div>` : ''}
<form method="post" action="${path}?lang=${language}" novalidate>
<fieldset><legend>${texts.formKind}</legend>
${REQUEST_KINDS.map(
  kind =>
    html`<label class="choice"><input type="radio" name="kind" value="${kind}" ${typed.kind === kind ? html`checked` : ''}> ${texts[KIND_WORDS[kind]]}</label>`,
)}</fieldset>
<label for="contact">${texts.formContact}</label>
<p class="soft" id="contact-hint">${say('formContactHint')}</p>
<input id="contact" name="contact" type="email" value="${typed.contact}" autocomplete="email" spellcheck="false" maxlength="254" aria-describedby="contact-hint ${problem ? 'problem' : ''}">
<label for="payer">${texts.formPayer}</label>
<p class="soft" id="payer-hint">${texts.formPayerHint}</p>
<input id="payer" name="payer" value="${typed.payer}" autocomplete="off" maxlength="128" aria-describedby="payer-hint">
<label for="message">${texts.formMessage}</label>
<p class="soft" id="message-hint">${texts.formMessageHint}</p>
<textarea id="message" name="message" rows="4" maxlength="${MESSAGE_MAX}" aria-describedby="message-hint">${typed.message}</textarea>
<button>${say('formSend')}</button>
</form>`,
  )
}
