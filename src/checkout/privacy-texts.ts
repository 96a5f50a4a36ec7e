// The words of the privacy page around what the register says. `{name}`s are filled in.
import type { Language } from '../domain/languages.ts'
import type { Purpose } from '../domain/privacy/register.ts'

type Basis = Purpose['basis']

export type PrivacyTexts = Record<
  | 'title'
  | 'intro'
  | 'register'
  | 'builtIn'
  | 'region'
  | 'regionMore'
  | 'names'
  | 'namesMore'
  | 'cards'
  | 'cardsMore'
  | 'parts'
  | 'purposes'
  | 'purposesMore'
  | 'used'
  | 'recipients'
  | 'nobody'
  | 'recipientsTitle'
  | 'recipientsMore'
  | 'recipient'
  | 'does'
  | 'kept'
  | 'keptTitle'
  | 'keptMore'
  | 'record'
  | 'howLong'
  | 'untilErased'
  | 'byLaw'
  | 'rights'
  | 'rightsMore'
  | 'rightsForm'
  | 'rightsList'
  | 'contact',
  string
> & { bases: Record<Basis, { title: string; more: string }> }

export const PRIVACY_TEXTS: Record<Language, PrivacyTexts> = {
  en: {
    title: 'Privacy',
    intro: 'What {merchant} holds about you in its payment system, what for, for how long, and who else gets it.',
    register: 'This page is version {version}, in force since {date}.',
    builtIn: 'This page is version {version}.',
    region: 'Where it is kept',
    regionMore: 'In a database in the region {region}, and in no other.',
    names: 'Your name',
    namesMore:
      'Staff see the short name that you chose. Your real name is sealed: it is opened for one of the purposes below only, for a few minutes, with a reason. You can ask who looked at it.',
    cards: 'Your card',
    cardsMore:
      'The card number goes from your browser straight to Stripe, encrypted. It never reaches us, so we cannot lose it.',
    parts: 'On this page',
    purposes: 'What your data is used for',
    purposesMore: 'Nothing else is done with it: the system refuses to read your data for any other purpose.',
    used: 'Uses',
    recipients: 'Also given to',
    nobody: 'nobody',
    recipientsTitle: 'Who else gets data',
    recipientsMore:
      'Beyond these, something is told to others only with your consent, when the law asks, or in a form in which nobody can be recognised. You can ask for the record of it.',
    recipient: 'Recipient',
    does: 'What they do',
    kept: 'Kept',
    keptTitle: 'How long it is kept',
    keptMore: 'What has expired is removed every day.',
    record: 'Record',
    howLong: 'How long',
    untilErased: 'until you ask us to delete it',
    byLaw: 'at least {days} {since}, as the law asks',
    rights: 'What you can ask for',
    rightsMore: 'Ask with the form, and prove that it is you. You get an answer within one month.',
    rightsForm: 'Ask about your data',
    rightsList:
      'See what we hold about you|Have it corrected|Have it deleted, except what the law makes us keep|Take back a consent|Object to a use|Know who got it and who looked at it',
    contact: 'Questions, wishes and complaints',
    bases: {
      contract: { title: 'To keep our contract with you', more: 'Needed for the service that you asked for.' },
      law: { title: 'Because the law asks', more: 'We are obliged to do this.' },
      consent: {
        title: 'With your consent only',
        more: 'Nothing is done here until you agree, and you can take it back at any time: from then on it stops.',
      },
      legitimate_interest: {
        title: 'In our legitimate interest',
        more: 'You can object at any time: from then on it stops.',
      },
    },
  },
  ja: {
    title: 'プライバシー',
    intro: '{merchant} の決済システムが保持するお客様の情報、その目的、期間、提供先を説明します。',
    register: 'このページは第 {version} 版です。{date} から有効です。',
    builtIn: 'このページは第 {version} 版です。',
    region: '保管場所',
    regionMore: '地域 {region} のデータベースに保管し、他の地域には置きません。',
    names: 'お名前',
    namesMore:
      'スタッフに見えるのは、お客様が選んだ表示名です。本名は封印され、以下の目的のために、理由を記録したうえで数分間だけ開かれます。誰が閲覧したかをお尋ねいただけます。',
    cards: 'カード',
    cardsMore:
      'カード番号は暗号化され、ブラウザから直接 Stripe に送られます。当社には届かないため、当社から漏れることはありません。',
    parts: 'このページの内容',
    purposes: '利用目的',
    purposesMore: 'これ以外の利用はしません。他の目的での読み取りはシステムが拒否します。',
    used: '使用する情報',
    recipients: '提供先',
    nobody: 'なし',
    recipientsTitle: '情報の提供先',
    recipientsMore:
      'これら以外への提供は、同意がある場合、法令に基づく場合、個人を識別できない形にした場合に限ります。提供の記録をお求めいただけます。',
    recipient: '提供先',
    does: '業務',
    kept: '保管',
    keptTitle: '保管期間',
    keptMore: '期限を過ぎたものは毎日削除します。',
    record: '記録',
    howLong: '期間',
    untilErased: '削除のご請求まで',
    byLaw: '法令により{since}少なくとも {days}',
    rights: 'ご請求いただけること',
    rightsMore: 'ご本人であることを確認のうえ、1 か月以内にお答えします。',
    rightsForm: '自分の情報について請求する',
    rightsList:
      '保持している情報の開示|訂正|削除（法令で保管が必要なものを除く）|同意の撤回|利用への異議|提供先と閲覧者の確認',
    contact: 'ご質問、ご要望、苦情',
    bases: {
      contract: { title: '契約の履行のため', more: 'ご依頼のサービスに必要です。' },
      law: { title: '法令に基づくもの', more: '当社に義務があります。' },
      consent: {
        title: '同意がある場合のみ',
        more: '同意いただくまで行いません。いつでも撤回でき、撤回後は行いません。',
      },
      legitimate_interest: { title: '正当な利益のため', more: 'いつでも異議を述べられ、その後は行いません。' },
    },
  },
  mn: {
    title: 'Нууцлал',
    intro: '{merchant} төлбөрийн системдээ таны талаар юуг, ямар зорилгоор, хэр удаан хадгалж, хэнд өгдөг вэ.',
    register: 'Энэ хуудас {version}-р хувилбар бөгөөд {date}-с хүчинтэй.',
    builtIn: 'Энэ хуудас {version}-р хувилбар.',
    region: 'Хаана хадгалдаг вэ',
    regionMore: '{region} бүсийн өгөгдлийн санд хадгална. Өөр бүсэд байрлуулахгүй.',
    names: 'Таны нэр',
    namesMore:
      'Ажилтнууд таны сонгосон товч нэрийг л харна. Жинхэнэ нэр битүүмжлэгдсэн: зөвхөн доорх зорилгоор, шалтгаантайгаар, хэдхэн минут нээгдэнэ. Хэн үзсэнийг та асууж болно.',
    cards: 'Таны карт',
    cardsMore:
      'Картын дугаар шифрлэгдэн таны хөтчөөс шууд Stripe-д очно. Бидэнд хэзээ ч ирдэггүй тул биднээс алдагдахгүй.',
    parts: 'Энэ хуудсанд',
    purposes: 'Мэдээллийг юунд ашигладаг вэ',
    purposesMore: 'Өөр зүйлд ашиглахгүй: өөр зорилгоор унших хүсэлтийг систем татгалздаг.',
    used: 'Ашиглах мэдээлэл',
    recipients: 'Мөн хүлээн авагч',
    nobody: 'байхгүй',
    recipientsTitle: 'Өөр хэн мэдээлэл авдаг вэ',
    recipientsMore:
      'Үүнээс гадна зөвхөн таны зөвшөөрлөөр, хууль шаардсанд, эсвэл хэнийг ч таних боломжгүй хэлбэрээр л бусдад өгнө. Энэ тухай бүртгэлийг та авч болно.',
    recipient: 'Хүлээн авагч',
    does: 'Юу хийдэг',
    kept: 'Хадгалах',
    keptTitle: 'Хэр удаан хадгалдаг вэ',
    keptMore: 'Хугацаа нь дууссаныг өдөр бүр устгадаг.',
    record: 'Бүртгэл',
    howLong: 'Хугацаа',
    untilErased: 'таныг устгуулах хүсэлт гаргах хүртэл',
    byLaw: 'хуулийн дагуу {since} дор хаяж {days}',
    rights: 'Та юу хүсэж болох вэ',
    rightsMore: 'Маягтаар хүсэлтээ илгээж, өөрийгөө гэдгээ баталгаажуулна уу. Нэг сарын дотор хариу өгнө.',
    rightsForm: 'Өөрийн мэдээллийн талаар хүсэлт гаргах',
    rightsList:
      'Таны талаар хадгалсан мэдээллийг үзэх|Засуулах|Устгуулах (хуулиар хадгалах ёстойгоос бусад)|Зөвшөөрлөө цуцлах|Ашиглалтыг эсэргүүцэх|Хэн авч, хэн үзсэнийг мэдэх',
    contact: 'Асуулт, хүсэлт, гомдол',
    bases: {
      contract: { title: 'Тантай байгуулсан гэрээг биелүүлэхэд', more: 'Таны хүссэн үйлчилгээнд шаардлагатай.' },
      law: { title: 'Хуулийн шаардлагаар', more: 'Бид үүнийг хийх үүрэгтэй.' },
      consent: {
        title: 'Зөвхөн таны зөвшөөрлөөр',
        more: 'Та зөвшөөрөх хүртэл хийхгүй. Хэдийд ч цуцалж болох бөгөөд түүнээс хойш зогсоно.',
      },
      legitimate_interest: {
        title: 'Бидний хууль ёсны ашиг сонирхлоор',
        more: 'Та хэдийд ч эсэргүүцэж болох бөгөөд түүнээс хойш зогсоно.',
      },
    },
  },
}
