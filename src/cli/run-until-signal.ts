// Waits for SIGTERM or SIGINT and stops gracefully; a second signal, or 30 s, ends the process at once.
import type { Logger } from '../domain/context.ts'
import { errorFields } from '../observability/log.ts'

const STOP_WITHIN_MS = 30_000

export const SERVICE_HELP = `
SIGTERM or SIGINT stops it: what has begun is finished, within 30 s. A second signal ends it at once.

Exit codes: 0 stopped, 1 could not start, 69 a dependency is away, 78 wrong configuration or a database that is not fit.`

/** Gives what was started; when that fails, the vault is closed, so that the process can end. */
export async function orClose<Value>(vault: { close(): Promise<void> }, starting: Promise<Value>): Promise<Value> {
  try {
    return await starting
  } catch (error) {
    await vault.close()
    throw error
  }
}

/** `started` says that the process works: only once it is heard may somebody send a signal and expect a graceful stop. */
export async function runUntilSignal(log: Logger, started: () => void, stop: () => Promise<void>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<NodeJS.Signals>()
  process.once('SIGTERM', resolve)
  process.once('SIGINT', resolve)
  process.on('unhandledRejection', error => log.error(errorFields(error), 'an error was not handled'))
  started()
  const signal = await promise
  log.info({ signal }, 'stopping')
  process.once(signal, () => process.exit(1))
  const timer = setTimeout(() => process.exit(1), STOP_WITHIN_MS)
  timer.unref()
  await stop()
  clearTimeout(timer)
  log.info({}, 'stopped')
}
