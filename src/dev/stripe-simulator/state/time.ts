/** Days as Stripe counts them: in UTC, weekends left out where money moves. */

export const DAY_MS = 86_400_000

/** 00:00 UTC of the day that `ms` is in. */
export function midnight(ms: number): number {
  return Math.floor(ms / DAY_MS) * DAY_MS
}

/** The first 00:00 UTC after `ms`. */
export function nextMidnight(ms: number): number {
  return midnight(ms) + DAY_MS
}

/** 00:00 UTC of the day that is `days` business days after the day of `ms`. */
export function businessDaysAfter(ms: number, days: number): number {
  let day = midnight(ms)
  for (let left = days; left > 0; ) {
    day += DAY_MS
    const weekday = new Date(day).getUTCDay()
    if (weekday !== 0 && weekday !== 6) left -= 1
  }
  return day
}
