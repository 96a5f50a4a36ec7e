// Logging: JSON lines with an allow-list of fields; the last net against card numbers masks each line as it leaves.
import { Writable } from 'node:stream'
import { pino } from 'pino'
import { maskCardNumbers } from '../crypto/pan.ts'
import type { Logger } from '../domain/context.ts'

/** Fields that a line may hold. Anything else is dropped, so a value of a request cannot slip in. */
const FIELDS = new Set([
  'request_id',
  'method',
  'route',
  'status',
  'ms',
  'tenant',
  'actor',
  'code',
  'error',
  'error_code',
  'stack',
  'operation',
  'outcome',
  'stripe_request_id',
  'charge',
  'attempt',
  'refund',
  'token',
  'event',
  'event_type',
  'payout',
  'exception',
  'cause',
  'queue',
  'job',
  'count',
  'port',
  'address',
  'version',
  'region',
  'place',
  'state',
  'signal',
  'seconds',
  'name',
  'file',
  'feed',
  'url',
])
const TEXT_MAX = 2_000

/** What waits for a reader that does not read; lines above it are left out, since memory has other uses. */
const UNREAD_MAX_BYTES = 16 * 1024 * 1024

function writeUnlessUnread(line: string): void {
  if (process.stdout.writableLength < UNREAD_MAX_BYTES) process.stdout.write(line)
}

export function createLog(options: { level: string; process: string; write?: (line: string) => void }): Logger {
  const { write = writeUnlessUnread } = options
  const sink = new Writable({
    decodeStrings: false,
    write(chunk: string, _encoding, done) {
      write(maskCardNumbers(String(chunk)))
      done()
    },
  })
  const log = pino(
    {
      level: options.level,
      base: { process: options.process },
      timestamp: pino.stdTimeFunctions.isoTime,
      messageKey: 'message',
    },
    sink,
  )
  const at = (level: 'debug' | 'info' | 'warn' | 'error') => (fields: Record<string, unknown>, message: string) => {
    if (log.isLevelEnabled(level)) log[level](allowed(fields), message)
  }
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

function allowed(fields: Record<string, unknown>): Record<string, unknown> {
  const kept: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(fields)) {
    if (!FIELDS.has(name)) continue
    if (typeof value === 'string') kept[name] = value.slice(0, TEXT_MAX)
    else if (typeof value === 'number' || typeof value === 'boolean' || value === null) kept[name] = value
  }
  return kept
}

/** What a log line may say of an unexpected error: its class, code and where; never its message, which may hold values. */
export function errorFields(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { error: typeof error }
  const frames = (error.stack ?? '')
    .split('\n')
    .filter(line => /^\s+at /.test(line))
    .slice(0, 12)
    .join('\n')
  return { error: error.name, error_code: String((error as { code?: unknown }).code ?? ''), stack: frames }
}
