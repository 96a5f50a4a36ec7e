// panless retention: what is no longer kept, counted or let go of now.
import { Command } from 'commander'
import { applyRetention, previewRetention } from '../domain/privacy/apply-retention.ts'
import { listTenants } from '../domain/tenants/list-tenants.ts'
import { UsageError } from './exit-codes.ts'
import { printJson, printTable } from './output.ts'
import { withVault } from './with-vault.ts'

type Options = { dryRun?: boolean; tenant?: string; json?: boolean }

export function retentionCommand(): Command {
  return new Command('retention')
    .description('Let go of what the registers of purposes keep no longer, as the worker does once a day. Recorded.')
    .option('--dry-run', 'count it and change nothing')
    .option('--tenant <id>', 'of this tenant alone; default: all of them')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `
Money and the audit log are kept as the law asks: no rule is about them.

Examples:
  panless retention --dry-run
  panless retention --tenant acme

Exit codes: 0 done, 1 failed, 2 wrong usage, 69 the database is away, 78 wrong configuration.`,
    )
    .action((options: Options) =>
      withVault(async ({ ctx, config }) => {
        const known = (await listTenants(ctx(config.DEFAULT_TENANT))).map(({ id }) => id)
        if (options.tenant !== undefined && !known.includes(options.tenant))
          throw new UsageError('There is no such tenant.')
        const rows = []
        for (const tenant of options.tenant === undefined ? known : [options.tenant]) {
          const counts = await (options.dryRun ? previewRetention : applyRetention)(ctx(tenant))
          rows.push(...counts.map(count => ({ tenant, ...count })))
        }
        if (options.json) return printJson(rows)
        printTable(
          ['tenant', 'what', 'table', 'kept days', options.dryRun ? 'would go' : 'gone'],
          rows.map(({ tenant, rule, table, days, rows: count }) => [tenant, rule, table, days, count]),
        )
      }),
    )
}
