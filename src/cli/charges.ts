// panless charges: finds out what became of money whose outcome is open, and shows one charge.
import { Command } from 'commander'
import { getCharge } from '../domain/charges/get-charge.ts'
import type { Resolved } from '../domain/charges/look-at-open.ts'
import { resolveDue } from '../domain/charges/resolve-due.ts'
import { countOpenAttempts } from '../domain/charges/resolve-unknown.ts'
import type { Dependencies } from '../domain/context.ts'
import { EXIT, UsageError } from './exit-codes.ts'
import { printJson, printTable, progressBar } from './output.ts'
import { withVault } from './with-vault.ts'

/** One run looks at no more than this, so that it ends; the rest is said and left to the next. */
const LOOKS_MAX = 100_000
/** Leases of processes that died end within a minute. */
const HELD_WAIT_MS = 75_000
const HELD_PAUSE_MS = 1_000

const EXIT_HELP = `
Exit codes: 0 done, 1 some looks failed or a person must decide, 2 wrong usage, 69 a dependency is away, 78 wrong configuration.`

export function chargesCommand(): Command {
  return new Command('charges')
    .description('Look after charges whose outcome is open.')
    .addHelpText('after', EXIT_HELP)
    .addCommand(resolveCommand())
    .addCommand(showCommand())
}

function resolveCommand(): Command {
  return new Command('resolve')
    .description('Look at Stripe for every charge, capture, cancel and refund whose outcome is open.')
    .option('--due-now', 'look at all of them now, whenever their next look is due; waits for leases of dead processes')
    .option('--tenant <id>', 'of this tenant only')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Without --due-now only what is due by the ladder (5 minutes, 1 hour, then daily) is looked at, as the worker does.
A look out of turn takes no step of the ladder. Nothing is sent again that Stripe has, or that is 23 hours old.

Examples:
  panless charges resolve --due-now
  panless charges resolve --tenant acme --json
${EXIT_HELP}`,
    )
    .action((options: { dueNow?: boolean; tenant?: string; json?: boolean }) =>
      withVault(async ({ dependencies }) => {
        const tenants = options.tenant ? [options.tenant] : (await dependencies.tenants.list()).map(({ id }) => id)
        if (options.tenant && !(await dependencies.tenants.find(options.tenant))) {
          throw new UsageError('There is no such tenant. panless tenants list shows them.')
        }
        const results: TenantResult[] = []
        for (const tenant of tenants) results.push(await resolveTenant(dependencies, tenant, options.dueNow === true))
        if (options.json) printJson(results)
        else print(results)
        if (results.some(({ failed, in_review }) => failed + in_review > 0)) process.exitCode = EXIT.failed
      }),
    )
}

type TenantResult = Resolved & { tenant: string; still_open: number; in_review: number }

async function resolveTenant(dependencies: Dependencies, tenant: string, everything: boolean): Promise<TenantResult> {
  const bar = progressBar(`Looking at open charges of ${tenant}`)
  try {
    if (everything) await waitForLeases(dependencies, tenant)
    const { open } = await countOpenAttempts(dependencies, tenant)
    const options = { limit: LOOKS_MAX, everything }
    let before = 0
    let resolved = await resolveDue(dependencies, tenant, {
      ...options,
      onProgress: looked => bar.update(before + looked, Math.max(open, before + looked)),
    })
    // Declined intents are cancelled by attempts that this very run has made.
    if (everything && resolved.settled > 0) {
      before = resolved.looked
      resolved = sum(resolved, await resolveDue(dependencies, tenant, { limit: LOOKS_MAX }))
    }
    const after = await countOpenAttempts(dependencies, tenant)
    return { tenant, ...resolved, still_open: after.open, in_review: after.review }
  } finally {
    bar.stop()
  }
}

async function waitForLeases(dependencies: Dependencies, tenant: string): Promise<void> {
  const until = performance.now() + HELD_WAIT_MS
  while (performance.now() < until && (await countOpenAttempts(dependencies, tenant)).held > 0) {
    await new Promise(resolve => setTimeout(resolve, HELD_PAUSE_MS))
  }
}

const sum = (a: Resolved, b: Resolved): Resolved => ({
  looked: a.looked + b.looked,
  settled: a.settled + b.settled,
  open: a.open + b.open,
  review: a.review + b.review,
  lost: a.lost + b.lost,
  failed: a.failed + b.failed,
})

function print(results: readonly TenantResult[]): void {
  printTable(
    ['tenant', 'looked at', 'settled', 'still open', 'in review', 'looks failed'],
    results.map(one => [one.tenant, one.looked, one.settled, one.still_open, one.in_review, one.failed]),
  )
  if (results.some(({ in_review }) => in_review > 0)) {
    console.log('\nCharges in review wait for a second person: POST /v1/charges/{id}/resolve.')
  }
}

function showCommand(): Command {
  return new Command('show')
    .description('Show one charge as JSON, with its attempts.')
    .argument('<id>', 'chrg_…')
    .option('--tenant <id>', 'the tenant that it belongs to; the default tenant without it')
    .addHelpText('after', `\nExample:\n  panless charges show chrg_… --tenant acme\n${EXIT_HELP}`)
    .action((id: string, options: { tenant?: string }) =>
      withVault(async ({ dependencies, ctx }) =>
        printJson(await getCharge(ctx(options.tenant ?? dependencies.settings.defaultTenant), id)),
      ),
    )
}
