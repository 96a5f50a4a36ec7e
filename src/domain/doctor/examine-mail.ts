// Whether mails can leave: the server is reached over TLS and lets us in. Nothing is sent.
import { type Mailer, MailFailure } from '../../outbound/mail.ts'
import { type Finding, failed, ok, warning } from './finding.ts'

/** `mailer` of null: no server is set. */
export async function examineMail(mailer: Mailer | null): Promise<Finding> {
  if (mailer === null)
    return warning('mail', 'no server is set: mails wait in the outbox', 'Set SMTP_URL and MAIL_FROM.')
  try {
    await mailer.verify()
    return ok('mail', 'the server lets us in')
  } catch (error) {
    const code = error instanceof MailFailure ? error.code : 'failed'
    return failed(
      'mail',
      `the server cannot be used (${code})`,
      'See whether this machine reaches SMTP_URL, its certificate is trusted (SMTP_CA_FILE) and its password is right.',
    )
  }
}
