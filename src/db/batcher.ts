// Sends requests that arrive together as one call of a batch function. A batch holds one tenant's rows; each caller is
// answered after its commit. When a batch fails, its rows are tried again one by one, so one bad row fails alone.

/** More rows than this make a batch slow for its first caller. */
export const BATCH_ROWS_MAX = 64
/** Two batches of a tenant at once keep Postgres busy while the next one gathers. */
const BATCHES_IN_FLIGHT_MAX = 2
/** Callers beyond this are told that the database is busy. */
const WAITING_MAX = 10_000

type Waiting<Row, Result> = { row: Row; resolve: (result: Result) => void; reject: (error: unknown) => void }
type Lane<Row, Result> = { waiting: Waiting<Row, Result>[]; inFlight: number; scheduled: boolean }

export class BatchQueueFull extends Error {
  readonly code = '53400'
}

/**
 * `run` answers one result for each row, in the order of the rows. One batch in flight makes the next one larger, which
 * is worth more than a second one where a call costs several times what a row does.
 */
export function createBatcher<Row, Result>(
  run: (tenantId: string, rows: Row[]) => Promise<Result[]>,
  { inFlightMax = BATCHES_IN_FLIGHT_MAX }: { inFlightMax?: number } = {},
) {
  const lanes = new Map<string, Lane<Row, Result>>()

  async function send(tenantId: string, lane: Lane<Row, Result>): Promise<void> {
    const batch = lane.waiting.splice(0, BATCH_ROWS_MAX)
    lane.inFlight++
    try {
      const results = await run(
        tenantId,
        batch.map(item => item.row),
      )
      for (const [index, item] of batch.entries()) item.resolve(results[index] as Result)
    } catch (error) {
      if (batch.length === 1) batch[0]?.reject(error)
      else await oneByOne(tenantId, batch)
    } finally {
      lane.inFlight--
      pump(tenantId, lane)
    }
  }

  async function oneByOne(tenantId: string, batch: Waiting<Row, Result>[]): Promise<void> {
    for (const item of batch) {
      try {
        const [result] = await run(tenantId, [item.row])
        item.resolve(result as Result)
      } catch (error) {
        item.reject(error)
      }
    }
  }

  function pump(tenantId: string, lane: Lane<Row, Result>): void {
    while (lane.waiting.length > 0 && lane.inFlight < inFlightMax) void send(tenantId, lane)
    if (lane.waiting.length === 0 && lane.inFlight === 0) lanes.delete(tenantId)
  }

  return (tenantId: string, row: Row): Promise<Result> => {
    const lane = lanes.get(tenantId) ?? { waiting: [], inFlight: 0, scheduled: false }
    lanes.set(tenantId, lane)
    if (lane.waiting.length >= WAITING_MAX)
      return Promise.reject(new BatchQueueFull('too many requests wait for the database'))
    return new Promise((resolve, reject) => {
      lane.waiting.push({ row, resolve, reject })
      if (lane.scheduled) return
      lane.scheduled = true
      // One turn of the event loop gathers what arrived together.
      setImmediate(() => {
        lane.scheduled = false
        pump(tenantId, lane)
      })
    })
  }
}
