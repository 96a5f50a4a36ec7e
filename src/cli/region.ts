// panless region: where this deployment, its database and its tenants are, and the move to another region.
import { Command } from 'commander'
import { readRegionMarker, regionFault } from '../domain/region/region-marker.ts'
import { setRegion } from '../domain/region/set-region.ts'
import { EXIT, UsageError } from './exit-codes.ts'
import { printJson } from './output.ts'
import { withVault } from './with-vault.ts'

const EXIT_HELP =
  '\nExit codes: 0 done, 1 refused or not of one region, 2 wrong usage, 69 the database is away, 78 wrong configuration.'

export function regionCommand(): Command {
  return new Command('region')
    .description('The region of this deployment, its database and its tenants, which must agree.')
    .addHelpText('after', EXIT_HELP)
    .addCommand(showCommand())
    .addCommand(setCommand())
}

function showCommand(): Command {
  return new Command('show')
    .description('Show whether they agree.')
    .option('--json', 'as JSON')
    .addHelpText('after', `\nExample:\n  panless region show\n${EXIT_HELP}`)
    .action((options: { json?: boolean }) =>
      withVault(
        async ({ dependencies, config }) => {
          const marker = await readRegionMarker(dependencies)
          const fault = await regionFault(dependencies)
          const database = marker.kind === 'marked' ? marker.region : marker.kind
          if (options.json) printJson({ deployment: config.REGION, database, agrees: fault === null })
          else console.log(fault ?? `Deployment, database and tenants are of the region ${config.REGION}.`)
          if (fault !== null) process.exitCode = EXIT.failed
        },
        { anyRegion: true },
      ),
    )
}

function setCommand(): Command {
  return new Command('set')
    .description('Move the database and all tenants to a region. Recorded. Processes of another REGION stop writing.')
    .argument('<region>', 'the region to move to; REGION must name it already')
    .requiredOption('--from <region>', 'the region that is left')
    .addHelpText(
      'after',
      `\nExample:\n  REGION=eu-central-1 panless region set eu-central-1 --from ap-northeast-1\n${EXIT_HELP}`,
    )
    .action((region: string, options: { from: string }) =>
      withVault(
        async ({ ctx, config }) => {
          if (config.REGION !== region)
            throw new UsageError(
              'REGION names another region. Set it first: every process of this deployment needs it.',
            )
          const { tenants } = await setRegion(ctx(config.DEFAULT_TENANT), options.from)
          console.log(`The database and ${tenants.length} tenants were moved to ${region}.`)
        },
        { anyRegion: true },
      ),
    )
}
