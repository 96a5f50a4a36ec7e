// What an audit entry says in words: each action is a noun and what was done to it, such as `payer.reveal`. An action
// without words here does not compile.
import type { Language } from '../languages.ts'

type Words = Record<Language, string>

const words = (en: string, ja: string, mn: string): Words => ({ en, ja, mn })

const NOUNS = {
  payer: words('Payer', '支払者', 'Төлөгч'),
  consent: words('Consent', '同意', 'Зөвшөөрөл'),
  objection: words('Objection', '異議', 'Эсэргүүцэл'),
  purposes: words('Purposes', '利用目的', 'Зорилго'),
  token: words('Saved card', '登録カード', 'Хадгалсан карт'),
  charge: words('Charge', '請求', 'Төлбөр'),
  capture: words('Capture', '売上確定', 'Татан авалт'),
  cancel: words('Cancellation', '取消', 'Цуцлалт'),
  refund: words('Refund', '返金', 'Буцаалт'),
  dispute: words('Dispute', '異議申立て', 'Маргаан'),
  'checkout-session': words('Checkout', '決済画面', 'Төлбөрийн хуудас'),
  disclosure: words('Disclosure', '提供', 'Задруулалт'),
  'access-package': words('Data package', 'データの一覧', 'Мэдээллийн багц'),
  erasure: words('Erasure', '消去', 'Устгал'),
  'privacy-request': words('Request', '権利の請求', 'Эрхийн хүсэлт'),
  identity: words('Identity check', '本人確認', 'Хувийн баталгаажуулалт'),
  inquiry: words('Inquiry', 'お問い合わせ', 'Лавлагаа'),
  mail: words('Mail', 'メール', 'И-мэйл'),
  retention: words('Retention', '保存期間', 'Хадгалах хугацаа'),
  'audit-log': words('Audit log', '監査ログ', 'Аудитын бүртгэл'),
  'staff-session': words('Session', 'セッション', 'Холболт'),
  tenant: words('Tenant', 'テナント', 'Байгууллага'),
  region: words('Region', '地域', 'Бүс'),
  keys: words('Keys', '鍵', 'Түлхүүр'),
  reconciliation: words('Reconciliation', '照合', 'Тулгалт'),
  exception: words('Exception', '例外', 'Зөрүү'),
  'stripe-event': words('Event of Stripe', 'Stripe のイベント', 'Stripe-ийн мэдэгдэл'),
  'pan-scan': words('Search for card numbers', 'カード番号の検査', 'Картын дугаарын хайлт'),
  service: words('Service', 'サービス', 'Үйлчилгээ'),
} as const

