// The purposes by a short name that a person can choose from.
import type { Language } from '../../domain/languages.ts'

const NAMES: Readonly<Record<string, Record<Language, string>>> = {
  settle_payments: { en: 'Settling payments', ja: '支払いの決済', mn: 'Төлбөр гүйцэтгэх' },
  collect_money: { en: 'Collecting money that is due', ja: '代金の回収', mn: 'Төлбөр хураах' },
  service_notices: { en: 'Notices about the service', ja: 'サービスのお知らせ', mn: 'Үйлчилгээний мэдэгдэл' },
  warnings: { en: 'Warnings and reminders', ja: '警告・注意', mn: 'Сануулга' },
  service_news: {
    en: 'News of services and programmes',
    ja: 'サービス・講座の案内',
    mn: 'Үйлчилгээ, хөтөлбөрийн мэдээ',
  },
  service_improvement: { en: 'Improving the service', ja: 'サービスの改善', mn: 'Үйлчилгээг сайжруулах' },
  marketing: { en: 'Marketing', ja: 'マーケティング', mn: 'Маркетинг' },
  surveys: { en: 'Surveys and their analysis', ja: 'アンケートと分析', mn: 'Судалгаа ба дүн шинжилгээ' },
  gifts: { en: 'Gifts', ja: '贈り物', mn: 'Бэлэг' },
  campaigns: { en: 'Campaigns', ja: 'キャンペーン', mn: 'Аян' },
  interviews: { en: 'Surveys and interviews', ja: 'アンケート・インタビュー', mn: 'Судалгаа, ярилцлага' },
  answer_messages: { en: 'Answering a message', ja: 'メッセージへの回答', mn: 'Зурваст хариулах' },
  keep_running: { en: 'Keeping the service running', ja: 'サービスの維持', mn: 'Үйлчилгээг ажиллуулах' },
  legal_request: { en: 'A request by law', ja: '法令に基づく照会', mn: 'Хуулийн дагуух хүсэлт' },
  rights_request: { en: "A person's own request", ja: '本人からの請求', mn: 'Тухайн хүний өөрийн хүсэлт' },
  charge_saved_card: { en: 'Charging the saved card', ja: '登録カードへの請求', mn: 'Хадгалсан картаас төлбөр татах' },
}

export const purposeName = (language: Language, purpose: string): string => NAMES[purpose]?.[language] ?? purpose
