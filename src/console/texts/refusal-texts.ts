// Why something was refused, what would make it possible, and who could do it: one sentence or two for each code.
import type { ErrorCode } from '../../domain/errors.ts'
import type { Language } from '../../domain/languages.ts'

type Refusal = { title: string; help: string }

/** Codes that a page can meet; any other is explained by `other`. */
export type ExplainedCode = Extract<
  ErrorCode,
  | 'insufficient_scope'
  | 'purpose_not_allowed'
  | 'second_person_required'
  | 'not_found'
  | 'payer_erased'
  | 'invalid_state'
  | 'validation_failed'
  | 'identity_not_verified'
  | 'field_without_purpose'
  | 'not_deidentified'
  | 'not_sealed_yet'
  | 'consent_withdrawn'
  | 'card_number_refused'
  | 'idempotency_mismatch'
  | 'idempotency_in_progress'
  | 'rate_limited'
  | 'database_busy'
  | 'origin_not_allowed'
>

type RefusalWords = Record<ExplainedCode | 'other', Refusal> & {
  holders: (scope: string, roles: string) => string
  reference: string
}

export const REFUSAL_TEXTS: Record<Language, RefusalWords> = {
  en: {
    holders: (scope, roles) => `It needs the permission ${scope}. These roles have it: ${roles}.`,
    reference: 'Reference for support',
    insufficient_scope: { title: 'Your role does not allow this', help: 'Ask somebody who has a role that does.' },
    purpose_not_allowed: {
      title: 'The purpose does not allow this',
      help: 'Choose a purpose that covers what you need. One that rests on consent needs a consent that the person has not withdrawn.',
    },
    second_person_required: {
      title: 'A second person has to do this',
      help: 'Whoever began it cannot also approve it. Ask another person with the same role.',
    },
    not_found: {
      title: 'There is nothing here',
      help: 'The address or an id that was given may be wrong, or belong to another tenant.',
    },
    payer_erased: {
      title: 'This person has been erased',
      help: 'Nothing about the person is left. Money records stay under a pseudonym.',
    },
    invalid_state: {
      title: 'The state does not allow this',
      help: 'Somebody may have been faster. Look at the object as it is now.',
    },
    validation_failed: {
      title: 'Something has to be corrected',
      help: 'Each place is named. Nothing that you typed is lost.',
    },
    identity_not_verified: {
      title: 'The identity is not verified yet',
      help: 'Verify who is asking first; then decide.',
    },
    field_without_purpose: {
      title: 'No purpose covers this field',
      help: 'Leave the field out, or add it to a purpose in the register first.',
    },
    not_deidentified: {
      title: 'Persons could be recognised',
      help: 'Choose a larger group or fewer fields, until nobody can be told apart.',
    },
    not_sealed_yet: {
      title: 'The entry is not sealed yet',
      help: 'Entries are sealed every few minutes. Try again soon.',
    },
    consent_withdrawn: { title: 'The consent has been withdrawn', help: 'Without a living consent this is not done.' },
    card_number_refused: {
      title: 'Card numbers are never taken here',
      help: 'Something that you typed looks like a card number. It was not stored. Go back and leave it out.',
    },
    idempotency_mismatch: {
      title: 'This form was sent before with other content',
      help: 'Open the page anew and fill it in again.',
    },
    idempotency_in_progress: { title: 'This is being done already', help: 'Wait a moment, then look at the object.' },
    rate_limited: { title: 'Too many in a short time', help: 'Wait a minute and try again.' },
    database_busy: { title: 'The service is busy', help: 'Nothing was changed. Try again in a moment.' },
    origin_not_allowed: {
      title: 'This form did not come from the console',
      help: 'Nothing was changed. Open the page anew in the console and send it from there.',
    },
    other: {
      title: 'This did not work',
      help: 'Nothing was changed. If it stays so, tell support the reference below.',
    },
  },
  ja: {
    holders: (scope, roles) => `${scope} の権限が必要です。この権限を持つ役割: ${roles}。`,
    reference: 'お問い合わせ用の番号',
    insufficient_scope: { title: 'あなたの役割では実行できません', help: '権限のある担当者に依頼してください。' },
    purpose_not_allowed: {
      title: 'この目的では実行できません',
      help: '必要な項目を含む目的を選んでください。同意に基づく目的には、撤回されていない同意が必要です。',
    },
    second_person_required: {
      title: '別の人の承認が必要です',
      help: '始めた本人は承認できません。同じ役割の別の人に依頼してください。',
    },
    not_found: { title: '見つかりません', help: 'アドレスか入力した ID が違う、または別のテナントのものです。' },
    payer_erased: {
      title: 'この人のデータは消去されました',
      help: '個人に関する情報は残っていません。金銭の記録は仮名で残ります。',
    },
    invalid_state: {
      title: '現在の状態では実行できません',
      help: '他の人が先に処理した可能性があります。現在の内容を確認してください。',
    },
    validation_failed: {
      title: '修正が必要です',
      help: '該当する箇所を示しています。入力した内容は失われていません。',
    },
    identity_not_verified: {
      title: '本人確認が済んでいません',
      help: '先に本人確認を行い、その後で判断してください。',
    },
    field_without_purpose: {
      title: 'この項目を含む目的がありません',
      help: '項目を外すか、先に目的の登録に加えてください。',
    },
    not_deidentified: {
      title: '個人を特定できるおそれがあります',
      help: '誰も見分けられなくなるまで、対象を広げるか項目を減らしてください。',
    },
    not_sealed_yet: {
      title: 'まだ封印されていません',
      help: '記録は数分ごとに封印されます。少し待ってからお試しください。',
    },
    consent_withdrawn: { title: '同意は撤回されています', help: '有効な同意がないため実行できません。' },
    card_number_refused: {
      title: 'カード番号は受け取りません',
      help: '入力にカード番号のようなものがあります。保存していません。戻って取り除いてください。',
    },
    idempotency_mismatch: { title: 'このフォームは別の内容で送信済みです', help: '画面を開き直して入力してください。' },
    idempotency_in_progress: { title: '処理中です', help: '少し待ってから内容を確認してください。' },
    rate_limited: { title: '短時間に回数が多すぎます', help: '1 分ほど待ってからもう一度お試しください。' },
    database_busy: { title: '混み合っています', help: '何も変更されていません。少し待ってからお試しください。' },
    origin_not_allowed: {
      title: 'コンソール以外から送信されました',
      help: '何も変更されていません。コンソールの画面を開き直して送信してください。',
    },
    other: {
      title: '実行できませんでした',
      help: '何も変更されていません。続く場合は下の番号を担当者に伝えてください。',
    },
  },
  mn: {
    holders: (scope, roles) => `${scope} зөвшөөрөл шаардлагатай. Энэ зөвшөөрөлтэй үүрэг: ${roles}.`,
    reference: 'Тусламж авах дугаар',
    insufficient_scope: { title: 'Таны үүрэг үүнийг зөвшөөрөхгүй', help: 'Зөвшөөрөлтэй хүнд хандана уу.' },
    purpose_not_allowed: {
      title: 'Энэ зорилго үүнийг зөвшөөрөхгүй',
      help: 'Хэрэгтэй мэдээллээ багтаасан зорилго сонгоно уу. Зөвшөөрөлд үндэслэсэн зорилгод цуцлаагүй зөвшөөрөл хэрэгтэй.',
    },
    second_person_required: {
      title: 'Өөр хүн хийх ёстой',
      help: 'Эхлүүлсэн хүн өөрөө баталж болохгүй. Ижил үүрэгтэй өөр хүнд хандана уу.',
    },
    not_found: { title: 'Энд юу ч алга', help: 'Хаяг эсвэл оруулсан дугаар буруу, эсвэл өөр байгууллагынх байна.' },
    payer_erased: {
      title: 'Энэ хүний мэдээлэл устсан',
      help: 'Хувийн мэдээлэл үлдээгүй. Мөнгөний бүртгэл нууц нэрээр үлдэнэ.',
    },
    invalid_state: {
      title: 'Одоогийн төлөв үүнийг зөвшөөрөхгүй',
      help: 'Өөр хүн түрүүлсэн байж магадгүй. Одоогийн байдлыг нь харна уу.',
    },
    validation_failed: { title: 'Засах зүйл байна', help: 'Газар бүрийг заасан. Таны бичсэн зүйл алдагдаагүй.' },
    identity_not_verified: {
      title: 'Хувийн баталгаажуулалт хийгдээгүй',
      help: 'Эхлээд хэн хүсэлт гаргасныг баталгаажуулж, дараа нь шийднэ үү.',
    },
    field_without_purpose: {
      title: 'Энэ талбарыг багтаасан зорилго алга',
      help: 'Талбарыг хасах, эсвэл эхлээд зорилгын бүртгэлд нэмнэ үү.',
    },
    not_deidentified: {
      title: 'Хүнийг таньж болохоор байна',
      help: 'Хэнийг ч ялгах боломжгүй болтол бүлгийг томруулах эсвэл талбарыг цөөлнө үү.',
    },
    not_sealed_yet: {
      title: 'Бүртгэл хараахан битүүмжлэгдээгүй',
      help: 'Бүртгэлийг хэдэн минут тутамд битүүмжилдэг. Удахгүй дахин оролдоно уу.',
    },
    consent_withdrawn: { title: 'Зөвшөөрлийг цуцалсан', help: 'Хүчинтэй зөвшөөрөлгүйгээр хийхгүй.' },
    card_number_refused: {
      title: 'Картын дугаарыг энд хэзээ ч авахгүй',
      help: 'Таны бичсэн зүйл картын дугаартай төстэй байна. Хадгалаагүй. Буцаж очоод хасна уу.',
    },
    idempotency_mismatch: {
      title: 'Энэ маягтыг өөр агуулгатай илгээсэн байна',
      help: 'Хуудсыг шинээр нээж дахин бөглөнө үү.',
    },
    idempotency_in_progress: { title: 'Үүнийг аль хэдийн хийж байна', help: 'Түр хүлээгээд үр дүнг харна уу.' },
    rate_limited: { title: 'Богино хугацаанд хэт олон удаа', help: 'Нэг минут хүлээгээд дахин оролдоно уу.' },
    database_busy: {
      title: 'Үйлчилгээ ачаалалтай байна',
      help: 'Юу ч өөрчлөгдөөгүй. Түр хүлээгээд дахин оролдоно уу.',
    },
    origin_not_allowed: {
      title: 'Маягт удирдлагын хэсгээс ирээгүй байна',
      help: 'Юу ч өөрчлөгдөөгүй. Хуудсыг шинээр нээж тэндээсээ илгээнэ үү.',
    },
    other: { title: 'Амжилтгүй боллоо', help: 'Юу ч өөрчлөгдөөгүй. Давтагдвал доорх дугаарыг хэлнэ үү.' },
  },
}
