// The mails in Japanese.
import type { MailTexts } from './templates.ts'

export const MAIL_TEXTS_JA: MailTexts = {
  identity_code: {
    subject: '{merchant}：確認コードのお知らせ',
    lines: [
      '{merchant} に個人情報に関するご請求がありました（受付番号 {request}）。ご本人であることを確認するため、{minutes} 分以内に次のコードを入力してください。',
      '{code}',
      'こちらのページで入力してください。',
      '{link}',
      'お心当たりがない場合は、何もしないでください。コードがなければ、誰も情報を知ることも変えることもできません。電話やメールで聞かれても、コードを教えないでください。',
    ],
  },
  request_received: {
    subject: '{merchant}：ご請求を受け付けました',
    lines: [
      '{merchant} は個人情報に関するご請求（受付番号 {request}）を受け付けました。{deadline} までに回答いたします。',
      '情報をお伝えしたり変更したりする前に、ご本人であることを確認させていただきます。こちらのページで確認できます。',
      '{link}',
      'お心当たりがない場合は、何もしないか、当社までお知らせください。',
    ],
  },
  request_extended: {
    subject: '{merchant}：回答までお時間をいただきます',
    lines: [
      '個人情報に関するご請求（受付番号 {request}）への回答に 1 か月以上かかる見込みです。{deadline} までに回答いたします。',
      '理由：{reason}',
    ],
  },
  request_package: {
    subject: '{merchant}：お客様の情報をご覧いただけます',
    lines: [
      '{merchant} が保有するお客様の情報のご請求（受付番号 {request}）について、準備ができました。{until} までこちらのページで開けます。',
      '{link}',
      'このリンクを知っている人は誰でも情報を開くことができます。ほかの人に渡さないでください。',
    ],
  },
  request_done: {
    subject: '{merchant}：ご請求の手続きが完了しました',
    lines: [
      '個人情報に関するご請求（受付番号 {request}）の手続きが完了しました。署名付きの受領書はこちらのページにあります。',
      '{link}',
    ],
  },
  request_erasing: {
    subject: '{merchant}：お客様の情報を削除しています',
    lines: [
      '{merchant} が保有するお客様の情報の削除のご請求（受付番号 {request}）が認められ、手続きを始めました。今後の請求はなく、メールもこれが最後です。お支払いの記録は、会計に関する法令により、お名前のない形で残ります。',
      '完了後、署名付きの受領書をこちらのページでご確認いただけます。',
      '{link}',
    ],
  },
  request_refused: {
    subject: '{merchant}：ご請求について',
    lines: [
      '個人情報に関するご請求（受付番号 {request}）にはお応えできませんでした。',
      '理由：{reason}',
      'お住まいの国の個人情報保護当局への申立て、または裁判所への提訴が可能です。',
    ],
  },
  inquiry_received: {
    subject: '{merchant}：お問い合わせを受け付けました',
    lines: [
      '{merchant} はお問い合わせ（受付番号 {inquiry}）を受け付けました。{deadline} までに回答いたします。',
      'カード番号やセキュリティコードは、メールでもフォームでも決して送らないでください。当社からお聞きすることもありません。',
    ],
  },
  inquiry_answered: {
    subject: '{merchant}：お問い合わせへの回答',
    lines: [
      '{merchant} へのお問い合わせ（受付番号 {inquiry}）に回答いたします。',
      '{message}',
      'ご不明な点が残っている場合は、受付番号を添えてフォームからもう一度お問い合わせください。',
    ],
  },
  contact_changed: {
    subject: '{merchant}：ご連絡先が変更されました',
    lines: [
      '{merchant} に登録されているご連絡先が変更されました。今後のメールは新しい連絡先に送られます。',
      'お心当たりがない場合は、すぐに当社までお知らせください。',
    ],
  },
  desk_reminder: {
    subject: '個人情報のご請求：期限超過 {overdue} 件、期限間近 {soon} 件',
    lines: [
      '期限を過ぎた個人情報のご請求：{overdue} 件。1 週間以内に期限を迎えるもの：{soon} 件。',
      '一覧は権利対応の画面にあります。法律の期限は 1 か月で、本人に通知すればさらに 2 か月延長できます。',
    ],
  },
}
