// panless serve: the HTTP service. Holds no state: run as many as there is need for.
import { Command } from 'commander'
import { loadConfig } from '../config.ts'
import { recordProcess } from '../domain/audit/record-process.ts'
import type { Clock } from '../domain/context.ts'
import { startServer } from '../http/server.ts'
import { errorFields } from '../observability/log.ts'
import { openVault } from '../vault.ts'
import { refuseReturnedPayers } from './refuse-returned-payers.ts'
import { orClose, runUntilSignal, SERVICE_HELP } from './run-until-signal.ts'

export function serveCommand(): Command {
  return new Command('serve')
    .description('Answer HTTP requests. Reads the environment; see README.md for every setting.')
    .addHelpText('after', SERVICE_HELP)
    .action(() => serve())
}

const GRACE_MS = 25_000

/** Runs until SIGTERM or SIGINT, then finishes what it has begun within 30 s. */
export async function serve(clock?: Clock): Promise<void> {
  const vault = await openVault({ config: loadConfig(undefined, 'serve'), process: 'serve', clock })
  const { log } = vault.dependencies
  await orClose(vault, refuseReturnedPayers(vault))
  await orClose(vault, recordProcess(vault.dependencies, 'serve', 'start'))
  const server = await orClose(vault, startServer(vault))
  const started = () =>
    log.info({ port: server.port, version: process.version, region: vault.config.REGION }, 'serving')
  await runUntilSignal(log, started, async () => {
    await server.close(GRACE_MS)
    await recordProcess(vault.dependencies, 'serve', 'stop').catch(error =>
      log.error(errorFields(error), 'the stop could not be recorded'),
    )
    await vault.close()
  })
}
