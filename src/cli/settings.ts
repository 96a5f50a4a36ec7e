// Where a command of an operator gets its settings: the environment, or in a checkout the embedded environment that runs.
import { type Config, isConfigured, loadConfig } from '../config.ts'
import type { ConfigUse } from '../config-checks.ts'
import type { Clock } from '../domain/context.ts'

export type CommandSettings = { config: Config; clock?: Clock; close(): void }

/** @throws ConfigError, with what the environment lacks when nothing runs here either */
export async function commandSettings(use: ConfigUse): Promise<CommandSettings> {
  const site = isConfigured() ? null : await runningSite()
  if (site === null) return { config: loadConfig(undefined, use), close: () => {} }
  console.error('No DATABASE_URL is set: using the embedded environment that runs in this folder.')
  return { config: loadConfig(site.settings, use), clock: site.clock, close: site.close }
}

/** Null when none runs, and in an image, which holds none. */
async function runningSite() {
  try {
    const { runningSite } = await import('../dev/running-site.ts')
    return await runningSite()
  } catch {
    return null
  }
}
