// The words of the payer's page, in the languages of its readers. `{amount}`, `{merchant}` and `{card}` are filled in.

import type { Language } from '../domain/languages.ts'

export type PayTexts = Record<
  | 'title'
  | 'ask'
  | 'why'
  | 'button'
  | 'busy'
  | 'paid'
  | 'paidMore'
  | 'working'
  | 'over'
  | 'overMore'
  | 'failed'
  | 'card'
  | 'missing'
  | 'missingMore',
  string
>

export const PAY_TEXTS: Record<Language, PayTexts> = {
  en: {
    title: 'Confirm your payment',
    ask: '{merchant} asks you to confirm a payment of {amount}.',
    why: 'Your bank wants to be sure that it is you. No card number is asked for on this page.',
    button: 'Confirm payment of {amount}',
    busy: 'Waiting for your bank…',
    paid: 'Thank you. {amount} is paid.',
    paidMore: 'You can close this page.',
    working: 'Your payment is being processed. You can close this page.',
    over: 'There is nothing left to confirm.',
    overMore: 'The payment was not completed, or the link is no longer valid. {merchant} can send you a new one.',
    failed: 'Your bank did not confirm the payment. You can try once more.',
    card: 'Card',
    missing: 'This link does not work.',
    missingMore: 'It may have been copied in part. Open the whole link from your message again.',
  },
  ja: {
    title: 'お支払いの確認',
    ask: '{merchant} から {amount} のお支払いの確認をお願いしています。',
    why: 'ご本人であることを銀行が確認します。このページでカード番号をお聞きすることはありません。',
    button: '{amount} の支払いを確認する',
    busy: '銀行の応答を待っています…',
    paid: 'ありがとうございます。{amount} のお支払いが完了しました。',
    paidMore: 'このページを閉じてかまいません。',
    working: 'お支払いを処理しています。このページを閉じてかまいません。',
    over: '確認が必要なお支払いはありません。',
    overMore: 'お支払いが完了しなかったか、リンクの期限が切れています。{merchant} に新しいリンクをご依頼ください。',
    failed: '銀行で確認できませんでした。もう一度お試しください。',
    card: 'カード',
    missing: 'このリンクは使えません。',
    missingMore: '一部だけがコピーされた可能性があります。メッセージのリンク全体をもう一度開いてください。',
  },
  mn: {
    title: 'Төлбөрөө баталгаажуулна уу',
    ask: '{merchant} танаас {amount} төлбөрийг баталгаажуулахыг хүсэж байна.',
    why: 'Таны банк энэ нь та мөн эсэхийг шалгана. Энэ хуудас картын дугаар асуухгүй.',
    button: '{amount} төлбөрийг баталгаажуулах',
    busy: 'Банкны хариуг хүлээж байна…',
    paid: 'Баярлалаа. {amount} төлөгдлөө.',
    paidMore: 'Та энэ хуудсыг хааж болно.',
    working: 'Таны төлбөрийг боловсруулж байна. Та энэ хуудсыг хааж болно.',
    over: 'Баталгаажуулах зүйл алга.',
    overMore: 'Төлбөр хийгдээгүй эсвэл холбоосын хугацаа дууссан байна. {merchant} танд шинэ холбоос илгээж болно.',
    failed: 'Таны банк төлбөрийг баталгаажуулсангүй. Та дахин оролдож болно.',
    card: 'Карт',
    missing: 'Энэ холбоос ажиллахгүй байна.',
    missingMore: 'Холбоосын зөвхөн хэсгийг хуулсан байж магадгүй. Мессеж дэх холбоосыг бүтнээр нь дахин нээнэ үү.',
  },
}