const DEEDS = {
  create: words('created', '作成', 'үүсгэсэн'),
  update: words('changed', '変更', 'өөрчилсөн'),
  change: words('changed', '変更', 'өөрчлөгдсөн'),
  reveal: words('revealed', '開封', 'нээсэн'),
  search: words('searched by e-mail', 'メールで検索', 'и-мэйлээр хайсан'),
  'bind-customer': words(
    'linked to its customer at Stripe',
    'Stripe の顧客と紐づけ',
    'Stripe-ийн хэрэглэгчтэй холбосон',
  ),
  record: words('recorded', '記録', 'бүртгэсэн'),
  withdraw: words('withdrawn', '撤回', 'цуцалсан'),
  read: words('read', '閲覧', 'уншсан'),
  open: words('opened', '開始', 'нээгдсэн'),
  close: words('closed', '終了', 'хаасан'),
  end: words('ended', '終了', 'дууссан'),
  start: words('started', '開始', 'эхэлсэн'),
  stop: words('stopped', '停止', 'зогссон'),
  begin: words('begun', '着手', 'эхэлсэн'),
  finish: words('finished', '完了', 'дууссан'),
  complete: words('completed', '完了', 'дууссан'),
  fail: words('failed', '失敗', 'амжилтгүй'),
  failed: words('failed', '失敗', 'амжилтгүй'),
  approve: words('approved', '承認', 'баталсан'),
  refuse: words('refused', '拒否', 'татгалзсан'),
  'carry-out': words('carried out', '実施', 'хэрэгжүүлсэн'),
  settle: words('settled', '確定', 'баталгаажсан'),
  resolve: words('settled by hand', '手作業で確定', 'гараар шийдсэн'),
  'send-again': words('sent again', '再送', 'дахин илгээсэн'),
  'take-in': words('taken over from Stripe', 'Stripe から取り込み', 'Stripe-ээс авсан'),
  'follow-stripe': words('changed as at Stripe', 'Stripe に合わせて変更', 'Stripe-ийн дагуу өөрчилсөн'),
  reuse: words('saved again', '再登録', 'дахин хадгалсан'),
  capture: words('captured', '売上確定', 'татсан'),
  cancel: words('cancelled', '取消', 'цуцалсан'),
  detach: words('detached', '解除', 'салгасан'),
  freeze: words('frozen', '凍結', 'царцаасан'),
  thaw: words('thawed', '凍結解除', 'гэсгээсэн'),
  'bind-origin': words('tied to its page', '画面と紐づけ', 'хуудастай холбосон'),
  export: words('exported', '書き出し', 'экспортолсон'),
  download: words('downloaded', 'ダウンロード', 'татаж авсан'),
  make: words('made', '実施', 'хийсэн'),
  request: words('asked for', '申請', 'хүссэн'),
  'send-code': words('code sent', 'コード送信', 'код илгээсэн'),
  'record-evidence': words('evidence recorded', '証拠の記録', 'нотолгоо бүртгэсэн'),
  verify: words('verified', '検証', 'шалгасан'),
  prove: words('proved', '証明', 'нотолсон'),
  archive: words('archived', '保管庫へ移動', 'архивласан'),
  'drop-archive': words('archive removed', '保管庫から削除', 'архивыг устгасан'),
  submit: words('sent in', '送信', 'илгээсэн'),
  answer: words('answered', '回答', 'хариулсан'),
  assign: words('assigned', '割り当て', 'хуваарилсан'),
  'link-request': words('made a rights request', '権利の請求に切り替え', 'эрхийн хүсэлт болгосон'),
  extend: words('extended', '延長', 'сунгасан'),
  propagate: words('passed on to Stripe', 'Stripe に反映', 'Stripe-д дамжуулсан'),
  watch: words('deadlines checked', '期限の確認', 'хугацааг шалгасан'),
  'destroy-key': words('key destroyed', '鍵の破棄', 'түлхүүрийг устгасан'),
  sent: words('sent', '送信', 'илгээсэн'),
  expired: words('given up', '送信中止', 'илгээхээ больсон'),
  quarantined: words('set aside', '隔離', 'тусгаарласан'),
  publish: words('published', '公開', 'нийтэлсэн'),
  apply: words('applied', '適用', 'хэрэгжүүлсэн'),
  run: words('carried out', '実行', 'ажиллуулсан'),
  add: words('added', '追加', 'нэмсэн'),
  set: words('set', '設定', 'тохируулсан'),
  'set-region': words('region set', '地域の設定', 'бүсийг тохируулсан'),
  'set-stripe': words('Stripe account set', 'Stripe アカウントの設定', 'Stripe бүртгэлийг тохируулсан'),
  'pause-charging': words('charging paused', '請求の一時停止', 'төлбөр авахыг түр зогсоосон'),
  'resume-charging': words('charging resumed', '請求の再開', 'төлбөр авахыг үргэлжлүүлсэн'),
  prepare: words('prepared', '準備', 'бэлтгэсэн'),
  retire: words('retired', '廃止', 'хасагдсан'),
  'rotation-begin': words('rotation begun', '入れ替えの開始', 'солилт эхэлсэн'),
  'rotation-resume': words('rotation resumed', '入れ替えの再開', 'солилт үргэлжилсэн'),
  'rotation-finish': words('rotation finished', '入れ替えの完了', 'солилт дууссан'),
} as const

export type AuditAction = `${keyof typeof NOUNS}.${keyof typeof DEEDS}`

/** What was refused before it was an action: the route that was asked for. */
export type RefusedRoute = `${string} ${string}`

const ROUTE = words('Request', 'リクエスト', 'Хүсэлт')

/** In words; of a route, and of an action that an earlier version wrote, as it is. */
export function actionInWords(language: Language, action: string): string {
  if (action.includes(' ')) return `${ROUTE[language]}: ${action}`
  const [noun = '', deed = ''] = action.split('.')
  const first = (NOUNS as Readonly<Record<string, Words>>)[noun]?.[language]
  const second = (DEEDS as Readonly<Record<string, Words>>)[deed]?.[language]
  return first && second ? `${first}: ${second}` : action
}
