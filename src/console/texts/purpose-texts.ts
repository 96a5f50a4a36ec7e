// The words of the page of the purpose register.
import type { Catalogue } from './language.ts'

const en = {
  title: 'Purposes',
  lead: 'What personal data is kept for. Whoever reads a sealed field names one of these; the public page shows the same.',
  caption: 'Purposes of the register in force',
  purpose: 'Purpose',
  basis: 'Legal basis',
  bases: { contract: 'Contract', law: 'Law', consent: 'Consent', legitimate_interest: 'Legitimate interest' },
  fields: 'Data',
  recipients: 'Recipients',
  kept: 'Kept',
  days: (days: string) => `${days} days`,
  untilErased: 'until the person is erased',
  version: (version: string) => `Register ${version}`,
  publicPage: 'The public page',
  empty: 'There is no purpose in the register.',
} as const

const ja = {
  title: '利用目的',
  lead: '個人データを何のために保管するか。封印された項目を読むときは、このいずれかを示します。公開ページも同じ内容です。',
  caption: '有効な登録簿の利用目的',
  purpose: '目的',
  basis: '法的根拠',
  bases: { contract: '契約', law: '法律', consent: '同意', legitimate_interest: '正当な利益' },
  fields: 'データ',
  recipients: '提供先',
  kept: '保管',
  days: (days: string) => `${days} 日`,
  untilErased: '消去するまで',
  version: (version: string) => `登録簿 ${version}`,
  publicPage: '公開ページ',
  empty: '登録簿に目的はありません。',
}

const mn = {
  title: 'Зорилгууд',
  lead: 'Хувийн мэдээллийг юунд хадгалдаг. Битүүмжилсэн талбар уншихдаа эдгээрийн аль нэгийг нэрлэнэ; нийтийн хуудас яг үүнийг харуулна.',
  caption: 'Хүчин төгөлдөр бүртгэлийн зорилгууд',
  purpose: 'Зорилго',
  basis: 'Хуулийн үндэслэл',
  bases: { contract: 'Гэрээ', law: 'Хууль', consent: 'Зөвшөөрөл', legitimate_interest: 'Хууль ёсны ашиг сонирхол' },
  fields: 'Мэдээлэл',
  recipients: 'Хүлээн авагч',
  kept: 'Хадгалах',
  days: (days: string) => `${days} хоног`,
  untilErased: 'устгах хүртэл',
  version: (version: string) => `Бүртгэл ${version}`,
  publicPage: 'Нийтийн хуудас',
  empty: 'Бүртгэлд зорилго алга.',
}

export const PURPOSE_TEXTS: Catalogue<typeof en> = { en, ja, mn }
