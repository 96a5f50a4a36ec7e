// The words of the contact page, in the languages of its readers. `{merchant}` and `{days}` are filled in.
import type { Language } from '../domain/languages.ts'

type Texts = {
  title: string
  intro: string
  noCards: string
  privacy: string
  privacyLink: string
  kind: string
  kinds: { question: string; wish: string; complaint: string }
  term: string
  message: string
  messageHint: string
  email: string
  emailHint: string
  name: string
  optional: string
  website: string
  send: string
  /** Goes in front of the page's title when something is wrong. */
  errorPrefix: string
  errorSummary: string
  errors: {
    kind: string
    message: string
    messageLong: string
    email: string
    name: string
    card: string
    tooSoon: string
    stale: string
    busy: string
  }
  thanks: string
  thanksMore: string
  again: string
  problem: string
  missing: string
  missingMore: string
  failed: string
  failedMore: string
}

export const CONTACT_TEXTS: Record<Language, Texts> = {
  en: {
    title: 'Write to {merchant}',
    intro: 'Questions, wishes and complaints all go through this form. Somebody reads each one and answers by e-mail.',
    noCards: 'Never write a card number or a security code here. We never ask for one.',
    privacy: 'What you write is encrypted, and used to answer you.',
    privacyLink: 'What we hold and why',
    kind: 'What is it about?',
    kinds: { question: 'A question', wish: 'A wish or a suggestion', complaint: 'A complaint' },
    term: 'Answered within {days} days.',
    message: 'Your message',
    messageHint: 'Up to 5,000 characters.',
    email: 'Your e-mail address',
    emailHint: 'The answer goes there, and nothing else.',
    name: 'Your name',
    optional: 'optional',
    website: 'Leave this field empty',
    send: 'Send the message',
    errorPrefix: 'Not sent yet',
    errorSummary: 'The message is not sent yet',
    errors: {
      kind: 'Choose what it is about.',
      message: 'Write your message.',
      messageLong: 'Shorten your message to 5,000 characters.',
      email: 'Write an e-mail address, such as name@example.com.',
      name: 'Shorten your name to 200 characters.',
      card: 'This looks like a card number or a security code, so we have not kept it. Please leave it out. If it is another number, put a letter right beside it.',
      tooSoon: 'That was very quick. Please press the button once more.',
      stale: 'This page was open for too long. Please look at it once more and send it again.',
      busy: 'Many messages have come from your network within an hour. Please send this one later; what you wrote is still here.',
    },
    thanks: 'Thank you. We have your message.',
    thanksMore: 'A confirmation is on its way to your e-mail address. You can close this page.',
    again: 'Write another message',
    problem: 'There is a problem',
    missing: 'There is no such page.',
    missingMore: 'The address may have been copied in part. Please check it.',
    failed: 'This did not work.',
    failedMore: 'Please go back and try again in a few minutes.',
  },
  ja: {
    title: '{merchant} へのお問い合わせ',
    intro: 'ご質問、ご要望、苦情はこのフォームで承ります。担当者がすべて拝読し、メールでお答えします。',
    noCards: 'カード番号やセキュリティコードは絶対に書かないでください。当社からお聞きすることはありません。',
    privacy: 'お書きいただいた内容は暗号化され、回答のために使います。',
    privacyLink: '保有する情報とその目的',
    kind: 'ご用件',
    kinds: { question: 'ご質問', wish: 'ご要望・ご提案', complaint: '苦情' },
    term: '{days} 日以内にお答えします。',
    message: 'メッセージ',
    messageHint: '5,000 文字まで。',
    email: 'メールアドレス',
    emailHint: '回答をお送りするためだけに使います。',
    name: 'お名前',
    optional: '任意',
    website: 'この欄は空のままにしてください',
    send: 'メッセージを送信する',
    errorPrefix: '未送信',
    errorSummary: 'メッセージはまだ送信されていません',
    errors: {
      kind: 'ご用件を選んでください。',
      message: 'メッセージを入力してください。',
      messageLong: 'メッセージを 5,000 文字以内に短くしてください。',
      email: 'name@example.com のようなメールアドレスを入力してください。',
      name: 'お名前を 200 文字以内に短くしてください。',
      card: 'カード番号またはセキュリティコードのように見えるため、保存しませんでした。書かずに送信してください。別の番号の場合は、すぐ隣に文字を入れてください。',
      tooSoon: '入力がとても速かったため、もう一度ボタンを押してください。',
      stale: 'ページを長い時間開いていたため、内容をご確認のうえもう一度送信してください。',
      busy: 'お使いのネットワークから 1 時間に多くのメッセージが届いています。入力内容は残っていますので、後ほど送信してください。',
    },
    thanks: 'ありがとうございます。メッセージを受け付けました。',
    thanksMore: '確認のメールをお送りします。このページを閉じてかまいません。',
    again: '別のメッセージを書く',
    problem: '問題があります',
    missing: 'このページはありません。',
    missingMore: 'アドレスの一部だけがコピーされた可能性があります。ご確認ください。',
    failed: 'うまくいきませんでした。',
    failedMore: '前のページに戻り、数分後にもう一度お試しください。',
  },
  mn: {
    title: '{merchant}-д бичих',
    intro: 'Асуулт, санал, гомдлоо энэ маягтаар илгээнэ үү. Бид бүгдийг уншиж, и-мэйлээр хариулна.',
    noCards: 'Картын дугаар, нууц кодоо энд хэзээ ч бүү бичээрэй. Бид ийм зүйл хэзээ ч асуухгүй.',
    privacy: 'Таны бичсэн зүйлийг шифрлэж хадгална, зөвхөн танд хариулахад ашиглана.',
    privacyLink: 'Бид юуг, яагаад хадгалдаг вэ',
    kind: 'Юуны тухай вэ?',
    kinds: { question: 'Асуулт', wish: 'Хүсэлт, санал', complaint: 'Гомдол' },
    term: '{days} хоногийн дотор хариулна.',
    message: 'Таны мессеж',
    messageHint: '5,000 тэмдэгт хүртэл.',
    email: 'Таны и-мэйл хаяг',
    emailHint: 'Зөвхөн хариу илгээхэд ашиглана.',
    name: 'Таны нэр',
    optional: 'заавал биш',
    website: 'Энэ талбарыг хоосон үлдээнэ үү',
    send: 'Мессеж илгээх',
    errorPrefix: 'Илгээгдээгүй',
    errorSummary: 'Мессеж хараахан илгээгдээгүй байна',
    errors: {
      kind: 'Юуны тухай болохыг сонгоно уу.',
      message: 'Мессежээ бичнэ үү.',
      messageLong: 'Мессежээ 5,000 тэмдэгт хүртэл богиносгоно уу.',
      email: 'name@example.com гэх мэт и-мэйл хаяг бичнэ үү.',
      name: 'Нэрээ 200 тэмдэгт хүртэл богиносгоно уу.',
      card: 'Энэ нь картын дугаар эсвэл нууц код шиг харагдаж байгаа тул бид хадгалаагүй. Үүнийг бичихгүйгээр илгээнэ үү. Өөр дугаар бол яг хажууд нь үсэг бичнэ үү.',
      tooSoon: 'Хэт хурдан байлаа. Товчийг дахин нэг дарна уу.',
      stale: 'Энэ хуудас хэт удаан нээлттэй байсан. Дахин нэг хараад илгээнэ үү.',
      busy: 'Таны сүлжээнээс нэг цагийн дотор олон мессеж ирсэн байна. Дараа илгээнэ үү, таны бичсэн зүйл энд хэвээр байна.',
    },
    thanks: 'Баярлалаа. Бид таны мессежийг хүлээн авлаа.',
    thanksMore: 'Баталгаажуулах и-мэйл тан руу илгээгдлээ. Та энэ хуудсыг хааж болно.',
    again: 'Өөр мессеж бичих',
    problem: 'Алдаа гарлаа',
    missing: 'Ийм хуудас алга.',
    missingMore: 'Хаягийн зөвхөн хэсгийг хуулсан байж магадгүй. Шалгана уу.',
    failed: 'Болсонгүй.',
    failedMore: 'Буцаж ороод хэдэн минутын дараа дахин оролдоно уу.',
  },
}
