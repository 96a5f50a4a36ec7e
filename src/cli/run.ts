// The command line: names, help, and exit codes. Each command is in a file of its own.
import { Command, CommanderError } from 'commander'
import { ConfigError } from '../config.ts'
import { DomainError } from '../domain/errors.ts'
import { VERSION } from '../http/version.ts'
import { VaultError } from '../vault-error.ts'
import { EXIT, UsageError } from './exit-codes.ts'
import { goOnUnheard, isUnread } from './output.ts'

const COMMANDS: [name: string, load: () => Promise<Command>][] = [
  ['serve', async () => (await import('./serve.ts')).serveCommand()],
  ['worker', async () => (await import('./worker.ts')).workerCommand()],
  ['migrate', async () => (await import('./migrate.ts')).migrateCommand()],
  ['dev', async () => (await import('./dev.ts')).devCommand()],
  ['token', async () => (await import('./token.ts')).tokenCommand()],
  ['doctor', async () => (await import('./doctor.ts')).doctorCommand()],
  ['tenants', async () => (await import('./tenants.ts')).tenantsCommand()],
  ['sessions', async () => (await import('./sessions.ts')).sessionsCommand()],
  ['keys', async () => (await import('./keys.ts')).keysCommand()],
  ['charges', async () => (await import('./charges.ts')).chargesCommand()],
  ['reconcile', async () => (await import('./reconcile.ts')).reconcileCommand()],
  ['import', async () => (await import('./import.ts')).importCommand()],
  ['export-tokens', async () => (await import('./export-tokens.ts')).exportTokensCommand()],
  ['pan-scan', async () => (await import('./pan-scan.ts')).panScanCommand()],
  ['erasures', async () => (await import('./erasures.ts')).erasuresCommand()],
  ['retention', async () => (await import('./retention.ts')).retentionCommand()],
  ['region', async () => (await import('./region.ts')).regionCommand()],
  ['purposes', async () => (await import('./purposes.ts')).purposesCommand()],
  ['audit', async () => (await import('./audit.ts')).auditCommand()],
]

const VERSION_FLAGS = new Set(['-V', '--version'])

/** The program with the command that `args` ask for, or with all of them: each is loaded only when it is needed. */
export async function cliProgram(args: string[]): Promise<Command> {
  const program = new Command('panless')
    .description('The payment vault that never sees a card number.')
    .version(VERSION)
    .showHelpAfterError('Run with --help for usage.')
    .addHelpText(
      'after',
      '\nExit codes: 0 done, 1 failed or found something, 2 wrong usage, 69 a dependency is away, 78 wrong configuration.',
    )
  if (VERSION_FLAGS.has(args[0] ?? '')) return program
  const wanted = args.find(arg => !arg.startsWith('-'))
  for (const [name, load] of COMMANDS)
    if (wanted === undefined || wanted === 'help' || wanted === name) program.addCommand(await load())
  if (wanted !== undefined && wanted !== 'help' && !COMMANDS.some(([name]) => name === wanted)) {
    for (const [, load] of COMMANDS) program.addCommand(await load())
  }
  return program
}

/** Runs a command line; answers the exit code. */
export async function runCli(args: string[]): Promise<number> {
  goOnUnheard()
  const program = await cliProgram(args)
  exitOverrideAll(program)
  try {
    await program.parseAsync(args, { from: 'user' })
    return Number(process.exitCode ?? EXIT.ok)
  } catch (error) {
    return explain(error)
  }
}

function exitOverrideAll(command: Command): void {
  command.exitOverride()
  for (const child of command.commands) exitOverrideAll(child)
}

/** Says what went wrong in words for a person; nothing of a secret or a value is in any of these messages. */
function explain(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
  if (error instanceof ConfigError) {
    for (const fault of error.faults) console.error(`${fault.name} ${fault.message}`)
    return EXIT.config
  }
  if (error instanceof UsageError) {
    console.error(error.message)
    return EXIT.usage
  }
  if (error instanceof VaultError || (error instanceof Error && error.name === 'KeyringError')) {
    console.error(error.message)
    return (error as { code?: string }).code === 'key_service_away' ? EXIT.unavailable : EXIT.config
  }
  if (error instanceof DomainError) {
    console.error(error.message)
    for (const fault of error.errors ?? []) console.error(`  ${fault.pointer} ${fault.detail}`)
    return error.code === 'stripe_unavailable' || error.code === 'database_busy' ? EXIT.unavailable : EXIT.failed
  }
  const { code, message } = error as { code?: string; message?: string }
  // A connection may break in the same way, and that is said.
  if (code === 'EPIPE' && isUnread()) return EXIT.failed
  if (code === 'ECONNREFUSED' || code === 'CONNECT_TIMEOUT' || code === 'ENOENT') {
    console.error('A dependency cannot be reached. Run panless doctor to see which.')
    return EXIT.unavailable
  }
  console.error(message ?? 'The command failed.')
  return EXIT.failed
}
