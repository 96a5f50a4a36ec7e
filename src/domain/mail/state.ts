// The life of a mail. The same moves stand in drizzle/0010_mail_outbox.sql, where the database refuses every other.

export const MAIL_STATUSES = ['queued', 'sent', 'failed', 'expired'] as const
export type MailStatus = (typeof MAIL_STATUSES)[number]

/** `failed`: refused for good, or given up after the last try. `expired`: of no use any more when its turn came. */
export const MAIL_MOVES: Readonly<Record<MailStatus, readonly MailStatus[]>> = {
  queued: ['sent', 'failed', 'expired'],
  sent: [],
  failed: [],
  expired: [],
}
