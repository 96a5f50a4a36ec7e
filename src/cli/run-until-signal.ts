// Waits for SIGTERM or SIGINT and stops gracefully; a second signal, or 30 s, ends the process at once.
import type { Logger } from '../domain/context.ts'
import { errorFields } from '../observability/log.ts'

const STOP_WITHIN_MS = 30_000

export async function runUntilSignal(log: Logger, stop: () => Promise<void>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<NodeJS.Signals>()
  process.once('SIGTERM', resolve)
  process.once('SIGINT', resolve)
  process.on('unhandledRejection', error => log.error(errorFields(error), 'an error was not handled'))
  const signal = await promise
  log.info({ signal }, 'stopping')
  process.once(signal, () => process.exit(1))
  const timer = setTimeout(() => process.exit(1), STOP_WITHIN_MS)
  timer.unref()
  await stop()
  clearTimeout(timer)
  log.info({}, 'stopped')
}
