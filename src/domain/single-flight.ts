// Joins calls of one process that ask for the same thing at the same time, so that Stripe is asked once.

const flights = new WeakMap<object, Map<string, Promise<unknown>>>()

/** Runs `run`, or waits for the run under way for the same `owner` and `key`; all get its answer or its failure. */
export function joinFlight<Answer>(owner: object, key: string, run: () => Promise<Answer>): Promise<Answer> {
  const underWay = flights.get(owner) ?? new Map<string, Promise<unknown>>()
  flights.set(owner, underWay)
  const known = underWay.get(key)
  if (known) return known as Promise<Answer>
  const flight = run().finally(() => underWay.delete(key))
  underWay.set(key, flight)
  return flight
}
