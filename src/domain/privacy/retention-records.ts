// The kinds of record whose keeping a register decides: how long, at least and at most, and since when.
import type { Texts } from './personal-fields.ts'

export type RetentionRecord = {
  /** `expires`: the daily job removes it. `kept_by_law`: nothing removes it. `until_erased`: goes when the person does. */
  kind: 'expires' | 'kept_by_law' | 'until_erased'
  /** Bounds of the days that a register may give; none for `until_erased`. */
  days?: { least: number; most: number }
  what: Texts
  since?: Texts
}

const DAYS_MAX = 36_525
const sinceMade: Texts = { en: 'after they are made', ja: '作成後', mn: 'үүсгэснээс хойш' }

export const RETENTION_RECORDS = {
  payer_data: {
    kind: 'until_erased',
    what: { en: 'name, contact and notes', ja: '氏名、連絡先、付記', mn: 'нэр, холбоо барих хаяг, тэмдэглэл' },
  },
  objections: {
    kind: 'until_erased',
    what: { en: 'objections', ja: '異議の記録', mn: 'эсэргүүцлийн бүртгэл' },
  },
  money_records: {
    kind: 'kept_by_law',
    days: { least: 365, most: DAYS_MAX },
    what: { en: 'records of payments', ja: '支払いの記録', mn: 'төлбөрийн бүртгэл' },
    since: { en: 'after the payment', ja: '支払い後', mn: 'төлбөрөөс хойш' },
  },
  audit_records: {
    kind: 'kept_by_law',
    // Twelve months, also in a leap year (PCI DSS 10.5.1).
    days: { least: 366, most: DAYS_MAX },
    what: { en: 'record of actions', ja: '操作の記録', mn: 'үйлдлийн бүртгэл' },
    since: { en: 'after the action', ja: '操作後', mn: 'үйлдлээс хойш' },
  },
  consent_evidence: {
    kind: 'expires',
    days: { least: 30, most: DAYS_MAX },
    what: { en: 'evidence of consents', ja: '同意の証拠', mn: 'зөвшөөрлийн нотолгоо' },
    since: { en: 'after the consent is withdrawn', ja: '同意の撤回後', mn: 'зөвшөөрлийг цуцалснаас хойш' },
  },
  idempotency_replies: {
    kind: 'expires',
    days: { least: 30, most: 30 },
    what: { en: 'stored answers to requests', ja: 'リクエストへの応答の控え', mn: 'хүсэлтийн хадгалсан хариу' },
    since: sinceMade,
  },
  tokenize_failures: {
    kind: 'expires',
    days: { least: 1, most: 90 },
    what: { en: 'failed attempts to save a card', ja: 'カード登録の失敗記録', mn: 'карт хадгалах бүтэлгүй оролдлого' },
    since: sinceMade,
  },
  checkout_sessions: {
    kind: 'expires',
    days: { least: 1, most: 365 },
    what: {
      en: 'checkout sessions that led to no card',
      ja: 'カード登録に至らなかった手続き',
      mn: 'карт хадгалаагүй сесс',
    },
    since: { en: 'after they expire', ja: '期限切れ後', mn: 'хугацаа дууссанаас хойш' },
  },
  detached_card_notes: {
    kind: 'expires',
    days: { least: 0, most: 365 },
    what: { en: 'notes on a removed card', ja: '削除したカードの付記', mn: 'устгасан картын тэмдэглэл' },
    since: { en: 'after the card is removed', ja: 'カードの削除後', mn: 'картыг устгаснаас хойш' },
  },
  stripe_event_facts: {
    kind: 'expires',
    days: { least: 35, most: 400 },
    what: { en: "Stripe's notices", ja: 'Stripe からの通知', mn: 'Stripe-ийн мэдэгдэл' },
    since: { en: 'after they are received', ja: '受信後', mn: 'хүлээн авснаас хойш' },
  },
  reveal_records: {
    kind: 'expires',
    days: { least: 365, most: DAYS_MAX },
    what: { en: 'who looked at a real name', ja: '本名の閲覧記録', mn: 'жинхэнэ нэр үзсэн бүртгэл' },
    since: { en: 'after the look', ja: '閲覧後', mn: 'үзсэнээс хойш' },
  },
  inquiries: {
    kind: 'expires',
    days: { least: 30, most: DAYS_MAX },
    what: {
      en: 'messages you send us, and the answers',
      ja: 'お問い合わせとその回答',
      mn: 'таны илгээсэн мессеж ба хариу',
    },
    since: { en: 'after the inquiry is closed', ja: 'お問い合わせの終了後', mn: 'асуудлыг хаасны дараа' },
  },
  mails: {
    kind: 'expires',
    days: { least: 30, most: DAYS_MAX },
    what: { en: 'addresses of e-mails we sent you', ja: 'お送りしたメールの宛先', mn: 'танд илгээсэн и-мэйлийн хаяг' },
    since: { en: 'after they are sent', ja: '送信後', mn: 'илгээснээс хойш' },
  },
  privacy_requests: {
    kind: 'expires',
    days: { least: 365, most: DAYS_MAX },
    what: {
      en: 'what you asked about your data, and what a correction replaced',
      ja: '個人情報に関するご請求と訂正前の内容',
      mn: 'мэдээллийн талаарх хүсэлт, засахын өмнөх утга',
    },
    since: { en: 'after the request is settled', ja: '対応の完了後', mn: 'хүсэлтийг шийдсэнээс хойш' },
  },
  disclosure_records: {
    kind: 'kept_by_law',
    days: { least: 365, most: DAYS_MAX },
    what: { en: 'who was told what', ja: '第三者提供の記録', mn: 'хэнд юу өгсөн тухай бүртгэл' },
    since: { en: 'after the disclosure', ja: '提供後', mn: 'өгснөөс хойш' },
  },
} as const satisfies Record<string, RetentionRecord>

export type RetentionRecordName = keyof typeof RETENTION_RECORDS

export const RETENTION_RECORD_NAMES = Object.keys(RETENTION_RECORDS) as [RetentionRecordName, ...RetentionRecordName[]]

export const recordOf = (name: RetentionRecordName): RetentionRecord => RETENTION_RECORDS[name]
