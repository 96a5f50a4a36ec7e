// The embedded environment that runs in this folder, for commands of an operator: its settings, and its clock.
import { readFile } from 'node:fs/promises'
import { parseEnv } from 'node:util'
import type { Clock } from '../domain/context.ts'
import { readDevJson } from './dev-json.ts'
import { dataFolder, embeddedFiles } from './environment.ts'
import { followSimulatorClock } from './simulated-clock.ts'

export interface RunningSite {
  settings: NodeJS.ProcessEnv
  clock: Clock
  close(): void
}

/** Null when none runs here. */
export async function runningSite(): Promise<RunningSite | null> {
  const files = embeddedFiles(dataFolder())
  const dev = await readDevJson(files.devJson)
  if (dev === null) return null
  const settings = parseEnv(await readFile(files.env, 'utf8')) as NodeJS.ProcessEnv
  return { settings, ...(await followSimulatorClock(dev.stripe_control_url)) }
}
