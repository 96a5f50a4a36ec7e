// The words of what stands in the readable access package as a code: by member, then by code. The types of the lives
// that they tell of name every code; one that is not here stands as it is.
import type { Source } from '../domain/charges/settle-charge.ts'
import type { AttemptKind, AttemptStatus, ChargeStatus } from '../domain/charges/state.ts'
import type { DisclosureBasis } from '../domain/disclosures/disclosure.ts'
import type { DisclosureStatus } from '../domain/disclosures/state.ts'
import type { InquiryKind } from '../domain/inquiries/inquiry.ts'
import type { InquiryStatus } from '../domain/inquiries/state.ts'
import { LANGUAGE_NAMES } from '../domain/languages.ts'
import type { MailStatus } from '../domain/mail/state.ts'
import type { MailTemplate } from '../domain/mail/templates.ts'
import type { RefundStatus } from '../domain/refunds/state.ts'
import type { DocumentKind, EvidenceKind } from '../domain/rights/identity-policy.ts'
import type { RequestKind, RequestStatus } from '../domain/rights/state.ts'
import type { TokenStatus } from '../domain/tokens/state.ts'
import type { Words } from './access-package-texts.ts'

type Status =
  | ChargeStatus
  | AttemptStatus
  | RefundStatus
  | TokenStatus
  | MailStatus
  | DisclosureStatus
  | InquiryStatus
  | RequestStatus

const STATUSES: Record<Status, Words> = {
  created: ['Made', '作成済み', 'Үүсгэсэн'],
  sending: ['Being sent', '送信中', 'Илгээж буй'],
  processing: ['In progress', '処理中', 'Боловсруулж буй'],
  requires_action: ['Waits for your bank', '銀行での確認待ち', 'Банкны баталгаажуулалт хүлээж буй'],
  requires_capture: ['Reserved', '与信枠を確保', 'Дүнг барьцаалсан'],
  unknown: ['Not known yet', '確認中', 'Одоогоор тодорхойгүй'],
  needs_review: ['Being looked at', '調査中', 'Хянаж буй'],
  succeeded: ['Done', '完了', 'Амжилттай'],
  declined: ['Declined', '銀行が拒否', 'Банк татгалзсан'],
  errored: ['Failed', '失敗', 'Алдаа гарсан'],
  failed: ['Failed', '失敗', 'Амжилтгүй'],
  expired: ['Expired', '期限切れ', 'Хугацаа дууссан'],
  cancelled: ['Cancelled', '取消', 'Цуцалсан'],
  pending: ['Waiting', '待機中', 'Хүлээгдэж буй'],
  active: ['In use', '有効', 'Идэвхтэй'],
  frozen: ['Frozen', '凍結', 'Царцаасан'],
  detached: ['Removed', '解除', 'Салгасан'],
  erased: ['Erased', '消去', 'Устгасан'],
  queued: ['To be sent', '送信待ち', 'Илгээхэд бэлэн'],
  sent: ['Sent', '送信済み', 'Илгээсэн'],
  made: ['Made', '実施済み', 'Хийсэн'],
  refused: ['Refused', '拒否', 'Татгалзсан'],
  received: ['New', '新規', 'Шинэ'],
  assigned: ['In work', '対応中', 'Ажиллаж буй'],
  answered: ['Answered', '回答済み', 'Хариулсан'],
  closed: ['Closed', '終了', 'Хаасан'],
  verifying: ['Verifying who asks', '本人確認中', 'Хэн болохыг шалгаж буй'],
  verified: ['Verified', '確認済み', 'Баталгаажсан'],
  approved: ['Waits for a second person', '二人目の承認待ち', 'Хоёр дахь хүнийг хүлээж буй'],
  executing: ['Being carried out', '実施中', 'Хийгдэж буй'],
  done: ['Done', '完了', 'Хийсэн'],
}

const KINDS: Record<AttemptKind | InquiryKind | RequestKind | EvidenceKind, Words> = {
  charge: ['Payment', '支払い', 'Төлбөр'],
  capture: ['Capture', '売上確定', 'Татан авалт'],
  cancel: ['Cancellation', '取消', 'Цуцлалт'],
  question: ['Question', '質問', 'Асуулт'],
  wish: ['Wish', '要望', 'Санал'],
  complaint: ['Complaint', '苦情', 'Гомдол'],
  access: ['See the data', '開示', 'Мэдээллээ үзэх'],
  rectify: ['Correct the data', '訂正', 'Мэдээллээ засуулах'],
  erase: ['Erase the data', '消去', 'Мэдээллээ устгуулах'],
  object: ['Object to a use', '利用への異議', 'Ашиглалтыг эсэргүүцэх'],
  contact_code: ['Code from the mail', 'メールのコード', 'И-мэйлээр ирсэн код'],
  last_payment_amount: ['Amount of the last payment', '最後の支払額', 'Сүүлийн төлбөрийн дүн'],
  signed_in_session: ['Signed in', 'サインイン', 'Нэвтэрсэн'],
  document_seen: ['Document seen', '書類の確認', 'Бичиг баримт харсан'],
}

