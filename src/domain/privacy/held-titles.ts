// What each table of held-data.ts is called wherever people read of it: in the access package, before an erasure, and
// after one.
import type { Language } from '../languages.ts'
import { HELD_DATA } from './held-data.ts'
import type { Texts } from './personal-fields.ts'

export const HELD_TITLES = {
  payers: { en: 'Profile', ja: 'プロフィール', mn: 'Хувийн мэдээлэл' },
  consents: { en: 'Consents', ja: '同意', mn: 'Зөвшөөрөл' },
  objections: { en: 'Objections', ja: '異議', mn: 'Эсэргүүцэл' },
  reveals: {
    en: 'Looks at the real name or contacts',
    ja: '本名・連絡先の閲覧記録',
    mn: 'Жинхэнэ нэр, холбоо барих хаяг үзсэн бүртгэл',
  },
  checkout_sessions: { en: 'Visits to save a card', ja: 'カード登録の手続き', mn: 'Карт хадгалах оролдлого' },
  tokens: { en: 'Saved cards', ja: '登録カード', mn: 'Хадгалсан карт' },
  token_sources: { en: 'Where saved cards came from', ja: 'カード登録の元', mn: 'Картын эх үүсвэр' },
  tokenize_failures: {
    en: 'Failed tries to save a card',
    ja: 'カード登録の失敗',
    mn: 'Карт хадгалах бүтэлгүй оролдлого',
  },
  charges: { en: 'Payments', ja: '支払い', mn: 'Төлбөр' },
  charge_attempts: { en: 'Attempts of payments', ja: '決済の試行', mn: 'Төлбөрийн оролдлого' },
  refunds: { en: 'Refunds', ja: '返金', mn: 'Буцаалт' },
  disputes: { en: 'Disputes', ja: '異議申立て（決済）', mn: 'Маргаан' },
  idempotency_keys: {
    en: 'Stored answers to requests',
    ja: 'リクエストへの応答の控え',
    mn: 'Хүсэлтийн хадгалсан хариу',
  },
  erasures: { en: 'Erasure', ja: '消去', mn: 'Устгал' },
  mail_outbox: { en: 'Mails', ja: '送信したメール', mn: 'Илгээсэн и-мэйл' },
  disclosures: { en: 'Disclosures', ja: '第三者への提供', mn: 'Бусдад өгсөн мэдээлэл' },
  disclosure_people: { en: 'Log of disclosures', ja: '提供の記録', mn: 'Мэдээлэл өгсөн бүртгэл' },
  inquiries: { en: 'Inquiries', ja: 'お問い合わせ', mn: 'Асуулт, санал, гомдол' },
  inquiry_messages: { en: 'Messages and answers', ja: 'お問い合わせと回答', mn: 'Мессеж ба хариу' },
  payer_history: { en: 'Corrections', ja: '訂正の履歴', mn: 'Засварын түүх' },
  privacy_requests: {
    en: 'Requests about personal data',
    ja: '個人情報に関する請求',
    mn: 'Хувийн мэдээллийн талаарх хүсэлт',
  },
  identity_checks: { en: 'Codes that were sent', ja: '送信した確認コード', mn: 'Илгээсэн код' },
  identity_evidence: { en: 'How identity was shown', ja: '本人確認の記録', mn: 'Хэн болохыг баталсан бүртгэл' },
  audit_log: { en: 'Records of what was done', ja: '操作の記録', mn: 'Үйлдлийн бүртгэл' },
  // Holds nothing that names a person, and is emptied with one all the same.
  stripe_events: { en: "Stripe's notices", ja: 'Stripe からの通知', mn: 'Stripe-ийн мэдэгдэл' },
} as const satisfies Record<string, Texts>

export type TitledTable = keyof typeof HELD_TITLES

const OF_SECTIONS: Readonly<Record<string, TitledTable>> = Object.fromEntries([
  ...Object.entries(HELD_DATA).map(([table, { section }]) => [section, table]),
  ['log_of_disclosures', 'disclosure_people'],
])

/** What a section of the access package is called. */
export function titleOfSection(section: string, language: Language): string {
  const table = OF_SECTIONS[section]
  return table ? HELD_TITLES[table][language] : section
}
