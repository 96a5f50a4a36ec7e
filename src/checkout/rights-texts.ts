// The words of the page behind a link about one's own data. `{merchant}`, `{date}` and `{time}` are filled in.
import type { Language } from '../domain/languages.ts'

export type RightsTexts = Record<
  | 'title'
  | 'access'
  | 'rectify'
  | 'erase'
  | 'object'
  | 'request'
  | 'deadline'
  | 'prove'
  | 'why'
  | 'send'
  | 'sendHint'
  | 'sent'
  | 'noChannel'
  | 'code'
  | 'amount'
  | 'amountHint'
  | 'codeShown'
  | 'check'
  | 'problem'
  | 'wrong'
  | 'tooOften'
  | 'nothing'
  | 'verified'
  | 'executing'
  | 'done'
  | 'refused'
  | 'expired'
  | 'cancelled'
  | 'package'
  | 'packageWarning'
  | 'openPage'
  | 'openJson'
  | 'receipt'
  | 'receiptWhat'
  | 'erased'
  | 'kept'
  | 'formTitle'
  | 'formIntro'
  | 'formKind'
  | 'formAccess'
  | 'formRectify'
  | 'formErase'
  | 'formObject'
  | 'formContact'
  | 'formContactHint'
  | 'formPayer'
  | 'formPayerHint'
  | 'formMessage'
  | 'formMessageHint'
  | 'formSend'
  | 'formWrong'
  | 'notTaken'
  | 'cardTyped'
  | 'failed'
  | 'missing'
  | 'missingMore',
  string
>

