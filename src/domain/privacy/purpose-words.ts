// What each purpose of the first register is called, and what is done for it, in the languages of its readers.
import type { Texts } from './personal-fields.ts'

export type PurposeWords = { title: Texts; text: Texts }

export const PURPOSE_WORDS = {
  settle_payments: {
    title: { en: 'Settling payments', ja: '支払いの決済', mn: 'Төлбөр гүйцэтгэх' },
    text: {
      en: 'Taking a payment, giving it back, and matching it with what the bank paid out.',
      ja: '支払いの受領、返金、銀行からの入金との照合を行います。',
      mn: 'Төлбөр авах, буцаах, банкны шилжүүлэгтэй тулгах.',
    },
  },
  charge_saved_card: {
    title: { en: 'Charging a saved card', ja: '登録カードへの請求', mn: 'Хадгалсан картаас төлбөр авах' },
    text: {
      en: 'Charging the card that you saved, within the limits that you agreed to. No card number is ever held here.',
      ja: '同意いただいた範囲で登録カードに請求します。カード番号を当社が保持することはありません。',
      mn: 'Таны хадгалсан картаас зөвшөөрсөн хязгаарт төлбөр авна. Картын дугаарыг бид хэзээ ч хадгалахгүй.',
    },
  },
  collect_money: {
    title: { en: 'Collecting money that is due', ja: '未払い金の回収', mn: 'Төлөгдөөгүй төлбөр барагдуулах' },
    text: {
      en: 'Reaching you about a payment that is due or that failed.',
      ja: '未払いまたは失敗した支払いについてご連絡します。',
      mn: 'Төлөгдөөгүй эсвэл амжилтгүй болсон төлбөрийн талаар тантай холбогдох.',
    },
  },
  service_notices: {
    title: { en: 'Notices about the service', ja: 'サービスに関するお知らせ', mn: 'Үйлчилгээний мэдэгдэл' },
    text: {
      en: 'Telling you what you need to know to use the service: receipts, changes, codes that you asked for.',
      ja: '領収、変更、ご請求のコードなど、ご利用に必要なことをお知らせします。',
      mn: 'Баримт, өөрчлөлт, таны хүссэн код зэрэг үйлчилгээ ашиглахад хэрэгтэй зүйлийг мэдэгдэх.',
    },
  },
  warnings: {
    title: { en: 'Warnings and reminders', ja: '注意喚起とリマインダー', mn: 'Сануулга, анхааруулга' },
    text: {
      en: 'Warning or reminding you personally, for instance of a card that expires soon.',
      ja: 'カードの期限切れが近いなど、ご本人への注意やお知らせです。',
      mn: 'Картын хугацаа дуусах гэх мэт зүйлийг танд биечлэн сануулах.',
    },
  },
  service_news: {
    title: { en: 'News of services and programmes', ja: '新しいサービスの案内', mn: 'Үйлчилгээ, хөтөлбөрийн мэдээ' },
    text: {
      en: 'Introducing new services, programmes and screens to people who use the service.',
      ja: 'ご利用中の方に、新しいサービス、プログラム、画面をご案内します。',
      mn: 'Үйлчлүүлэгчдэд шинэ үйлчилгээ, хөтөлбөр, дэлгэцийг танилцуулах.',
    },
  },
  service_improvement: {
    title: { en: 'Improving the service', ja: 'サービスの改善', mn: 'Үйлчилгээг сайжруулах' },
    text: {
      en: 'Learning from how payments go and what people ask, without contacting anybody.',
      ja: '支払いの状況やお問い合わせから学びます。ご連絡はしません。',
      mn: 'Төлбөрийн явц, асуултаас суралцах. Хэнтэй ч холбогдохгүй.',
    },
  },
  marketing: {
    title: { en: 'Marketing', ja: 'マーケティング', mn: 'Маркетинг' },
    text: {
      en: 'Offers that are chosen for you, and analysing how they are received.',
      ja: 'お客様に合わせたご提案と、その効果の分析です。',
      mn: 'Танд тохирсон санал хүргэх, түүний үр дүнг шинжлэх.',
    },
  },
  surveys: {
    title: { en: 'Surveys and their analysis', ja: 'アンケートとその分析', mn: 'Санал асуулга ба шинжилгээ' },
    text: {
      en: 'Asking you to take part in a survey, and analysing the answers.',
      ja: 'アンケートへのご協力をお願いし、回答を分析します。',
      mn: 'Санал асуулгад урих, хариултыг шинжлэх.',
    },
  },
  gifts: {
    title: { en: 'Gifts', ja: 'プレゼントの送付', mn: 'Бэлэг' },
    text: { en: 'Sending you a gift.', ja: 'プレゼントをお送りします。', mn: 'Танд бэлэг илгээх.' },
  },
  campaigns: {
    title: { en: 'Campaigns', ja: 'キャンペーン', mn: 'Кампанит ажил' },
    text: {
      en: 'Running a campaign that you chose to take part in.',
      ja: 'ご参加いただくキャンペーンを運営します。',
      mn: 'Таны оролцохоор сонгосон кампанит ажлыг явуулах.',
    },
  },
  interviews: {
    title: { en: 'Interviews', ja: 'インタビュー', mn: 'Ярилцлага' },
    text: {
      en: 'Asking you for an interview, and holding it.',
      ja: 'インタビューをお願いし、実施します。',
      mn: 'Танаас ярилцлага хүсэх, хийх.',
    },
  },
  answer_messages: {
    title: { en: 'Answering messages', ja: 'お問い合わせへの対応', mn: 'Мессежид хариулах' },
    text: {
      en: 'Answering your questions, wishes and complaints.',
      ja: 'ご質問、ご要望、苦情にお答えします。',
      mn: 'Таны асуулт, хүсэлт, гомдолд хариулах.',
    },
  },
  keep_service_running: {
    title: { en: 'Keeping the service running', ja: 'サービスの維持', mn: 'Үйлчилгээг тасралтгүй ажиллуулах' },
    text: {
      en: 'Keeping the service safe and working, noticing misuse, and recording who did what.',
      ja: '安全な運用、不正利用の検知、操作の記録を行います。',
      mn: 'Үйлчилгээг аюулгүй ажиллуулах, зүй бус хэрэглээг илрүүлэх, хэн юу хийснийг бүртгэх.',
    },
  },
  legal_request: {
    title: { en: 'Requests that the law makes', ja: '法令に基づく請求', mn: 'Хуулийн дагуух хүсэлт' },
    text: {
      en: 'Answering a state body or a court where the law obliges us to.',
      ja: '法令に基づく公的機関や裁判所の請求に応じます。',
      mn: 'Хуулиар үүрэг болгосон тохиолдолд төрийн байгууллага, шүүхэд хариу өгөх.',
    },
  },
  rights_request: {
    title: {
      en: 'Your requests about your data',
      ja: '個人情報に関するご請求',
      mn: 'Өөрийн мэдээллийн талаарх хүсэлт',
    },
    text: {
      en: 'Showing, correcting or deleting your data when you ask, and proving what you agreed to.',
      ja: 'ご請求による開示、訂正、削除と、同意内容の証明を行います。',
      mn: 'Таны хүсэлтээр мэдээллийг үзүүлэх, засах, устгах, юу зөвшөөрснийг нотлох.',
    },
  },
} as const satisfies Record<string, PurposeWords>
