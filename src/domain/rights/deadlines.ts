// How long an answer may take (GDPR article 12(3)): one month, and two more once the person has been told why.

const DAY_MS = 86_400_000
const MONTHS_TO_ANSWER = 1
const MONTHS_EXTENDED = 3
/** The desk is reminded of a deadline from here on. */
export const SOON_MS = 7 * DAY_MS
/** How long a decided package can be opened by the link that was mailed, and at the desk. */
export const PACKAGE_LINK_MS = 7 * DAY_MS
export const PACKAGE_DESK_MS = 30 * DAY_MS
/** The link with which a person shows who they are outlives the longest deadline. */
export const CHECK_LINK_MS = 100 * DAY_MS
/** A code, and a contact that is too young to show anything. */
export const CODE_MS = 15 * 60_000
export const YOUNG_CONTACT_MS = 14 * DAY_MS
export const LIMIT_WINDOW_MS = DAY_MS

export const firstDeadline = (receivedAt: Date): Date => monthsAfter(receivedAt, MONTHS_TO_ANSWER)
export const extendedDeadline = (receivedAt: Date): Date => monthsAfter(receivedAt, MONTHS_EXTENDED)

/** The same day of a later month, or its last day where it has none (Regulation 1182/71 article 3). */
function monthsAfter(from: Date, months: number): Date {
  const day = from.getUTCDate()
  const at = new Date(from)
  at.setUTCDate(1)
  at.setUTCMonth(at.getUTCMonth() + months)
  const lastDay = new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 0)).getUTCDate()
  at.setUTCDate(Math.min(day, lastDay))
  return at
}
