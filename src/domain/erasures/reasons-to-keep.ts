// Why an erasure leaves what it leaves, in the languages of its readers.
import type { Texts } from '../privacy/personal-fields.ts'

const BOOKS: Texts = {
  en: 'Records of payments are kept as long as the law of bookkeeping and taxes says (GDPR 17(3)(b)).',
  ja: '支払いの記録は、会計・税務の法令が定める期間保管します（GDPR 第 17 条 3 項 (b)）。',
  mn: 'Төлбөрийн бүртгэлийг нягтлан бодох, татварын хуульд заасан хугацаанд хадгална (GDPR 17(3)(b)).',
}

const booksAnd = (more: Texts): Texts => ({
  en: `${BOOKS.en} ${more.en}`,
  ja: `${BOOKS.ja}${more.ja}`,
  mn: `${BOOKS.mn} ${more.mn}`,
})

export const REASONS_TO_KEEP = {
  books: BOOKS,
  payer: booksAnd({
    en: "They stand under the id, and Stripe's own under the customer's.",
    ja: '当社の記録は ID に、Stripe の記録は顧客 ID に紐づきます。',
    mn: 'Бидний бүртгэл дугаарын дор, Stripe-ийнх хэрэглэгчийн дугаарын дор байна.',
  }),
  cardCharged: booksAnd({
    en: 'Which card paid is part of the record.',
    ja: 'どのカードで支払われたかも記録の一部です。',
    mn: 'Аль картаар төлсөн нь бүртгэлийн хэсэг юм.',
  }),
  claim: {
    en: 'A claim about a payment may be made and defended after it was paid (GDPR 17(3)(e)).',
    ja: '支払い後も、支払いに関する請求の提起や防御に必要です（GDPR 第 17 条 3 項 (e)）。',
    mn: 'Төлбөрийн талаар дараа нь нэхэмжлэл гаргах, хамгаалах шаардлага гарч болно (GDPR 17(3)(e)).',
  },
  cardRemoved: {
    en: 'That a card was removed at Stripe must be shown afterwards (GDPR 5(2) and 19).',
    ja: 'Stripe でカードを削除したことを後から示す必要があります（GDPR 第 5 条 2 項、第 19 条）。',
    mn: 'Картыг Stripe дээр устгасныг дараа нь харуулах ёстой (GDPR 5(2), 19).',
  },
  consentCame: {
    en: 'How a consent to save a card came about must be shown afterwards (GDPR 7(1)).',
    ja: 'カード登録への同意がどのように得られたかを後から示す必要があります（GDPR 第 7 条 1 項）。',
    mn: 'Карт хадгалах зөвшөөрлийг хэрхэн авсныг дараа нь харуулах ёстой (GDPR 7(1)).',
  },
  consent: {
    en: 'That there was a consent, and when it ended, must be shown afterwards (GDPR 5(2) and 7(1)).',
    ja: '同意があったことと、その終了時期を後から示す必要があります（GDPR 第 5 条 2 項、第 7 条 1 項）。',
    mn: 'Зөвшөөрөл байсныг, хэзээ дууссаныг дараа нь харуулах ёстой (GDPR 5(2), 7(1)).',
  },
  looked: {
    en: 'Who looked at a real name must be shown afterwards, for as long as the register keeps it (GDPR 5(2)).',
    ja: '本名を閲覧した者を、台帳が定める期間、後から示す必要があります（GDPR 第 5 条 2 項）。',
    mn: 'Жинхэнэ нэрийг хэн үзсэнийг бүртгэлд заасан хугацаанд дараа нь харуулах ёстой (GDPR 5(2)).',
  },
  disclosed: {
    en: 'That something was disclosed, and on which basis, must be shown afterwards (GDPR 5(2)).',
    ja: '提供した事実とその根拠を後から示す必要があります（GDPR 第 5 条 2 項）。',
    mn: 'Мэдээлэл өгснийг, ямар үндэслэлээр өгснийг дараа нь харуулах ёстой (GDPR 5(2)).',
  },
  complaint: {
    en: 'That a complaint was answered, and in time, must be shown afterwards (GDPR 5(2)).',
    ja: '苦情に期限内に回答したことを後から示す必要があります（GDPR 第 5 条 2 項）。',
    mn: 'Гомдолд хугацаанд нь хариулсныг дараа нь харуулах ёстой (GDPR 5(2)).',
  },
  answered: {
    en: 'That a person asked, was known, and was answered in time must be shown afterwards (GDPR 5(2) and 12(3)).',
    ja: '本人の請求、本人確認、期限内の回答を後から示す必要があります（GDPR 第 5 条 2 項、第 12 条 3 項）。',
    mn: 'Хүн хүсэлт гаргасныг, хэн болохыг баталсныг, хугацаанд нь хариулсныг дараа нь харуулах ёстой (GDPR 5(2), 12(3)).',
  },
  told: {
    en: 'That a person was told what they must be told must be shown afterwards (GDPR 5(2) and 12).',
    ja: '本人に必要な通知をしたことを後から示す必要があります（GDPR 第 5 条 2 項、第 12 条）。',
    mn: 'Хүнд мэдэгдэх ёстойг мэдэгдсэнийг дараа нь харуулах ёстой (GDPR 5(2), 12).',
  },
  erased: {
    en: 'That a person was erased must be shown afterwards, and done again in a backup that is restored (GDPR 5(2)).',
    ja: '消去した事実を後から示し、復元したバックアップでも再び消去する必要があります（GDPR 第 5 条 2 項）。',
    mn: 'Хүнийг устгасныг дараа нь харуулах, сэргээсэн нөөц хуулбарт дахин устгах ёстой (GDPR 5(2)).',
  },
  requestKeys: {
    en: 'A request that is sent again must not move money twice; it is told that the payer is erased.',
    ja: '同じリクエストが再送されても二重に送金せず、支払者は消去済みと答えるためです。',
    mn: 'Дахин илгээсэн хүсэлт мөнгийг хоёр удаа шилжүүлэх ёсгүй; төлөгч устгагдсан гэж хариулна.',
  },
  auditLog: {
    en: 'The log of access is kept at least twelve months and is never changed (PCI DSS 10.5.1, GDPR 5(2) and 32).',
    ja: 'アクセスの記録は 12 か月以上保管し、変更しません（PCI DSS 10.5.1、GDPR 第 5 条 2 項、第 32 条）。',
    mn: 'Хандалтын бүртгэлийг арван хоёр сараас доошгүй хадгалж, хэзээ ч өөрчлөхгүй (PCI DSS 10.5.1, GDPR 5(2), 32).',
  },
} as const satisfies Record<string, Texts>