export const RIGHTS_TEXTS: Record<Language, RightsTexts> = {
  en: {
    title: 'Your request about your data',
    access: 'You asked {merchant} what it holds about you.',
    rectify: 'You asked {merchant} to correct your data.',
    erase: 'You asked {merchant} to delete your data.',
    object: 'You objected to what {merchant} does with your data.',
    request: 'Request',
    deadline: 'It will be answered by {date}.',
    prove: 'Show that it is you',
    why: 'Nothing is told or changed before that. A code goes to your e-mail address, if it is the one on file and has been for 14 days.',
    send: 'Send me a code',
    sendHint: 'At most three a day.',
    sent: 'If your e-mail address is on file, a code is on its way. It is good until {time} (UTC), for five tries.',
    noChannel: 'No code can be sent to a phone number. {merchant} will ask to see a document.',
    code: 'Code from the e-mail',
    amount: 'Amount of your last payment',
    amountHint: 'As on your receipt, for example 48.00. Without the currency.',
    codeShown: 'Your code was right. One more thing is asked for.',
    check: 'Check that it is me',
    problem: 'There is a problem',
    wrong: 'The code or the amount is not right, or the code is no longer good. Check both, or ask for another code.',
    tooOften: 'This was tried too often. Try again tomorrow.',
    nothing: 'Enter the code, the amount, or both.',
    verified: 'Thank you. You have shown who you are; your request is being looked at.',
    executing: 'Your request was granted and is being carried out.',
    done: 'Your request is done.',
    refused: 'Your request could not be granted. The reason is in the e-mail that was sent to you.',
    expired: 'The time for this request is over, and nobody showed who they are. You can ask again.',
    cancelled: 'This request was cancelled. You can ask again.',
    package: 'Everything that {merchant} holds about you',
    packageWarning: 'Do this on a device of your own. You can open it until {date}.',
    openPage: 'Open my data as a page',
    openJson: 'Download my data as JSON',
    receipt: 'Signed receipt',
    receiptWhat: 'It proves what was asked and done, and says nothing else about you. Keep it.',
    erased: 'What was deleted',
    kept: 'What had to stay, without your name, and why',
    formTitle: 'Your rights to your data',
    formIntro:
      'Ask {merchant} about your data. In the next step you show that it is you; nothing is told or changed before that.',
    formKind: 'What do you want?',
    formAccess: 'Know what is held about me',
    formRectify: 'Have it corrected',
    formErase: 'Have it deleted',
    formObject: 'Object to what is done with it',
    formContact: 'Your e-mail address',
    formContactHint: 'The one that {merchant} knows.',
    formPayer: 'Your customer number, if you know it',
    formPayerHint: 'Needed only when several people use the same address.',
    formMessage: 'What you want to add',
    formMessageHint: 'If something is to be corrected: what is wrong, and what is right. No card numbers.',
    formSend: 'Ask {merchant}',
    formWrong: 'Choose what you want, and enter an e-mail address such as name@example.com.',
    notTaken: 'This was not taken.',
    cardTyped:
      'What was typed looks like a card number or a security code, so nothing of it was kept. Go back and leave it out. If it is another number, put a letter right beside it.',
    failed: 'Something did not work. Go back and try again in a while.',
    missing: 'This link does not work.',
    missingMore: 'It may have been copied in part, or it is too old. Open the whole link from your e-mail again.',
  },
  ja: {
    title: '個人情報に関するご請求',
    access: '{merchant} が保有するお客様の情報の開示をご請求いただきました。',
    rectify: '{merchant} が保有するお客様の情報の訂正をご請求いただきました。',
    erase: '{merchant} が保有するお客様の情報の削除をご請求いただきました。',
    object: '{merchant} による情報の利用に異議のお申し出をいただきました。',
    request: '受付番号',
    deadline: '{date} までに回答いたします。',
    prove: 'ご本人の確認',
    why: '確認が済むまで、情報をお伝えしたり変更したりすることはありません。登録から 14 日以上たったメールアドレスであれば、そこに確認コードをお送りします。',
    send: '確認コードを送る',
    sendHint: '1 日 3 回までです。',
    sent: 'ご登録のメールアドレスであれば、コードをお送りしました。{time}（協定世界時）まで有効で、5 回まで入力できます。',
    noChannel: '電話番号にはコードをお送りできません。{merchant} が書類の提示をお願いします。',
    code: 'メールに記載のコード',
    amount: '直近のお支払い金額',
    amountHint: '領収書のとおりに入力してください（例：4800）。通貨は不要です。',
    codeShown: 'コードは正しく確認されました。もう 1 つの確認が必要です。',
    check: '本人であることを確認する',
    problem: '確認できませんでした',
    wrong:
      'コードまたは金額が正しくないか、コードの期限が切れています。両方をご確認いただくか、もう一度コードをお求めください。',
    tooOften: '試行回数が多すぎます。明日もう一度お試しください。',
    nothing: 'コードか金額、または両方を入力してください。',
    verified: 'ありがとうございます。ご本人の確認が済みました。ご請求の内容を確認しています。',
    executing: 'ご請求が認められ、手続きを進めています。',
    done: 'ご請求の手続きが完了しました。',
    refused: 'ご請求にはお応えできませんでした。理由はお送りしたメールに記載しています。',
    expired: 'ご本人の確認がないまま期限を過ぎました。もう一度ご請求いただけます。',
    cancelled: 'このご請求は取り消されました。もう一度ご請求いただけます。',
    package: '{merchant} が保有するお客様の情報のすべて',
    packageWarning: 'ご自身の端末で開いてください。{date} まで開けます。',
    openPage: '情報をページで開く',
    openJson: '情報を JSON でダウンロードする',
    receipt: '署名付きの受領書',
    receiptWhat: 'ご請求の内容と結果を証明するもので、ほかの情報は含みません。保管してください。',
    erased: '削除したもの',
    kept: 'お名前なしで残したものとその理由',
    formTitle: '個人情報に関するお客様の権利',
    formIntro:
      '{merchant} にお客様の情報についてご請求いただけます。次の画面でご本人の確認をします。それまで情報をお伝えしたり変更したりすることはありません。',
    formKind: 'ご請求の内容',
    formAccess: '保有されている情報を知りたい',
    formRectify: '情報を訂正してほしい',
    formErase: '情報を削除してほしい',
    formObject: '情報の利用に異議がある',
    formContact: 'メールアドレス',
    formContactHint: '{merchant} にご登録のアドレスを入力してください。',
    formPayer: '顧客番号（お分かりの場合）',
    formPayerHint: '同じアドレスを複数の方が使っている場合にのみ必要です。',
    formMessage: '補足',
    formMessageHint: '訂正の場合は、誤っている点と正しい内容をお書きください。カード番号は書かないでください。',
    formSend: '{merchant} に請求する',
    formWrong: 'ご請求の内容を選び、name@example.com のようなメールアドレスを入力してください。',
    notTaken: '受け付けられませんでした。',
    cardTyped:
      'カード番号またはセキュリティコードのように見えるため、何も保存していません。前のページに戻り、書かずに送信してください。別の番号の場合は、すぐ隣に文字を入れてください。',
    failed: '処理できませんでした。前のページに戻り、しばらくしてからもう一度お試しください。',
    missing: 'このリンクは使えません。',
    missingMore: '一部だけがコピーされたか、期限が切れています。メールのリンク全体をもう一度開いてください。',
  },
  mn: {
    title: 'Таны мэдээллийн талаарх хүсэлт',
    access: 'Та {merchant} таны талаар юу хадгалдгийг асуусан.',
    rectify: 'Та {merchant}-д мэдээллээ засуулах хүсэлт гаргасан.',
    erase: 'Та {merchant}-д мэдээллээ устгуулах хүсэлт гаргасан.',
    object: 'Та {merchant} таны мэдээллийг ашиглахыг эсэргүүцсэн.',
    request: 'Хүсэлт',
    deadline: '{date} гэхэд хариу өгнө.',
    prove: 'Өөрийгөө мөн гэдгийг батлах',
    why: 'Үүнээс өмнө юу ч хэлэхгүй, өөрчлөхгүй. Таны и-мэйл хаяг бүртгэлтэй, 14 хоногоос дээш болсон бол тийш код илгээнэ.',
    send: 'Надад код илгээх',
    sendHint: 'Өдөрт хамгийн ихдээ гурав.',
    sent: 'Таны и-мэйл хаяг бүртгэлтэй бол код илгээгдсэн. {time} (UTC) хүртэл хүчинтэй, таван удаа оролдож болно.',
    noChannel: 'Утасны дугаар руу код илгээх боломжгүй. {merchant} бичиг баримт үзүүлэхийг хүснэ.',
    code: 'И-мэйлээр ирсэн код',
    amount: 'Сүүлийн төлбөрийн дүн',
    amountHint: 'Баримт дээрх шиг, жишээ нь 48.00. Валютгүйгээр.',
    codeShown: 'Таны код зөв байна. Дахин нэг зүйл шаардлагатай.',
    check: 'Би мөн гэдгийг шалгах',
    problem: 'Алдаа гарлаа',
    wrong: 'Код эсвэл дүн буруу, эсвэл кодын хугацаа дууссан байна. Хоёуланг нь шалгах, эсвэл дахин код авна уу.',
    tooOften: 'Хэт олон удаа оролдлоо. Маргааш дахин оролдоно уу.',
    nothing: 'Код, дүн, эсвэл хоёуланг нь оруулна уу.',
    verified: 'Баярлалаа. Та өөрийгөө баталлаа; таны хүсэлтийг шалгаж байна.',
    executing: 'Таны хүсэлтийг зөвшөөрч, биелүүлж байна.',
    done: 'Таны хүсэлт биеллээ.',
    refused: 'Таны хүсэлтийг биелүүлэх боломжгүй байв. Шалтгааныг танд илгээсэн и-мэйлд бичсэн.',
    expired: 'Хэн болохоо батлаагүй тул энэ хүсэлтийн хугацаа дууслаа. Та дахин хүсэлт гаргаж болно.',
    cancelled: 'Энэ хүсэлтийг цуцалсан. Та дахин хүсэлт гаргаж болно.',
    package: '{merchant} таны талаар хадгалдаг бүх мэдээлэл',
    packageWarning: 'Өөрийн төхөөрөмж дээр нээнэ үү. {date} хүртэл нээж болно.',
    openPage: 'Мэдээллээ хуудсаар нээх',
    openJson: 'Мэдээллээ JSON хэлбэрээр татах',
    receipt: 'Гарын үсэгтэй баримт',
    receiptWhat: 'Юу хүсэж, юу хийснийг нотлох бөгөөд таны тухай өөр зүйл агуулаагүй. Хадгалаарай.',
    erased: 'Устгасан зүйл',
    kept: 'Таны нэргүйгээр үлдээсэн зүйл, шалтгаан',
    formTitle: 'Таны мэдээлэлтэй холбоотой эрх',
    formIntro:
      '{merchant}-аас өөрийн мэдээллийн талаар асууна уу. Дараагийн алхамд өөрийгөө батална; үүнээс өмнө юу ч хэлэхгүй, өөрчлөхгүй.',
    formKind: 'Та юу хүсэж байна вэ?',
    formAccess: 'Миний талаар юу хадгалдгийг мэдэх',
    formRectify: 'Мэдээллээ засуулах',
    formErase: 'Мэдээллээ устгуулах',
    formObject: 'Мэдээлэл ашиглахыг эсэргүүцэх',
    formContact: 'Таны и-мэйл хаяг',
    formContactHint: '{merchant}-д бүртгэлтэй хаяг.',
    formPayer: 'Хэрэглэгчийн дугаар, хэрэв мэдэх бол',
    formPayerHint: 'Нэг хаягийг хэд хэдэн хүн ашигладаг үед л хэрэгтэй.',
    formMessage: 'Нэмж хэлэх зүйл',
    formMessageHint: 'Засуулах бол юу буруу, юу зөв болохыг бичнэ үү. Картын дугаар бүү бичээрэй.',
    formSend: '{merchant}-аас асуух',
    formWrong: 'Юу хүсэж байгаагаа сонгож, name@example.com гэх мэт и-мэйл хаяг оруулна уу.',
    notTaken: 'Хүлээж авсангүй.',
    cardTyped:
      'Бичсэн зүйл картын дугаар эсвэл нууц код шиг харагдаж байгаа тул бид юуг ч хадгалаагүй. Буцаж очоод үүнийг бичихгүйгээр илгээнэ үү. Өөр дугаар бол яг хажууд нь үсэг бичнэ үү.',
    failed: 'Ямар нэг зүйл болсонгүй. Буцаж очоод хэсэг хугацааны дараа дахин оролдоно уу.',
    missing: 'Энэ холбоос ажиллахгүй байна.',
    missingMore:
      'Зөвхөн хэсгийг нь хуулсан эсвэл хугацаа нь дууссан байна. И-мэйл дэх холбоосыг бүтнээр нь дахин нээнэ үү.',
  },
}
