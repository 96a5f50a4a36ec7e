// What an audit entry says in words: each action is a noun and what was done to it, such as `payer.reveal`.
import type { Language } from '../../domain/languages.ts'

type Pair = Record<Language, string>

const pair = (en: string, ja: string, mn: string): Pair => ({ en, ja, mn })

const NOUNS: Readonly<Record<string, Pair>> = {
  payer: pair('Payer', '支払者', 'Төлөгч'),
  consent: pair('Consent', '同意', 'Зөвшөөрөл'),
  objection: pair('Objection', '異議', 'Татгалзал'),
  purpose: pair('Purpose', '利用目的', 'Зорилго'),
  token: pair('Saved card', '登録カード', 'Хадгалсан карт'),
  charge: pair('Charge', '請求', 'Төлбөр'),
  refund: pair('Refund', '返金', 'Буцаалт'),
  dispute: pair('Dispute', '異議申立て', 'Маргаан'),
  'checkout-session': pair('Checkout', '決済画面', 'Төлбөрийн хуудас'),
  disclosure: pair('Disclosure', '提供', 'Задруулалт'),
  erasure: pair('Erasure', '消去', 'Устгал'),
  'privacy-request': pair('Request', '権利の請求', 'Эрхийн хүсэлт'),
  'identity-check': pair('Identity check', '本人確認', 'Хувийн баталгаажуулалт'),
  inquiry: pair('Inquiry', 'お問い合わせ', 'Лавлагаа'),
  mail: pair('Mail', 'メール', 'И-мэйл'),
  'audit-log': pair('Audit log', '監査ログ', 'Аудитын бүртгэл'),
  'staff-session': pair('Session', 'セッション', 'Холболт'),
  tenant: pair('Tenant', 'テナント', 'Байгууллага'),
  keys: pair('Keys', '鍵', 'Түлхүүр'),
  key: pair('Key', '鍵', 'Түлхүүр'),
  reconciliation: pair('Reconciliation', '照合', 'Тулгалт'),
  exception: pair('Exception', '例外', 'Зөрүү'),
  export: pair('Export', '書き出し', 'Экспорт'),
}

const DEEDS: Readonly<Record<string, Pair>> = {
  create: pair('created', '作成', 'үүсгэсэн'),
  update: pair('changed', '変更', 'өөрчилсөн'),
  reveal: pair('revealed', '開封', 'нээсэн'),
  search: pair('searched by e-mail', 'メールで検索', 'и-мэйлээр хайсан'),
  record: pair('recorded', '記録', 'бүртгэсэн'),
  withdraw: pair('withdrawn', '撤回', 'цуцалсан'),
  read: pair('read', '閲覧', 'уншсан'),
  open: pair('begun', '開始', 'эхэлсэн'),
  end: pair('ended', '終了', 'дууссан'),
  start: pair('started', '開始', 'эхэлсэн'),
  finish: pair('finished', '完了', 'дууссан'),
  approve: pair('approved', '承認', 'баталсан'),
  refuse: pair('refused', '拒否', 'татгалзсан'),
  reject: pair('refused', '拒否', 'татгалзсан'),
  settle: pair('settled', '確定', 'баталгаажсан'),
  reserve: pair('reserved', '確保', 'нөөцөлсөн'),
  capture: pair('captured', '売上確定', 'татсан'),
  cancel: pair('cancelled', '取消', 'цуцалсан'),
  detach: pair('detached', '解除', 'салгасан'),
  freeze: pair('frozen', '凍結', 'царцаасан'),
  thaw: pair('thawed', '凍結解除', 'гэсгээсэн'),
  import: pair('imported', '取り込み', 'импортолсон'),
  download: pair('downloaded', 'ダウンロード', 'татаж авсан'),
  send: pair('sent', '送信', 'илгээсэн'),
  answer: pair('answered', '回答', 'хариулсан'),
  assign: pair('assigned', '割り当て', 'хуваарилсан'),
  verify: pair('verified', '検証', 'шалгасан'),
  decide: pair('decided', '判断', 'шийдсэн'),
  extend: pair('extended', '延長', 'сунгасан'),
  erase: pair('erased', '消去', 'устгасан'),
  set: pair('set', '設定', 'тохируулсан'),
  rotate: pair('rotated', '入れ替え', 'солисон'),
  retire: pair('retired', '廃止', 'хасагдсан'),
}

/** In words where there are some, else the action as it is. */
export function actionInWords(language: Language, action: string): string {
  const [noun = '', deed = ''] = action.split('.')
  const first = NOUNS[noun]?.[language]
  const second = DEEDS[deed]?.[language]
  return first && second ? `${first}: ${second}` : action
}
