// panless sessions: puts a person out of the console.
import { Command } from 'commander'
import { endSessionsOf } from '../domain/staff-sessions/end-sessions-of.ts'
import { UsageError } from './exit-codes.ts'
import { printJson } from './output.ts'
import { withVault } from './with-vault.ts'

const EXIT_HELP = `
Exit codes: 0 done, 1 failed, 2 wrong usage, 69 the database is away, 78 wrong configuration.`

export function sessionsCommand(): Command {
  return new Command('sessions')
    .description('End sessions of people at the console.')
    .addHelpText('after', EXIT_HELP)
    .addCommand(endCommand())
}

function endCommand(): Command {
  return new Command('end')
    .description('End every session of a person, on every device, at once. Recorded.')
    .argument('<subject>', "the issuer's name for the person (sub), as /console/account and the audit log show it")
    .requiredOption('--tenant <id>', 'the tenant of the person')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `
Take the person's role away at the issuer first: who still has one signs in again.

Example:
  panless sessions end auth0-7f2c --tenant acme
${EXIT_HELP}`,
    )
    .action((subject: string, { tenant, json }: { tenant: string; json?: boolean }) =>
      withVault(async ({ ctx }) => {
        const context = ctx(tenant)
        if (!(await context.tenants.find(tenant))) throw new UsageError('There is no such tenant.')
        const done = await endSessionsOf(context, subject)
        if (json) printJson(done)
        else console.log(`${done.ended} sessions were ended.`)
      }),
    )
}
