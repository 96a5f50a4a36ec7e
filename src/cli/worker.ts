// panless worker: background work. Holds no state: run as many as there is need for.
import { Command } from 'commander'
import { loadConfig } from '../config.ts'
import { recordProcess } from '../domain/audit/record-process.ts'
import type { Clock } from '../domain/context.ts'
import { serveMetrics } from '../http/server.ts'
import { startWorker } from '../jobs/worker.ts'
import { errorFields } from '../observability/log.ts'
import { openVault } from '../vault.ts'
import { refuseReturnedPayers } from './refuse-returned-payers.ts'
import { orClose, runUntilSignal, SERVICE_HELP } from './run-until-signal.ts'

export function workerCommand(): Command {
  return new Command('worker')
    .description("Work off Stripe's events, unknown outcomes and scheduled jobs. Reads the environment.")
    .addHelpText('after', SERVICE_HELP)
    .action(() => work())
}

/** Runs until SIGTERM or SIGINT, then finishes the batch it is at within 30 s. */
export async function work(clock?: Clock): Promise<void> {
  const vault = await openVault({ config: loadConfig(undefined, 'worker'), process: 'worker', clock })
  const { log } = vault.dependencies
  await orClose(vault, refuseReturnedPayers(vault))
  await orClose(vault, recordProcess(vault.dependencies, 'worker', 'start'))
  const metrics = await orClose(vault, serveMetrics(vault, vault.config.METRICS_PORT))
  const worker = await orClose(vault, startWorker(vault.dependencies))
  const started = () =>
    log.info({ port: metrics.port, version: process.version, region: vault.config.REGION }, 'working')
  await runUntilSignal(log, started, async () => {
    await worker.stop()
    await recordProcess(vault.dependencies, 'worker', 'stop').catch(error =>
      log.error(errorFields(error), 'the stop could not be recorded'),
    )
    await metrics.close()
    await vault.close()
  })
}
