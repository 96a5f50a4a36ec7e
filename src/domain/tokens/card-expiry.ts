// When a card's expiry date has passed. A card is good to the end of its month wherever its holder is.

/** The last place on earth where the month ends is 12 hours behind UTC. */
const LATEST_ZONE_MS = 12 * 3_600_000

/** The first instant at which a card with this expiry is out of date everywhere. */
export function expiresAt(expMonth: number, expYear: number): Date {
  return new Date(Date.UTC(expYear, expMonth, 1) + LATEST_ZONE_MS)
}

export const isOutOfDate = (card: { expMonth: number; expYear: number }, now: Date): boolean =>
  now >= expiresAt(card.expMonth, card.expYear)
