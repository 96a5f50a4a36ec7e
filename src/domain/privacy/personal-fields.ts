// The single list of what panless can hold about a person, and what each field is called on the privacy page.

import type { Language } from '../languages.ts'

export type Texts = Record<Language, string>

export const PERSONAL_FIELDS = {
  'payer.short_name': { en: 'short name', ja: '表示名', mn: 'товч нэр' },
  'payer.real_name': { en: 'real name', ja: '本名', mn: 'жинхэнэ нэр' },
  'payer.email': { en: 'e-mail address', ja: 'メールアドレス', mn: 'и-мэйл хаяг' },
  'payer.phone': { en: 'phone number', ja: '電話番号', mn: 'утасны дугаар' },
  'payer.external_ref': { en: 'customer number', ja: 'お客様番号', mn: 'хэрэглэгчийн дугаар' },
  'payer.locale': { en: 'language', ja: '言語', mn: 'хэл' },
  'payer.metadata': { en: 'notes on the account', ja: 'アカウントの付記', mn: 'бүртгэлийн тэмдэглэл' },
  'payer.stripe_customer': {
    en: 'customer id at Stripe',
    ja: 'Stripe の顧客 ID',
    mn: 'Stripe дэх хэрэглэгчийн дугаар',
  },
  'consent.record': { en: 'what you agreed to and when', ja: '同意の内容と日時', mn: 'юуг хэзээ зөвшөөрсөн тухай' },
  'consent.evidence': {
    en: 'internet address and browser at the time of consent',
    ja: '同意時の IP アドレスとブラウザ',
    mn: 'зөвшөөрөх үеийн интернэт хаяг, хөтөч',
  },
  'objection.record': { en: 'what you objected to', ja: '異議の内容', mn: 'юуг эсэргүүцсэн тухай' },
  'token.card': {
    en: 'card brand, last four digits and expiry',
    ja: 'カードのブランド、下四桁、有効期限',
    mn: 'картын төрөл, сүүлийн дөрвөн орон, хүчинтэй хугацаа',
  },
  'token.metadata': { en: 'notes on a saved card', ja: '登録カードの付記', mn: 'хадгалсан картын тэмдэглэл' },
  'token.freeze_reason': {
    en: 'why a saved card was frozen',
    ja: '登録カードを凍結した理由',
    mn: 'хадгалсан картыг түр хаасан шалтгаан',
  },
  'charge.reference': { en: 'payment reference', ja: '支払いの参照番号', mn: 'төлбөрийн дугаар' },
  'charge.description': { en: 'payment description', ja: '支払いの説明', mn: 'төлбөрийн тайлбар' },
  'charge.metadata': { en: 'notes on a payment', ja: '支払いの付記', mn: 'төлбөрийн тэмдэглэл' },
  'charge.review_reason': {
    en: 'why a payment was settled by hand',
    ja: '支払いを手作業で確定した理由',
    mn: 'төлбөрийг гараар шийдсэн шалтгаан',
  },
  'refund.reason': { en: 'reason of a refund', ja: '返金の理由', mn: 'буцаалтын шалтгаан' },
  'money.records': {
    en: 'amounts, times and outcomes of payments',
    ja: '支払いの金額、日時、結果',
    mn: 'төлбөрийн дүн, хугацаа, үр дүн',
  },
  'stripe.facts': {
    en: 'what Stripe reports of payments',
    ja: 'Stripe からの支払い通知',
    mn: 'Stripe-ээс ирсэн төлбөрийн мэдээлэл',
  },
  'address.hash': {
    en: 'a keyed hash of the internet address',
    ja: 'IP アドレスの鍵付きハッシュ',
    mn: 'интернэт хаягийн түлхүүртэй хэш',
  },
  'inquiry.message': { en: 'messages you send us', ja: 'お問い合わせの内容', mn: 'бидэнд илгээсэн мессеж' },
  'inquiry.contact': {
    en: 'contact given in a message',
    ja: 'お問い合わせの連絡先',
    mn: 'мессежид өгсөн холбоо барих хаяг',
  },
  'request.contact': {
    en: 'contact given in a request',
    ja: '請求時の連絡先',
    mn: 'хүсэлтэд өгсөн холбоо барих хаяг',
  },
  'request.statement': { en: 'what you ask for', ja: '請求の内容', mn: 'хүсэлтийн агуулга' },
  'identity.evidence': {
    en: 'how you showed who you are',
    ja: 'ご本人確認の方法',
    mn: 'өөрийгөө хэрхэн баталсан тухай',
  },
  'mail.message': { en: 'e-mails we send you', ja: 'お送りするメール', mn: 'танд илгээсэн и-мэйл' },
  'disclosure.record': { en: 'who was told what', ja: '第三者提供の記録', mn: 'хэнд юу өгсөн тухай бүртгэл' },
  'reveal.record': {
    en: 'who looked at your real name, and why',
    ja: '本名を閲覧した者と理由',
    mn: 'жинхэнэ нэрийг хэн, яагаад үзсэн',
  },
  'audit.record': { en: 'record of actions', ja: '操作の記録', mn: 'үйлдлийн бүртгэл' },
} as const satisfies Record<string, Texts>

export type PersonalField = keyof typeof PERSONAL_FIELDS

export const PERSONAL_FIELD_NAMES = Object.keys(PERSONAL_FIELDS) as [PersonalField, ...PersonalField[]]

/** What a register may leave uncovered, as long as nothing of it is held; what is not here is always held. */
export const OPTIONAL_FIELDS: readonly PersonalField[] = [
  'payer.real_name',
  'payer.email',
  'payer.phone',
  'payer.external_ref',
  'payer.locale',
  'payer.metadata',
  'token.metadata',
  'charge.description',
  'charge.metadata',
]
