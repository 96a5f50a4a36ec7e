// The words of the page about keys.
import type { Catalogue } from './language.ts'

const en = {
  title: 'Keys',
  lead: 'The keys that stand above all sealed data. Here they are looked at; whoever runs the service turns and retires them by panless keys rotate and panless keys retire.',
  caption: 'Versions of the keyring, oldest first',
  version: 'Version',
  state: 'State',
  states: { current: 'Seals now', active: 'Opens only', pending: 'Waits', retired: 'Retired' },
  made: 'Made',
  retired: 'Retired at',
  used: 'Used up',
  rotation: 'Rotation',
  noRotation: 'No rotation has been run yet.',
  to: 'To version',
  progress: 'Rows at the new version',
  started: 'Started',
  finished: 'Finished',
  running: 'Still running',
  empty: 'The keyring has no version.',
} as const

const ja = {
  title: '鍵',
  lead: 'すべての封印の上に立つ鍵です。ここでは確認だけができます。入れ替えと廃止は、運用担当者が panless keys rotate と panless keys retire で行います。',
  caption: '鍵束の版（古い順）',
  version: '版',
  state: '状態',
  states: { current: '封印に使用中', active: '開封のみ', pending: '待機中', retired: '廃止' },
  made: '作成',
  retired: '廃止日時',
  used: '使用率',
  rotation: '入れ替え',
  noRotation: '入れ替えはまだ行われていません。',
  to: '新しい版',
  progress: '新しい版になった行',
  started: '開始',
  finished: '完了',
  running: '実行中',
  empty: '鍵束に版がありません。',
}

const mn = {
  title: 'Түлхүүр',
  lead: 'Бүх битүүмжлэлийн дээр байдаг түлхүүрүүд. Энд зөвхөн харна; солих, хасахыг үйлчилгээ ажиллуулдаг хүн panless keys rotate, panless keys retire тушаалаар хийнэ.',
  caption: 'Түлхүүрийн хувилбарууд, хуучнаас нь эхэлж',
  version: 'Хувилбар',
  state: 'Төлөв',
  states: { current: 'Одоо битүүмжилдэг', active: 'Зөвхөн нээдэг', pending: 'Хүлээж буй', retired: 'Хасагдсан' },
  made: 'Үүсгэсэн',
  retired: 'Хассан хугацаа',
  used: 'Ашигласан',
  rotation: 'Солилт',
  noRotation: 'Солилт хараахан хийгдээгүй.',
  to: 'Шинэ хувилбар',
  progress: 'Шинэ хувилбарт шилжсэн мөр',
  started: 'Эхэлсэн',
  finished: 'Дууссан',
  running: 'Үргэлжилж байна',
  empty: 'Түлхүүрийн хувилбар алга.',
}

export const KEY_TEXTS: Catalogue<typeof en> = { en, ja, mn }
