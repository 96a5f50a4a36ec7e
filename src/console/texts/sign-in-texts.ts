// The words of signing in and out, and of sessions.
import type { Catalogue } from './language.ts'

const en = {
  title: 'Sign in to panless',
  lead: 'You sign in at the identity provider of your company. What you may see and do depends on the role that you have there.',
  ended: 'Your session has ended, or there was none. Sign in and you come back to where you were.',
  button: 'Sign in',
  off: 'The console is off',
  offHelp:
    'This deployment has no console: CONSOLE_CLIENT_ID and CONSOLE_CLIENT_SECRET are not set. Whoever runs the service can set them.',
  failed: 'You are not signed in',
  failedHelp: 'The identity provider refused, or this try was too old. Nothing was changed. Try again.',
  unavailable: 'The identity provider cannot be reached',
  unavailableHelp: 'Sign-in has to wait until it can. Try again in a minute.',
  noRole: 'You have no role here',
  noRoleHelp:
    'The identity provider knows you, but gives you none of the roles finance, privacy, admin and auditor, or no tenant that is served here. Ask whoever gives roles there.',
  again: 'Try again',
  signedOut: 'You are signed out',
  signedOutHelp: 'The session is over. On a shared computer, close the browser too.',
  signInAgain: 'Sign in again',
  account: 'My session',
  accountLead: 'A session ends after 30 minutes without use, and after 12 hours in any case.',
  subject: 'Name at the identity provider',
  until: 'Ends at the latest',
  everywhereLead: 'If a device was lost, or somebody else may be signed in as you, end all of your sessions.',
} as const

const ja = {
  title: 'panless にサインイン',
  lead: '会社の ID プロバイダーでサインインします。見られる内容とできる操作は、そこで与えられた役割によって決まります。',
  ended: 'セッションが終了したか、まだサインインしていません。サインインすると元の画面に戻ります。',
  button: 'サインイン',
  off: 'コンソールは無効です',
  offHelp:
    'この環境にはコンソールがありません。CONSOLE_CLIENT_ID と CONSOLE_CLIENT_SECRET が設定されていません。サービスの運用担当者が設定できます。',
  failed: 'サインインできませんでした',
  failedHelp: 'ID プロバイダーが拒否したか、時間が経ちすぎました。何も変更されていません。もう一度お試しください。',
  unavailable: 'ID プロバイダーに接続できません',
  unavailableHelp: '接続できるまでサインインできません。1 分ほど待ってからもう一度お試しください。',
  noRole: 'ここでの役割がありません',
  noRoleHelp:
    'ID プロバイダーはあなたを認識していますが、finance・privacy・admin・auditor のいずれの役割も、ここで扱うテナントも与えられていません。役割を付与する担当者に依頼してください。',
  again: 'もう一度試す',
  signedOut: 'サインアウトしました',
  signedOutHelp: 'セッションは終了しました。共用のコンピューターではブラウザーも閉じてください。',
  signInAgain: 'もう一度サインイン',
  account: '自分のセッション',
  accountLead: 'セッションは 30 分使わないと終了し、使っていても 12 時間で終了します。',
  subject: 'ID プロバイダーでの名前',
  until: '遅くとも終了する時刻',
  everywhereLead:
    '端末をなくしたとき、または他人があなたとしてサインインしているおそれがあるときは、すべてのセッションを終了してください。',
}

const mn = {
  title: 'panless-д нэвтрэх',
  lead: 'Та компанийнхаа нэвтрэх үйлчилгээгээр нэвтэрнэ. Юу харж, юу хийж болох нь тэнд олгосон үүргээс хамаарна.',
  ended: 'Таны холболт дууссан эсвэл хараахан нэвтрээгүй байна. Нэвтэрвэл байсан газартаа буцна.',
  button: 'Нэвтрэх',
  off: 'Удирдлагын хэсэг унтраалттай байна',
  offHelp:
    'Энд удирдлагын хэсэг алга: CONSOLE_CLIENT_ID, CONSOLE_CLIENT_SECRET тохируулаагүй байна. Үйлчилгээг ажиллуулдаг хүн тохируулж болно.',
  failed: 'Та нэвтэрсэнгүй',
  failedHelp: 'Нэвтрэх үйлчилгээ татгалзсан эсвэл хэт удсан байна. Юу ч өөрчлөгдөөгүй. Дахин оролдоно уу.',
  unavailable: 'Нэвтрэх үйлчилгээтэй холбогдож чадсангүй',
  unavailableHelp: 'Холбогдох хүртэл нэвтрэх боломжгүй. Нэг минутын дараа дахин оролдоно уу.',
  noRole: 'Танд энд үүрэг алга',
  noRoleHelp:
    'Нэвтрэх үйлчилгээ таныг таньж байгаа ч finance, privacy, admin, auditor үүргийн аль нь ч, эсвэл энд үйлчилдэг байгууллага танд олгогдоогүй байна. Үүрэг олгодог хүнд хандана уу.',
  again: 'Дахин оролдох',
  signedOut: 'Та гарлаа',
  signedOutHelp: 'Холболт дууслаа. Нийтийн компьютер дээр хөтчөө ч хаагаарай.',
  signInAgain: 'Дахин нэвтрэх',
  account: 'Миний холболт',
  accountLead: 'Холболт 30 минут ашиглаагүй бол, ямар ч тохиолдолд 12 цагийн дараа дуусна.',
  subject: 'Нэвтрэх үйлчилгээ дэх нэр',
  until: 'Хамгийн оройдоо дуусах хугацаа',
  everywhereLead:
    'Төхөөрөмжөө алдсан эсвэл өөр хүн таны нэрээр нэвтэрсэн байж болзошгүй бол бүх холболтоо дуусгана уу.',
}

export const SIGN_IN_TEXTS: Catalogue<typeof en> = { en, ja, mn }