const DOCUMENTS: Record<DocumentKind, Words> = {
  passport: ['Passport', '旅券', 'Гадаад паспорт'],
  national_id: ['Identity card', '身分証明書', 'Иргэний үнэмлэх'],
  driving_licence: ['Driving licence', '運転免許証', 'Жолооны үнэмлэх'],
  residence_card: ['Residence card', '在留カード', 'Оршин суух карт'],
}

const BASES: Record<DisclosureBasis, Words> = {
  consent: ['Consent', '同意', 'Зөвшөөрөл'],
  law: ['Legal request', '法令に基づく照会', 'Хуулийн хүсэлт'],
  deidentified: ['De-identified group', '匿名化した集団', 'Таних боломжгүй бүлэг'],
  contract: ['Contract', '契約', 'Гэрээ'],
}

const MAILS: Record<MailTemplate, Words> = {
  identity_code: ['Code', '確認コード', 'Код'],
  request_received: ['Request taken in', 'ご請求の受付', 'Хүсэлтийг хүлээн авсан'],
  request_extended: ['Request takes longer', '回答期限の延長', 'Хүсэлтийн хугацааг сунгасан'],
  request_package: ['Data is ready', 'データの開示', 'Мэдээлэл бэлэн болсон'],
  request_done: ['Request done', 'ご請求の完了', 'Хүсэлт биелсэн'],
  request_erasing: ['Data is being deleted', '削除の開始', 'Мэдээллийг устгаж буй'],
  request_refused: ['Request refused', 'ご請求の拒否', 'Хүсэлтээс татгалзсан'],
  inquiry_received: ['Message taken in', 'お問い合わせの受付', 'Мессежийг хүлээн авсан'],
  inquiry_answered: ['Answer to a message', 'お問い合わせへの回答', 'Мессежийн хариу'],
  contact_changed: ['Contact changed', 'ご連絡先の変更', 'Холбоо барих мэдээлэл өөрчлөгдсөн'],
  desk_reminder: ['Reminder to the desk', '窓口への通知', 'Ажилтанд сануулга'],
}

const ACTORS: Record<string, Words> = {
  service: ['Program', 'プログラム', 'Программ'],
  session: ['Checkout page', '決済画面', 'Төлбөрийн хуудас'],
  staff: ['Staff', '担当者', 'Ажилтан'],
  operator: ['Operator', '運用者', 'Систем ажиллуулагч'],
  payer: ['Payer', '支払者', 'Төлөгч'],
  person: ['The person', '本人', 'Хүн өөрөө'],
  stripe: ['Stripe', 'Stripe', 'Stripe'],
  worker: ['The machine itself', 'システム', 'Систем өөрөө'],
  page: ['Form', 'フォーム', 'Маягт'],
  request: ['Request', 'ご請求', 'Хүсэлт'],
  import: ['Taken over', '取り込み', 'Импорт'],
}

/** How the outcome of a payment became known. */
const READINGS: Record<Source, Words> = {
  reply: ['Answer of Stripe', 'Stripe の応答', 'Stripe-ийн хариу'],
  event: ['Notice of Stripe', 'Stripe の通知', 'Stripe-ийн мэдэгдэл'],
  look: ['Looked up at Stripe', 'Stripe への照会', 'Stripe дээр шалгасан'],
  reconciliation: ['Reconciliation', '照合', 'Тулгалт'],
  review: ['Settled by hand', '手作業', 'Гараар шийдсэн'],
}

/** Of records about a person. */
const OBJECTS: Record<string, Words> = {
  payer: ['Profile', 'プロフィール', 'Хувийн мэдээлэл'],
  consent: ['Consent', '同意', 'Зөвшөөрөл'],
  objection: ['Objection', '異議', 'Эсэргүүцэл'],
  token: ['Saved card', '登録カード', 'Хадгалсан карт'],
  checkout_session: ['Visit to save a card', 'カード登録の手続き', 'Карт хадгалах оролдлого'],
  charge: ['Payment', '支払い', 'Төлбөр'],
  refund: ['Refund', '返金', 'Буцаалт'],
  dispute: ['Dispute', '異議申立て（決済）', 'Маргаан'],
  exception: ['Exception', '例外', 'Зөрүү'],
  disclosure: ['Disclosure', '第三者への提供', 'Бусдад өгсөн мэдээлэл'],
  erasure: ['Erasure', '消去', 'Устгал'],
  privacy_request: ['Request about personal data', '個人情報に関する請求', 'Хувийн мэдээллийн талаарх хүсэлт'],
  inquiry: ['Inquiry', 'お問い合わせ', 'Асуулт'],
  mail: ['Mail', 'メール', 'И-мэйл'],
}

