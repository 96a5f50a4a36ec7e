/** Starts a stand-in for Stripe on loopback: API, control side and the browser's part, state in memory or in a file. */
import { mkdirSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { dirname } from 'node:path'
import { createAdaptorServer, type ServerType } from '@hono/node-server'
import { simulatorApp } from './app.ts'
import { Faults } from './control/faults.ts'
import { RequestLog } from './control/request-log.ts'
import { SCHEDULED_WORK } from './money/scheduled-work.ts'
import { Journal } from './state/journal.ts'
import { type ConfiguredAccount, KeyTable } from './state/keys.ts'
import { Simulator } from './state/simulator.ts'
import { flushSoon } from './webhooks/delivery.ts'

const HOST = '127.0.0.1'
/** Longer than the pool of any client keeps an idle connection, so that it is the client that closes it. */
const KEEP_ALIVE_MS = 120_000

export interface StripeSimulatorOptions {
  /** 0 takes any free port. */
  port: number
  /** Ids and the draws of faults depend on it. */
  seed?: string
  accounts: ConfiguredAccount[]
  /** Keeps the state over restarts. */
  dataFile?: string
  /** What the clock reads at the first start; later ones go on from the file. */
  clockStart?: Date
  /** Gives unknown test keys a fresh account each (default true). */
  allowAnyTestKey?: boolean
}

export interface StripeSimulator {
  /** The address of the API, as `api.stripe.com` is Stripe's. */
  url: string
  /** The base of the control endpoints. */
  controlUrl: string
  close(): Promise<void>
}

export async function startStripeSimulator(options: StripeSimulatorOptions): Promise<StripeSimulator> {
  const { seed = 'panless', accounts, dataFile, clockStart, allowAnyTestKey = true } = options
  const keys = new KeyTable(accounts, allowAnyTestKey)
  if (dataFile) mkdirSync(dirname(dataFile), { recursive: true, mode: 0o700 })
  const simulator = new Simulator({
    seed,
    keys,
    journal: dataFile ? new Journal(dataFile) : null,
    faults: new Faults(seed),
    log: new RequestLog(),
    clockOffsetMs: clockStart ? clockStart.getTime() - Date.now() : 0,
    handlers: SCHEDULED_WORK,
    sendWebhooks: flushSoon,
  })
  await simulator.restore()
  for (const { secretKey } of accounts) simulator.accountOfKey(secretKey)
  const server = createAdaptorServer({ fetch: simulatorApp(simulator).fetch })
  const port = await listen(server, options.port)
  simulator.origin = `http://${HOST}:${port}`
  simulator.work.run()
  return {
    url: simulator.origin,
    controlUrl: `${simulator.origin}/_simulator`,
    async close() {
      await simulator.close()
      await closeServer(server)
    },
  }
}

function listen(server: ServerType, port: number): Promise<number> {
  if ('keepAliveTimeout' in server) server.keepAliveTimeout = KEEP_ALIVE_MS
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, HOST, () => resolve((server.address() as AddressInfo).port))
  })
}

function closeServer(server: ServerType): Promise<void> {
  return new Promise(resolve => {
    server.close(() => resolve())
    if ('closeAllConnections' in server) server.closeAllConnections()
  })
}
