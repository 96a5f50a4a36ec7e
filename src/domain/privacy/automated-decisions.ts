// What is decided about a person by a machine alone, and by what logic (GDPR article 15(1)(h)): a table, in the languages
// of its readers.
import type { Language } from '../languages.ts'

export type AutomatedDecision = {
  name: string
  title: Readonly<Record<Language, string>>
  logic: Readonly<Record<Language, string>>
}

export const AUTOMATED_DECISIONS: readonly AutomatedDecision[] = [
  {
    name: 'card_testing_block',
    title: {
      en: 'Saving a card is refused for a while',
      ja: 'カード登録の一時的なお断り',
      mn: 'Карт хадгалахыг түр хориглох',
    },
    logic: {
      en: 'When saving a card fails too often in a short time, from one session, one person, one address or with one card, saving is refused for a while. Nothing else follows from it, and it ends by itself.',
      ja: '短時間に、同じセッション、同じ方、同じアドレス、または同じカードで、カードの登録に何度も失敗すると、しばらくの間登録をお断りします。ほかの影響はなく、自動的に解除されます。',
      mn: 'Нэг сесс, нэг хүн, нэг хаяг эсвэл нэг картаар богино хугацаанд карт хадгалах оролдлого олон удаа амжилтгүй болвол хадгалахыг түр хугацаанд хориглоно. Үүнээс өөр үр дагавар гарахгүй бөгөөд өөрөө дуусна.',
    },
  },
  {
    name: 'decline_advice',
    title: {
      en: 'What follows a declined payment',
      ja: '支払いが拒否されたときの扱い',
      mn: 'Төлбөрөөс татгалзсаны дараах шийдвэр',
    },
    logic: {
      en: "When a bank declines a payment, the bank's reason decides by a fixed table whether and when it may be tried again, or whether another card or you yourself are needed. Who you are plays no part in it.",
      ja: '銀行が支払いを拒否した場合、その理由に応じて、再試行の可否と時期、別のカードやご本人の操作が必要かどうかが、決まった表で判断されます。お客様がどなたであるかは関係しません。',
      mn: 'Банк төлбөрөөс татгалзвал шалтгааныг нь тогтсон хүснэгтээр шалгаж, дахин оролдох эсэх, хэзээ, эсвэл өөр карт, таны оролцоо хэрэгтэй эсэхийг шийднэ. Та хэн болох нь үүнд нөлөөлөхгүй.',
    },
  },
]
