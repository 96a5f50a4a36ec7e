// The life of an inquiry. The same moves stand in drizzle/0022_inquiries.sql, where the database refuses every other.

export const INQUIRY_STATUSES = ['received', 'assigned', 'answered', 'closed'] as const
export type InquiryStatus = (typeof INQUIRY_STATUSES)[number]

/** An answered one that is taken up again is assigned; a closed one stays closed. */
export const INQUIRY_MOVES: Readonly<Record<InquiryStatus, readonly InquiryStatus[]>> = {
  received: ['assigned', 'answered', 'closed'],
  assigned: ['answered', 'closed'],
  answered: ['assigned', 'closed'],
  closed: [],
}

/** Those that wait for an answer, and so can be overdue. */
export const WAITING: readonly InquiryStatus[] = ['received', 'assigned']
