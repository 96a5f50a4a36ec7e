// panless reconcile: reads Stripe's books again, compares them with the vault's, and prints what does not agree.
import { Command } from 'commander'
import type { Ctx } from '../domain/context.ts'
import { DomainError } from '../domain/errors.ts'
import type { Page } from '../domain/page.ts'
import type { ExceptionView } from '../domain/reconciliation/exception.ts'
import { listExceptions } from '../domain/reconciliation/list-exceptions.ts'
import { listPayouts } from '../domain/reconciliation/list-payouts.ts'
import type { PayoutView } from '../domain/reconciliation/payout.ts'
import { type ReconciliationView, stretchOf } from '../domain/reconciliation/reconciliation.ts'
import { reconcileNow, type StepProgress } from '../domain/reconciliation/run-reconciliation.ts'
import { endOfMirror, syncMirror } from '../domain/reconciliation/sync-mirror.ts'
import { CURRENCIES } from '../stripe/currencies.ts'
import { StripeFailure } from '../stripe/stripe-failure.ts'
import { EXIT, UsageError } from './exit-codes.ts'
import { printJson, printTable } from './output.ts'
import { withVault } from './with-vault.ts'

type Options = { tenant?: string; from?: string; to?: string; json?: boolean }

const DEFAULT_DAYS = 31
const DAY_MS = 86_400_000
const DATE = /^\d{4}-\d\d-\d\d$/
/** Exceptions that are printed; the rest is told by number. */
const EXCEPTIONS_SHOWN_MAX = 500

export function reconcileCommand(): Command {
  return new Command('reconcile')
    .description(
      "Compare the vault's charges and refunds with Stripe's balance lines and payouts, and list what differs.",
    )
    .option('--tenant <id>', 'the tenant (default: the default tenant)')
    .option('--from <time>', `first day or RFC 3339 time (default: ${DEFAULT_DAYS} days back)`)
    .option('--to <time>', 'its end, left out; a day or RFC 3339 time (default: now)')
    .option('--json', 'print the reconciliation, its payouts and the open exceptions as JSON')
    .addHelpText(
      'after',
      `
For each payout: what the vault expects of it, the sum of Stripe's lines, the amount, and the variance of the three.

Examples:
  panless reconcile --from 2026-11-01 --to 2026-12-01
  panless reconcile --tenant acme --json | jq '.exceptions[].cause'

Exit codes: 0 all agrees, 1 something differs, 2 wrong usage, 69 Stripe or the database is away, 78 wrong configuration.`,
    )
    .action((options: Options) =>
      withVault(async vault => {
        const ctx = vault.ctx(options.tenant ?? vault.config.DEFAULT_TENANT)
        const agrees = await reconcile(ctx, options).catch(explained)
        if (!agrees) process.exitCode = EXIT.failed
      }),
    )
}

async function reconcile(ctx: Ctx, options: Options): Promise<boolean> {
  const from = timeOf('--from', options.from)
  const asked = timeOf('--to', options.to)
  if (!(await ctx.tenants.find(ctx.tenantId))) throw new UsageError('There is no such tenant.')
  const progress = progressLine()
  await syncMirror(ctx, read => progress.show('mirror', read)).catch(error => {
    progress.end()
    throw error
  })
  const to = asked ?? (await endOfMirror(ctx))
  const stretch = stretchOf({
    from: (from ?? new Date(to.getTime() - DEFAULT_DAYS * DAY_MS)).toISOString(),
    to: to.toISOString(),
  })
  const reconciliation = await reconcileNow(ctx, stretch, progress.show).finally(progress.end)
  const payouts = await allOf(cursor =>
    listPayouts(ctx, { ...cursor, created_from: reconciliation.from, created_to: reconciliation.to }),
  )
  const exceptions = await allOf(cursor => listExceptions(ctx, { ...cursor, status: 'open' }), EXCEPTIONS_SHOWN_MAX)
  if (options.json) printJson({ reconciliation, payouts, exceptions })
  else print(reconciliation, payouts, exceptions)
  return exceptions.length === 0 && payouts.every(payout => payout.tie_out?.balanced !== false)
}

