/** What the card fields say, by language. */
export const TEXTS = {
  en: {
    number: 'Card number',
    expiry: 'Expiry date (MM / YY)',
    cvc: 'Security code',
    incomplete_number: 'Your card number is incomplete.',
    incorrect_number: 'Your card number is invalid.',
    incomplete_expiry: "Your card's expiry date is incomplete.",
    incomplete_cvc: "Your card's security code is incomplete.",
  },
  ja: {
    number: 'カード番号',
    expiry: '有効期限(月 / 年)',
    cvc: 'セキュリティコード',
    incomplete_number: 'カード番号に不足があります。',
    incorrect_number: 'カード番号が正しくありません。',
    incomplete_expiry: '有効期限に不足があります。',
    incomplete_cvc: 'セキュリティコードに不足があります。',
  },
  mn: {
    number: 'Картын дугаар',
    expiry: 'Дуусах хугацаа (сар / жил)',
    cvc: 'Хамгаалалтын код',
    incomplete_number: 'Картын дугаар дутуу байна.',
    incorrect_number: 'Картын дугаар буруу байна.',
    incomplete_expiry: 'Картын дуусах хугацаа дутуу байна.',
    incomplete_cvc: 'Хамгаалалтын код дутуу байна.',
  },
}
