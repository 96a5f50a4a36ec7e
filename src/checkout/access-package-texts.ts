// The words of the readable access package and of its commonest members. A member that is not here stands
// under its own name, as in the JSON.
import type { Language } from '../domain/languages.ts'

type Words = readonly [en: string, ja: string, mn: string]

const AT: Record<Language, 0 | 1 | 2> = { en: 0, ja: 1, mn: 2 }

export const PACKAGE_WORDS = {
  title: [
    'Everything that {merchant} holds about you',
    '{merchant} が保有するお客様の情報',
    '{merchant} таны талаар хадгалдаг мэдээлэл',
  ],
  made: [
    'As it was held on {date} (UTC), in the region {region}.',
    '{date}（協定世界時）現在、地域 {region} で保有しているものです。',
    '{date} (UTC) байдлаар, {region} бүсэд хадгалсан.',
  ],
  none: ['Nothing.', 'ありません。', 'Байхгүй.'],
  incomplete: [
    'Only the first 20,000 rows are shown here. Ask for the rest.',
    '最初の 20,000 件のみ表示しています。残りはお問い合わせください。',
    'Эхний 20 000 мөрийг л харуулав. Үлдсэнийг асууна уу.',
  ],
  purposes: [
    'What it is used for, how long it is kept, and who gets it',
    '利用目的、保有期間、提供先',
    'Юунд ашигладаг, хэр удаан хадгалдаг, хэнд өгдөг',
  ],
  basis: ['Basis', '法的根拠', 'Үндэслэл'],
  fields: ['Data', '対象の情報', 'Мэдээлэл'],
  recipients: ['Recipients', '提供先', 'Хүлээн авагч'],
  retention: ['Kept for', '保有期間', 'Хадгалах хугацаа'],
  days: ['{days} days', '{days} 日', '{days} хоног'],
  untilErased: ['until you are erased', '削除されるまで', 'таныг устгах хүртэл'],
  automated: ['What is decided by a machine alone', '自動化された意思決定', 'Зөвхөн машин шийддэг зүйл'],
  short_name: ['Short name', '表示名', 'Товч нэр'],
  real_name: ['Real name', '実名', 'Жинхэнэ нэр'],
  email: ['E-mail', 'メールアドレス', 'И-мэйл'],
  phone: ['Phone', '電話番号', 'Утас'],
  external_ref: ['Customer number', '顧客番号', 'Хэрэглэгчийн дугаар'],
  locale: ['Language', '言語', 'Хэл'],
  language: ['Language', '言語', 'Хэл'],
  metadata: ['Notes', 'メモ', 'Тэмдэглэл'],
  status: ['State', '状態', 'Төлөв'],
  purpose: ['Purpose', '目的', 'Зорилго'],
  reason: ['Reason', '理由', 'Шалтгаан'],
  text_version: ['Version of the text', '文面の版', 'Бичвэрийн хувилбар'],
  accepted_at: ['Agreed', '同意日時', 'Зөвшөөрсөн'],
  withdrawn_at: ['Withdrawn', '撤回日時', 'Цуцалсан'],
  created_at: ['Made', '作成日時', 'Үүсгэсэн'],
  updated_at: ['Changed', '更新日時', 'Өөрчилсөн'],
  settled_at: ['Settled', '確定日時', 'Баталгаажсан'],
  ip: ['Internet address', 'IP アドレス', 'IP хаяг'],
  user_agent: ['Browser', 'ブラウザー', 'Хөтөч'],
  brand: ['Card brand', 'カードブランド', 'Картын төрөл'],
  last4: ['Last four digits', 'カード番号の下 4 桁', 'Сүүлийн 4 орон'],
  exp_month: ['Expires, month', '有効期限（月）', 'Дуусах сар'],
  exp_year: ['Expires, year', '有効期限（年）', 'Дуусах он'],
  amount: ['Amount, in the smallest unit', '金額（最小単位）', 'Дүн (хамгийн бага нэгжээр)'],
  currency: ['Currency', '通貨', 'Валют'],
  reference: ['Reference', '照会番号', 'Лавлах дугаар'],
  description: ['Description', '説明', 'Тайлбар'],
  recipient: ['Recipient', '宛先', 'Хүлээн авагч'],
  message: ['Message', 'メッセージ', 'Мессеж'],
  contact: ['Contact', '連絡先', 'Холбоо барих'],
} as const satisfies Record<string, Words>

export type PackageWord = keyof typeof PACKAGE_WORDS

export const packageWord = (word: PackageWord, language: Language): string => PACKAGE_WORDS[word][AT[language]]

/** What a member is called; its own name, spaced, where there is no better word. */
export const labelOf = (name: string, language: Language): string =>
  Object.hasOwn(PACKAGE_WORDS, name) ? packageWord(name as PackageWord, language) : name.replaceAll('_', ' ')
