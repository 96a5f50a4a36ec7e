// Sends one mail by SMTP, always over TLS with a verified certificate, with deadlines on every step.
import { readFileSync } from 'node:fs'
import { getCACertificates } from 'node:tls'

/** A server that takes longer than this for a step is given up on; the outbox tries again later. */
const CONNECT_TIMEOUT_MS = 10_000
const SILENCE_TIMEOUT_MS = 20_000
/** From the first byte to the last word of the server. Shorter than the lease of what is being sent. */
const SEND_TIMEOUT_MS = 40_000
const CONNECTIONS_MAX = 2

export type OutgoingMail = {
  to: string
  subject: string
  text: string
  html: string
  /** The same for each try of one mail, so that a mailbox can tell a repeat. */
  messageId: string
  language: string
}

/** Why a mail was not taken: `permanent` when the server will never take it. Holds no address and no text. */
export class MailFailure extends Error {
  readonly permanent: boolean
  readonly code: string

  constructor(permanent: boolean, code: string) {
    super(`mail: ${code}`)
    this.name = 'MailFailure'
    this.permanent = permanent
    this.code = code
  }
}

export type Mailer = {
  /** Resolves once the server has taken the mail; throws MailFailure. */
  send(mail: OutgoingMail): Promise<void>
  /** Signs in and sends nothing; throws MailFailure. */
  verify(): Promise<void>
  close(): void
}

export type MailerOptions = {
  /** `smtps://user:password@host:port`, or `smtp://…` where TLS is begun by STARTTLS. */
  url: string
  from: string
  /** The authority of a private server's certificate, besides those that Node trusts. */
  caFile?: string
}

export function createMailer({ url, from, caFile }: MailerOptions): Mailer {
  const { protocol, hostname, port, username, password } = new URL(url)
  const secure = protocol === 'smtps:'
  const open = async () =>
    (await import('nodemailer')).createTransport({
      host: hostname.replace(/^\[|\]$/g, ''),
      port: Number(port || (secure ? 465 : 587)),
      secure,
      requireTLS: true,
      ...(username ? { auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) } } : {}),
      pool: true,
      maxConnections: CONNECTIONS_MAX,
      connectionTimeout: CONNECT_TIMEOUT_MS,
      greetingTimeout: CONNECT_TIMEOUT_MS,
      socketTimeout: SILENCE_TIMEOUT_MS,
      disableFileAccess: true,
      disableUrlAccess: true,
      tls: {
        minVersion: 'TLSv1.2',
        rejectUnauthorized: true,
        ...(caFile ? { ca: [...getCACertificates('default'), readFileSync(caFile, 'utf8')] } : {}),
      },
    })
  // Loaded with the first mail: most processes send none.
  let opened: ReturnType<typeof open> | null = null
  const transport = () => (opened ??= open())

  return {
    async send({ to, subject, text, html, messageId, language }) {
      await within(
        (await transport()).sendMail({
          from,
          // As an object, so that nothing in an address is read as a second one.
          to: { name: '', address: to },
          subject,
          text,
          html,
          messageId,
          headers: { 'Content-Language': language, 'Auto-Submitted': 'auto-generated' },
        }),
      )
    },
    async verify() {
      await within((await transport()).verify())
    },
    close: () => void opened?.then(one => one.close()),
  }
}

async function within(work: Promise<unknown>): Promise<void> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new MailFailure(false, 'timeout')), SEND_TIMEOUT_MS)
  try {
    await Promise.race([work, late])
  } catch (error) {
    throw error instanceof MailFailure ? error : failureOf(error)
  } finally {
    clearTimeout(timer)
  }
}

/** The library's messages repeat addresses, so that nothing but codes is kept (RFC 5321 section 4.2.1). */
function failureOf(error: unknown): MailFailure {
  const { code, responseCode } = error as { code?: unknown; responseCode?: unknown }
  if (typeof responseCode === 'number') {
    // A refused sign-in is a matter of settings: it is tried again once they are right.
    return new MailFailure(responseCode >= 500 && code !== 'EAUTH', `smtp_${responseCode}`)
  }
  return new MailFailure(false, typeof code === 'string' && /^[A-Z_]{2,40}$/.test(code) ? code.toLowerCase() : 'failed')
}
