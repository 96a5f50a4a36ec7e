// panless audit: what was done, refused and revealed, on the command line.
import { setTimeout as delay } from 'node:timers/promises'
import { Command, InvalidArgumentError } from 'commander'
import type { AuditEntryView } from '../domain/audit/list-audit-log.ts'
import { type AuditTail, TAIL_LIMIT_MAX, tailAuditLog } from '../domain/audit/tail-audit-log.ts'
import { chosenTenants } from './audit-tenants.ts'
import { exportCommand, sealCommand, verifyCommand, verifyExportCommand } from './audit-verify.ts'
import { type OpenVault, withVault } from './with-vault.ts'

type TailOptions = { follow?: boolean; tenant?: string; json?: boolean; limit: number }

const LIMIT_DEFAULT = 20
const LOOK_EVERY_MS = 1_000

const EXIT_HELP =
  '\nExit codes: 0 printed, or stopped by Ctrl-C, 1 failed, 2 wrong usage, 69 the database is away, 78 wrong configuration.'

export function auditCommand(): Command {
  return new Command('audit')
    .description('The audit log: who did what, when, from where, and how it ended.')
    .addHelpText('after', EXIT_HELP)
    .addCommand(tailCommand())
    .addCommand(sealCommand())
    .addCommand(verifyCommand())
    .addCommand(exportCommand())
    .addCommand(verifyExportCommand())
}

function tailCommand(): Command {
  return new Command('tail')
    .description('Print the last entries, oldest first. The reading is itself recorded.')
    .option('-f, --follow', 'go on with what comes, until Ctrl-C or the end of who reads')
    .option('--tenant <id>', 'of this tenant alone; default: all of them')
    .option(
      '--limit <count>',
      `how many entries of each tenant to begin with, 0 to ${TAIL_LIMIT_MAX}`,
      limitOf,
      LIMIT_DEFAULT,
    )
    .option('--json', 'one JSON object a line')
    .addHelpText(
      'after',
      `
Entries hold ids, names of fields and codes; never a value about a person.

Examples:
  panless audit tail --tenant acme --follow
  panless audit tail --json --limit 1000 | grep '"outcome":"denied"'
${EXIT_HELP}`,
    )
    .action((options: TailOptions) => withVault(vault => tail(vault, options)))
}

async function tail(vault: OpenVault, options: TailOptions): Promise<void> {
  const tenants = await chosenTenants(vault, options.tenant)
  const tails: [string, AuditTail][] = []
  const stopped = new AbortController()
  process.stdout.once('error', () => stopped.abort())
  for (const id of tenants) tails.push([id, await tailAuditLog(vault.ctx(id), options.limit)])
  print(
    tails.flatMap(([tenant, { rows }]) => rows.map(row => ({ tenant, row }))),
    options.json,
  )
  if (!options.follow) return
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopped.abort())
  while (!stopped.signal.aborted) {
    await delay(LOOK_EVERY_MS, undefined, { signal: stopped.signal }).catch(() => {})
    const fresh = await Promise.all(
      tails.map(async ([tenant, { more }]) => (await more()).map(row => ({ tenant, row }))),
    )
    print(fresh.flat(), options.json)
  }
}

function print(entries: { tenant: string; row: AuditEntryView }[], json?: boolean): void {
  for (const { tenant, row } of entries.toSorted((a, b) => a.row.at.localeCompare(b.row.at))) {
    console.log(json ? JSON.stringify({ tenant, ...row }) : lineOf(tenant, row))
  }
}

function lineOf(tenant: string, row: AuditEntryView): string {
  const object = row.subject.id === null ? row.subject.type : row.subject.id
  const actor = `${row.actor.kind}:${row.actor.id}`
  return [
    row.at,
    tenant.padEnd(10),
    row.outcome.padEnd(7),
    row.action.padEnd(24),
    object.padEnd(32),
    actor,
    row.request_id,
  ].join('  ')
}

function limitOf(text: string): number {
  if (!/^\d{1,4}$/.test(text) || Number(text) > TAIL_LIMIT_MAX)
    throw new InvalidArgumentError(`It is a number from 0 to ${TAIL_LIMIT_MAX}.`)
  return Number(text)
}
