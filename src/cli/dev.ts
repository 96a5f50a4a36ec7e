// `panless dev`, what `npm start` runs: the embedded environment in the foreground, until Ctrl-C.
import { Command, InvalidArgumentError } from 'commander'
import { isNpmStart } from '../config.ts'
import type { DevJson } from '../dev/dev-json.ts'
import { EXIT } from './exit-codes.ts'

interface DevOptions {
  reset?: boolean
  sampleData: boolean
  port?: number
}

/** The terminal sends Ctrl-C to us and to npm, which passes it on: the same one arrives twice. */
const SAME_CTRL_C_MS = 1_000
const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
/** How soon the end of npm's shell is noticed. */
const NPM_LOOK_MS = 500

export function devCommand(): Command {
  return new Command('dev')
    .description(
      'run the whole of panless on this machine: Postgres, Stripe simulator, identity provider, service, worker',
    )
    .option('--reset', 'clear what earlier starts kept in .panless/')
    .option('--no-sample-data', 'start the first time without sample data')
    .option('--port <number>', 'the first of nine ports (default: those of the last start, or 8443)', portNumber)
    .addHelpText(
      'after',
      `\nExamples:\n  npm start\n  npm start -- --reset --port 9000\n\nExit codes: 0 stopped, ${EXIT.failed} could not start or a part ended.`,
    )
    .action(runDev)
}

async function runDev(options: DevOptions): Promise<void> {
  const parent = process.ppid
  const [{ startEmbedded }, { default: progress }] = await Promise.all([
    import('../dev/start.ts'),
    import('cli-progress'),
  ])
  const started = performance.now()
  const bar = new progress.SingleBar({ format: '  {bar} {value}/{total}', clearOnComplete: true, hideCursor: true })
  const embedded = startEmbedded({
    ...options,
    onStep: step => console.log(`… ${step}`),
    onProgress: (done, total) => (done === 1 ? bar.start(total, done) : bar.update(done)),
  })
  const asked = untilAskedToStop(parent)
  try {
    const dev = await Promise.race([embedded.ready, embedded.failed, asked])
    bar.stop()
    if (dev !== undefined) {
      printAddresses(dev, (performance.now() - started) / 1000)
      await Promise.race([embedded.failed, asked])
    }
    console.log('stopping …')
  } catch (cause) {
    bar.stop()
    console.error(cause instanceof Error ? cause.message : String(cause))
    process.exitCode = EXIT.failed
  }
  await embedded.stop()
}

/**
 * Resolves at the first signal; a later one ends this process at once, and its children with it. Resolves too when this
 * is `npm start` and npm's shell has ended, which takes a SIGTERM for itself and passes nothing on.
 */
function untilAskedToStop(parent: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  if (isNpmStart()) {
    setInterval(() => process.ppid === parent || resolve(), NPM_LOOK_MS).unref()
  }
  let askedAt: number | null = null
  for (const signal of STOP_SIGNALS) {
    process.on(signal, () => {
      if (askedAt !== null && performance.now() - askedAt > SAME_CTRL_C_MS) process.exit(EXIT.failed)
      askedAt ??= performance.now()
      resolve()
    })
  }
  return promise
}

function printAddresses(dev: DevJson, seconds: number): void {
  const lines: [string, string][] = [
    ['API', dev.url],
    ['API documentation', dev.docs_url],
    ['Checkout', dev.checkout_url],
    ['Console', dev.console_url],
    ['Access tokens', `npx panless token ${Object.keys(dev.clients).join('|')}`],
    ['Identity provider', dev.issuer],
    ['Stripe simulator', dev.stripe_api_base],
    ['Mailbox', dev.mailbox_url],
    ['Metrics', dev.metrics_url],
    ['Certificate authority', dev.ca_file],
    ['All of it, for programs', dev.ca_file.replace(/tls\/ca\.crt$/, 'dev.json')],
  ]
  for (const [name, value] of lines) console.log(`  ${name.padEnd(24)} ${value}`)
  console.log(`panless is ready: ${dev.url} (${seconds.toFixed(1)} s, Ctrl-C stops it)`)
}

function portNumber(text: string): number {
  if (!/^\d{1,5}$/.test(text)) throw new InvalidArgumentError('It is a number from 1024 to 65527.')
  return Number(text)
}
