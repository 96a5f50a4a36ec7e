// The paging parameters that all of Stripe's lists share.

// Stripe's own maximum; the default of 10 would take ten times the calls.
const MAX_PAGE = 100

/** Times in seconds since 1970; `createdFrom` is included, `createdTo` is not. Lists come newest first. */
export type StripeWindow = {
  createdFrom?: number
  createdTo?: number
  /** The id of the last object of the page before. */
  startingAfter?: string
  /** 1 … 100, default 100. */
  limit?: number
}

export type WindowParams = { limit: number; starting_after?: string; created?: { gte?: number; lt?: number } }

export function createdRange({ createdFrom, createdTo, startingAfter, limit }: StripeWindow): WindowParams {
  const params: WindowParams = { limit: Math.min(Math.max(limit ?? MAX_PAGE, 1), MAX_PAGE) }
  if (startingAfter !== undefined) params.starting_after = startingAfter
  if (createdFrom !== undefined || createdTo !== undefined) {
    params.created = {
      ...(createdFrom === undefined ? {} : { gte: createdFrom }),
      ...(createdTo === undefined ? {} : { lt: createdTo }),
    }
  }
  return params
}
