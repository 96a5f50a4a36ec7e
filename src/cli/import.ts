// panless import: takes over cards that a company has saved at Stripe already.
import { Command, Option } from 'commander'
import { DomainError } from '../domain/errors.ts'
import { parseInput } from '../domain/parse-input.ts'
import { listTenants } from '../domain/tenants/list-tenants.ts'
import { IMPORT_MEMBERS, importLineInput } from '../domain/tokens/import-line.ts'
import { type Imported, importToken } from '../domain/tokens/import-token.ts'
import { EXIT, UsageError } from './exit-codes.ts'
import { type FileLine, FORMATS, type Format, formatOf, readImportFile } from './import-file.ts'
import { printJson, printTable, progressBar } from './output.ts'
import { type OpenVault, withVault } from './with-vault.ts'

type Options = { tenant?: string; dryRun?: boolean; format?: Format; json?: boolean }
type LineFault = { line: number; code: string; detail: string }
type Counts = Record<Imported['outcome'], number>
type Result = { dry_run: boolean; lines: number; counts: Counts; faults: LineFault[]; stopped_at: number | null }

/** More faults than this are a file of another kind; the rest are counted in `lines` alone. */
const FAULTS_MAX = 1_000

export function importCommand(): Command {
  return new Command('import')
    .description('Take over cards that are saved at Stripe: payer, customer, payment method and evidence of consent.')
    .argument('<file>', 'CSV with a header row, or a JSON object on each line')
    .option('--tenant <id>', 'whose cards they are; default: the default tenant')
    .option('--dry-run', 'ask Stripe about every line, and write nothing')
    .addOption(new Option('--format <format>', 'unless the name of the file tells').choices(FORMATS))
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `
Members: ${IMPORT_MEMBERS.join(', ')}.
Without external_ref, the id of Stripe's customer is the payer's reference.
All lines are judged before the first is imported: a card number anywhere, or a line of another form, and nothing is.
Each line's card must belong to its customer at Stripe. What an earlier run has imported is passed over, so after an
interruption the same command goes on.

Examples:
  panless import saved-cards.csv --tenant acme --dry-run
  panless import saved-cards.ndjson --tenant acme --json

Exit codes: 0 all lines are in, 1 some are not, 2 wrong usage, 69 Stripe or the database is away (run it again),
78 wrong configuration.`,
    )
    .action(async (file: string, options: Options) => {
      process.exitCode = await withVault(vault => run(vault, file, options))
    })
}

async function run(vault: OpenVault, file: string, options: Options): Promise<number> {
  const tenantId = options.tenant ?? vault.config.DEFAULT_TENANT
  const known = await listTenants(vault.ctx(vault.config.DEFAULT_TENANT))
  if (!known.some(({ id }) => id === tenantId)) throw new UsageError('There is no such tenant.')
  const format = formatOf(file, options.format)
  const result: Result = {
    dry_run: options.dryRun ?? false,
    lines: 0,
    counts: { imported: 0, reused: 0, known: 0, would_import: 0 },
    faults: [],
    stopped_at: null,
  }
  await judgeAll(file, format, result)
  if (result.faults.length === 0) await importAll(vault, tenantId, readImportFile(file, format), result)
  if (options.json) printJson(result)
  else print(result)
  if (result.stopped_at !== null) return EXIT.unavailable
  return result.faults.length === 0 ? EXIT.ok : EXIT.failed
}

async function judgeAll(file: string, format: Format, result: Result): Promise<void> {
  for await (const { line, value, fault } of readImportFile(file, format)) {
    result.lines++
    if (fault !== null) addFault(result, { line, code: 'validation_failed', detail: fault })
    else addFaultsOf(result, line, () => parseInput(importLineInput, value))
  }
}

async function importAll(vault: OpenVault, tenantId: string, lines: AsyncIterable<FileLine>, result: Result) {
  const bar = progressBar(result.dry_run ? 'checking' : 'importing')
  const ctx = vault.ctx(tenantId)
  let done = 0
  try {
    for await (const { line, value } of lines) {
      try {
        const { outcome } = await importToken(ctx, value, { dryRun: result.dry_run })
        result.counts[outcome]++
      } catch (error) {
        if (!(error instanceof DomainError)) throw error
        if (AWAY.has(error.code)) {
          result.stopped_at = line
          return
        }
        addFaultsOf(result, line, () => {
          throw error
        })
      }
      bar.update(++done, result.lines)
    }
  } finally {
    bar.stop()
  }
}

const AWAY = new Set(['stripe_unavailable', 'database_busy', 'rate_limited'])

function addFaultsOf(result: Result, line: number, judge: () => unknown): void {
  try {
    judge()
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
    const details = error.errors?.map(({ pointer, detail }) => `${pointer.slice(1)} ${detail}`.trim())
    addFault(result, { line, code: error.code, detail: details?.join('; ') ?? error.message })
  }
}

function addFault(result: Result, fault: LineFault): void {
  if (result.faults.length < FAULTS_MAX) result.faults.push(fault)
}

function print(result: Result): void {
  if (result.faults.length > 0) {
    printTable(
      ['line', 'code', 'what is wrong'],
      result.faults.map(({ line, code, detail }) => [line, code, detail]),
    )
  }
  const { imported, reused, known, would_import } = result.counts
  const said = result.dry_run
    ? `${would_import} would be imported`
    : `${imported} imported, ${reused} had a token of the same card`
  console.log(`${result.lines} lines: ${said}, ${known} were in already, ${result.faults.length} with faults.`)
  if (result.stopped_at !== null) {
    console.log(`Stopped at line ${result.stopped_at}: Stripe or the database is away. The same command goes on there.`)
  }
}
