// panless export-tokens: the way out, with what another service needs to go on charging the same cards.
import { Command, Option } from 'commander'
import { stringify } from 'csv-stringify/sync'
import { listTenants } from '../domain/tenants/list-tenants.ts'
import { EXPORTED_MEMBERS, type ExportedToken, exportTokens } from '../domain/tokens/export-tokens.ts'
import { UsageError } from './exit-codes.ts'
import { printPart, progressBar } from './output.ts'
import { withVault } from './with-vault.ts'

type Options = { tenant?: string; format: 'csv' | 'ndjson' }

export function exportTokensCommand(): Command {
  return new Command('export-tokens')
    .description('Print every living token with its payer, its ids at Stripe, and the evidence of consent.')
    .option('--tenant <id>', 'whose tokens; default: the default tenant')
    .addOption(new Option('--format <format>', 'how').choices(['csv', 'ndjson']).default('csv'))
    .addHelpText(
      'after',
      `
What is printed is about people: the export is recorded, and the file is yours to guard. Cells that a spreadsheet would
take for a formula begin with an apostrophe. Real names and contacts are not in it.

Examples:
  panless export-tokens --tenant acme > tokens.csv
  panless export-tokens --format ndjson | wc -l

Exit codes: 0 printed, 1 failed, 2 wrong usage, 69 the database is away, 78 wrong configuration.`,
    )
    .action((options: Options) =>
      withVault(async vault => {
        const tenantId = options.tenant ?? vault.config.DEFAULT_TENANT
        const known = await listTenants(vault.ctx(vault.config.DEFAULT_TENANT))
        if (!known.some(({ id }) => id === tenantId)) throw new UsageError('There is no such tenant.')
        const { total, pages } = await exportTokens(vault.ctx(tenantId))
        const bar = progressBar('exporting')
        let done = 0
        try {
          if (options.format === 'csv') await printPart(csv([[...EXPORTED_MEMBERS]]))
          for await (const page of pages) {
            await printPart(options.format === 'csv' ? csv(page.map(cellsOf)) : page.map(lineOf).join(''))
            done += page.length
            bar.update(done, total)
          }
        } finally {
          bar.stop()
        }
      }),
    )
}

const csv = (rows: (string | number | null)[][]): string =>
  stringify(rows, { escape_formulas: true, record_delimiter: '\r\n' })

const cellsOf = (token: ExportedToken) => EXPORTED_MEMBERS.map(name => token[name])
const lineOf = (token: ExportedToken) => `${JSON.stringify(token)}\n`
