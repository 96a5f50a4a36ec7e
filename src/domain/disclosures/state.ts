// The life of a disclosure. The same moves stand in drizzle/0012_disclosures.sql, where the database refuses every other.

export const DISCLOSURE_STATUSES = ['pending', 'made', 'refused'] as const
export type DisclosureStatus = (typeof DISCLOSURE_STATUSES)[number]

/** `pending`: it waits for a second person. */
export const DISCLOSURE_MOVES: Readonly<Record<DisclosureStatus, readonly DisclosureStatus[]>> = {
  pending: ['made', 'refused'],
  made: [],
  refused: [],
}
