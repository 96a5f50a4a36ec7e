// panless purposes: what personal data may be used for, as a register that is shown, edited and published.
import { readFile } from 'node:fs/promises'
import { Command } from 'commander'
import { listRegisters } from '../domain/privacy/list-registers.ts'
import { publishRegister } from '../domain/privacy/publish-register.ts'
import type { RegisterInForce } from '../domain/privacy/register-in-force.ts'
import { UsageError } from './exit-codes.ts'
import { printJson, printTable } from './output.ts'
import { withVault } from './with-vault.ts'

type Options = { tenant?: string; json?: boolean }

const EXIT_HELP = '\nExit codes: 0 done, 1 refused, 2 wrong usage, 69 the database is away, 78 wrong configuration.'

export function purposesCommand(): Command {
  return new Command('purposes')
    .description('The register of purposes: legal bases, fields, recipients and retention.')
    .addHelpText('after', EXIT_HELP)
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(publishCommand())
}

const forTenant = (command: Command) => command.option('--tenant <id>', 'whose register; default: the default tenant')

function listCommand(): Command {
  return forTenant(new Command('list'))
    .description('Show the purposes of the register in force.')
    .option('--json', 'as JSON')
    .addHelpText('after', `\nExample:\n  panless purposes list --tenant acme\n${EXIT_HELP}`)
    .action(async (options: Options) => {
      const { version, purposes } = chosen(await registersOf(options))
      if (options.json) return printJson(purposes)
      console.log(`Version ${version}`)
      printTable(
        ['purpose', 'basis', 'fields', 'recipients', 'kept'],
        purposes.map(({ name, basis, fields, recipients, retention }) => [
          name,
          basis,
          fields.join(' '),
          recipients.map(one => one.name).join(', ') || '-',
          retention.map(({ record, days }) => `${record} ${days === null ? 'until erased' : `${days} d`}`).join(', ') ||
            '-',
        ]),
      )
    })
}

function showCommand(): Command {
  return forTenant(new Command('show'))
    .description('Print a register as the file that publish takes: edit it, and give it the next version.')
    .argument('[version]', 'which one; default: the one in force')
    .addHelpText('after', `\nExample:\n  panless purposes show > purposes.json\n${EXIT_HELP}`)
    .action(async (version: string | undefined, options: Options) => {
      const { version: shown, purposes } = chosen(await registersOf(options), version)
      printJson({ version: shown, purposes })
    })
}

function publishCommand(): Command {
  return forTenant(new Command('publish'))
    .description('Put a register in force. Recorded; refused when it leaves out what is held or agreed to.')
    .argument('<file>', 'JSON as show prints it, with the next version')
    .addHelpText('after', `\nExample:\n  panless purposes publish purposes.json --tenant acme\n${EXIT_HELP}`)
    .action(async (file: string, options: Options) => {
      const register = await readRegister(file)
      await withVault(async vault => {
        const { version } = await publishRegister(vault.ctx(tenantOf(vault.config, options)), register)
        console.log(`Version ${version} is in force.`)
      })
    })
}

const registersOf = (options: Options) => withVault(vault => listRegisters(vault.ctx(tenantOf(vault.config, options))))

const tenantOf = (config: { DEFAULT_TENANT: string }, { tenant }: Options) => tenant ?? config.DEFAULT_TENANT

function chosen(registers: RegisterInForce[], version?: string): RegisterInForce {
  const found = registers.find(register => version === undefined || String(register.version) === version)
  if (!found) throw new UsageError('There is no such version.')
  return found
}

async function readRegister(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'))
  } catch {
    throw new UsageError('The file cannot be read as JSON.')
  }
}