/** Stripe being away is no fault of the books. */
function explained(error: unknown): never {
  if (!(error instanceof StripeFailure)) throw error
  throw new DomainError(
    'stripe_unavailable',
    `Stripe cannot be read (${error.kind}). What was read is kept: run it again.`,
  )
}

async function allOf<Row>(page: (cursor: object) => Promise<Page<Row>>, max = 10_000): Promise<Row[]> {
  const rows: Row[] = []
  let cursor: string | null = null
  do {
    const next: Page<Row> = await page({ limit: '100', ...(cursor === null ? {} : { cursor }) })
    rows.push(...next.data)
    cursor = next.next_cursor
  } while (cursor !== null && rows.length < max)
  return rows
}

/** A day means its first moment in UTC. */
function timeOf(option: string, text: string | undefined): Date | null {
  if (text === undefined) return null
  const at = new Date(DATE.test(text) ? `${text}T00:00:00Z` : text)
  if (Number.isNaN(at.getTime())) throw new UsageError(`${option} takes a day such as 2026-11-01 or an RFC 3339 time.`)
  return at
}

function print(
  reconciliation: ReconciliationView,
  payouts: readonly PayoutView[],
  exceptions: readonly ExceptionView[],
) {
  const { from, to, summary } = reconciliation
  console.log(`${from} to ${to}: ${summary?.balance_transactions ?? 0} balance lines, ${summary?.matched ?? 0} matched`)
  if (payouts.length > 0) {
    console.log('')
    printTable(
      ['PAYOUT', 'ARRIVAL', 'STATUS', 'VAULT', 'LINES', 'FEES', 'NET', 'AMOUNT', 'VARIANCE', ''],
      payouts.map(payoutCells),
    )
  }
  console.log('')
  if (exceptions.length === 0) return console.log('No exceptions.')
  printTable(
    ['CAUSE', 'SUBJECT', 'EXPECTED', 'ACTUAL', 'SINCE', 'EXCEPTION'],
    exceptions.map(exception => [
      exception.cause,
      exception.subject.id,
      money(exception.expected_amount, exception.currency),
      money(exception.actual_amount, exception.currency),
      exception.first_seen_at.slice(0, 16),
      exception.id,
    ]),
  )
  console.log(`\n${exceptions.length} open exceptions.`)
}

function payoutCells(payout: PayoutView): (string | number)[] {
  const { id, arrival_date, status, currency, amount, tie_out: tieOut } = payout
  const head = [id, arrival_date, status]
  if (!tieOut)
    return [...head, '', '', '', '', money(amount, currency), '', payout.automatic ? 'not listed yet' : 'made by hand']
  const gross = tieOut.stripe.reduce((sum, line) => sum + line.gross, 0)
  const fee = tieOut.stripe.reduce((sum, line) => sum + line.fee, 0)
  return [
    ...head,
    money(tieOut.vault.total, currency),
    money(gross, currency),
    money(-fee, currency),
    money(tieOut.computed_net, currency),
    money(amount, currency),
    money(tieOut.variance, currency),
    tieOut.balanced ? 'ok' : 'differs',
  ]
}

/** Major units with the currency, exact: no float is made of money. */
function money(amount: number | null, currency: string | null): string {
  if (amount === null) return ''
  const exponent = CURRENCIES.get(currency ?? '')?.exponent ?? 0
  const digits = String(Math.abs(amount)).padStart(exponent + 1, '0')
  const whole = digits.slice(0, digits.length - exponent)
  const sign = amount < 0 ? '-' : ''
  return `${sign}${whole}${exponent > 0 ? `.${digits.slice(-exponent)}` : ''} ${currency ?? ''}`.trimEnd()
}

/** One line on standard error that is written over, while that is a terminal. */
function progressLine(): { show: StepProgress; end: () => void } {
  const { stderr } = process
  const words = { mirror: 'reading', match: 'matching', find: 'comparing' } as const
  return {
    show(step, { feed, items }) {
      if (stderr.isTTY)
        stderr.write(`\r\u001b[K${words[step]} ${feed?.split(':')[0]?.replaceAll('_', ' ') ?? ''} ${items}`)
    },
    end() {
      if (stderr.isTTY) stderr.write('\r\u001b[K')
    },
  }
}
