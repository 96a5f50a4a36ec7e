// panless erasures: the list that is kept apart from the database, and applying it after a backup was restored.
import { Command } from 'commander'
import { applyErasureList } from '../domain/erasures/apply-erasure-list.ts'
import { placePayers, readErasureList } from '../domain/erasures/find-returned.ts'
import { openErasureList } from '../outbound/erasure-list.ts'
import type { Vault } from '../vault.ts'
import { EXIT, UsageError } from './exit-codes.ts'
import { printJson, printTable } from './output.ts'
import { operatorName, withVault } from './with-vault.ts'

const EXIT_HELP = `
Exit codes: 0 done, 1 the list has lines that this vault did not sign, 2 wrong usage, 69 a dependency is away, 78 wrong configuration.`

export function erasuresCommand(): Command {
  return new Command('erasures')
    .description('Look after the list of erasures (ERASURE_LIST_FILE).')
    .addHelpText('after', EXIT_HELP)
    .addCommand(listCommand())
    .addCommand(applyCommand())
}

function listCommand(): Command {
  return new Command('list')
    .description('Show the erasures on the list, and how each payer stands in this database.')
    .option('--json', 'print JSON')
    .addHelpText('after', `\nExample:\n  panless erasures list\n${EXIT_HELP}`)
    .action((options: { json?: boolean }) =>
      withVault(async vault => {
        const { listed, unreadable } = readErasureList(vault.dependencies, await linesOf(vault))
        const placed = await placePayers(vault.dependencies, listed)
        if (options.json) printJson({ erasures: placed, unreadable })
        else {
          printTable(
            ['tenant', 'payer', 'erasure', 'erased at', 'here'],
            placed.map(one => [one.tenant, one.payer, one.erasure, one.erasedAt, one.here]),
          )
        }
        complain(unreadable)
      }),
    )
}

function applyCommand(): Command {
  return new Command('apply')
    .description('After a restore: erase again every payer on the list who is alive in this database.')
    .argument('[file]', 'another list than ERASURE_LIST_FILE')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
serve and worker refuse to start while such a payer is alive. Each erasure is begun before this command ends: from
then on the payer is unreadable. What has to wait (open money, caches) is finished by the worker.

Example:
  panless erasures apply /backup/erasures.list
${EXIT_HELP}`,
    )
    .action((file: string | undefined, options: { json?: boolean }) =>
      withVault(async vault => {
        const applied = await applyErasureList(vault.dependencies, await linesOf(vault, file), operatorName())
        if (options.json) printJson(applied)
        else if (applied.begun.length === 0) console.log('Nobody on the list is alive in this database.')
        else {
          printTable(
            ['tenant', 'payer', 'erasure'],
            applied.begun.map(one => [one.tenant, one.payer, one.erasure]),
          )
        }
        complain(applied.unreadable)
      }),
    )
}

async function linesOf({ dependencies }: Pick<Vault, 'dependencies'>, file?: string): Promise<string[]> {
  const list = file === undefined ? dependencies.erasureList : openErasureList(file)
  if (list === null) throw new UsageError('There is no list: set ERASURE_LIST_FILE, or name a file.')
  return list.read()
}

function complain(unreadable: number): void {
  if (unreadable === 0) return
  console.error(`${unreadable} lines of the list are not signed by this vault and were left out.`)
  process.exitCode = EXIT.failed
}