const LANGUAGES: Record<string, Words> = Object.fromEntries(
  Object.entries(LANGUAGE_NAMES).map(([code, name]) => [code, [name, name, name]]),
)

export const YES_OR_NO: Record<'true' | 'false', Words> = {
  true: ['Yes', 'はい', 'Тийм'],
  false: ['No', 'いいえ', 'Үгүй'],
}

export const PACKAGE_VALUES: Readonly<Record<string, Readonly<Record<string, Words>>>> = {
  status: {
    ...STATUSES,
    // Of a code that was sent.
    open: ['Good', '有効', 'Хүчинтэй'],
    confirmed: ['Entered', '入力済み', 'Оруулсан'],
    replaced: ['Replaced', '再発行', 'Солигдсон'],
    // Of a dispute, as Stripe names them.
    warning_needs_response: ['Asked about', '照会（回答待ち）', 'Лавлагаа (хариу хүлээж буй)'],
    warning_under_review: ['Asked about, in review', '照会（審査中）', 'Лавлагаа (хянаж буй)'],
    warning_closed: ['No longer asked about', '照会の終了', 'Лавлагаа хаагдсан'],
    needs_response: ['Waits for an answer', '回答待ち', 'Хариу хүлээж буй'],
    under_review: ['In review', '審査中', 'Хянаж буй'],
    won: ['Decided for the company', '当社の主張が認められた', 'Байгууллагын талд шийдсэн'],
    lost: ['Decided for you', 'お客様の主張が認められた', 'Таны талд шийдсэн'],
  },
  kind: KINDS,
  source: { ...ACTORS, ...READINGS },
  object_type: OBJECTS,
  charge_status: STATUSES,
  by: { desk: ['Desk', '窓口', 'Ажилтан'], person: ['The person', '本人', 'Хүн өөрөө'] },
  actor_kind: ACTORS,
  document: DOCUMENTS,
  basis: BASES,
  template: MAILS,
  language: LANGUAGES,
  locale: LANGUAGES,
  consent_locale: LANGUAGES,
  decision: { approve: ['Granted', '認める', 'Зөвшөөрсөн'], refuse: ['Refused', '拒否', 'Татгалзсан'] },
  outcome: {
    ok: ['Done', '完了', 'Хийсэн'],
    denied: ['Refused', '拒否', 'Татгалзсан'],
    failed: ['Failed', '失敗', 'Амжилтгүй'],
    unknown: ['Not known yet', '不明', 'Тодорхойгүй'],
    contradicted: ['Contradicted', '矛盾', 'Зөрчилтэй'],
  },
  direction: { in: ['From you', 'お客様から', 'Танаас'], out: ['To you', 'お客様へ', 'Танд'] },
  usage: {
    off_session: ['Also when you are not there', 'お客様の操作なしでも利用', 'Таныг байхгүй үед ч'],
    on_session: ['Only when you are there', 'お客様の操作時のみ利用', 'Зөвхөн таныг байхад'],
  },
  capture_method: {
    automatic: ['At once', '即時', 'Шууд'],
    manual: ['Reserved first', '与信後に確定', 'Эхлээд барьцаалж'],
  },
  origin: { vault: ['The company', '当社', 'Байгууллага'], stripe: ['Stripe', 'Stripe', 'Stripe'] },
  contact_kind: { email: ['E-mail', 'メール', 'И-мэйл'], phone: ['Phone', '電話', 'Утас'] },
  funding: {
    credit: ['Credit card', 'クレジット', 'Кредит карт'],
    debit: ['Debit card', 'デビット', 'Дебит карт'],
    prepaid: ['Prepaid card', 'プリペイド', 'Урьдчилсан төлбөрт карт'],
    unknown: ['Not known', '不明', 'Тодорхойгүй'],
  },
  propagation: {
    none: ['Not needed', '不要', 'Шаардлагагүй'],
    due: ['To be done', '未反映', 'Хийх'],
    done: ['Done', '反映済み', 'Хийсэн'],
    failed: ['Failed', '失敗', 'Амжилтгүй'],
  },
}
