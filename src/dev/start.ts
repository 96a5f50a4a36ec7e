// `panless dev`: brings up the whole of panless on real parts, in order, and takes it down again.
import { chmod, mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ensureCertificates } from './certificates.ts'
import { type DevJson, removeDevJson, writeDevJson } from './dev-json.ts'
import {
  devJsonOf,
  type EmbeddedSite,
  prepare,
  registerWebhooks,
  startIdentityProvider,
  startMailboxPart,
  startServices,
  startShop,
  startSimulator,
  tokenEndpoint,
} from './embedded-parts.ts'
import {
  dataFolder,
  type EmbeddedFiles,
  embeddedAddresses,
  embeddedFiles,
  type KeptEnvironment,
  newEnvironment,
} from './environment.ts'
import { lockFolder } from './folder-lock.ts'
import { consoleClient, keptIdentityProviderKeys } from './identity-provider.ts'
import { DEFAULT_FIRST_PORT, embeddedPorts, requireFreePorts } from './ports.ts'
import { type RunningPostgres, startPostgres } from './postgres.ts'
import { endLeftoverPostgres } from './postgres-cluster.ts'
import { newSecret, readPrivateJson, writePrivateFile } from './private-files.ts'
import { endLeftovers, openProcessGroup, type ProcessGroup } from './process-group.ts'
import { makeSampleData, sampleDataBegin } from './sample-data.ts'
import { serviceSettings, shellSettings } from './service-settings.ts'
import { simulatorControl } from './simulator-control.ts'

export interface StartOptions {
  folder?: string
  /** Clears what earlier starts kept. */
  reset?: boolean
  sampleData?: boolean
  /** The first port used; without it the one of the last start, or 8443. */
  port?: number
  onStep?: (step: string) => void
  onProgress?: (done: number, total: number) => void
}

export interface Embedded {
  /** Resolves when everything is up; rejects when something cannot start. */
  ready: Promise<DevJson>
  /** Rejects when a part ends that nobody asked to end. */
  failed: Promise<never>
  /** Ends everything, at any time; the data stays. */
  stop(): Promise<void>
}

/** Starts the embedded environment: one for a folder, or `ready` rejects with FolderInUseError. */
export function startEmbedded(options: StartOptions = {}): Embedded {
  return new EmbeddedRun(options)
}

/** One run, from the lock on the folder to its release. */
class EmbeddedRun implements Embedded {
  readonly ready: Promise<DevJson>
  readonly failed: Promise<never>
  readonly #options: StartOptions
  readonly #files: EmbeddedFiles
  readonly #group: ProcessGroup
  readonly #fail: (cause: Error) => void
  #postgres: RunningPostgres | null = null
  #unlock: (() => Promise<void>) | null = null
  #stopping = false
  #stopped: Promise<void> | null = null

  constructor(options: StartOptions) {
    this.#options = options
    this.#files = embeddedFiles(options.folder ?? dataFolder())
    this.#group = openProcessGroup(this.#files.folder)
    const { promise, reject } = Promise.withResolvers<never>()
    this.failed = promise
    this.failed.catch(() => {})
    this.#fail = reject
    this.#group.failed.catch(reject)
    this.ready = this.#start()
    this.ready.catch(() => {})
  }

  stop(): Promise<void> {
    this.#stopping = true
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  async #stop(): Promise<void> {
    // Without the lock nothing in the folder is ours. A start that is under way ends at its next step.
    if (this.#unlock !== null) await this.#group.stop()
    await this.ready.catch(() => {})
    if (this.#unlock === null) return
    await removeDevJson(this.#files.devJson)
    await this.#group.stop()
    await this.#postgres?.stop()
    await this.#unlock()
  }

  async #start(): Promise<DevJson> {
    const files = this.#files
    const environment = await this.#takeFolder()
    const ports = embeddedPorts(environment.firstPort)
    await requireFreePorts(ports)
    await writePrivateFile(files.environment, JSON.stringify(environment, null, 2))
    const addresses = embeddedAddresses(ports)
    const certificates = await ensureCertificates(files.tls)
    const site: EmbeddedSite = {
      group: this.#group,
      files,
      ports,
      addresses,
      environment,
      certificates,
      mail: { user: 'panless', password: newSecret() },
    }
    const now = new Date()
    const withSampleData = !environment.complete && this.#options.sampleData !== false

    this.#step('Postgres, Stripe simulator, identity provider, mailbox')
    const [postgres] = await Promise.all([
      this.#startPostgres(ports.postgres),
      startSimulator(site, withSampleData ? sampleDataBegin(now) : now),
      startIdentityProvider(site),
      startMailboxPart(site),
    ])
    const kept = await keptIdentityProviderKeys(files.identityProvider)
    const settings = serviceSettings({
      ...site,
      postgres,
      keyringFile: files.keyring,
      consoleClient: consoleClient(kept),
    })
    this.#step('migrations and tenants')
    await prepare(site, postgres, settings)
    this.#step('service, worker, demo shop')
    const { clients } = kept
    const shop = startShop(site, clients.checkout, addresses.stripeJs)
    await Promise.all([startServices(site, settings), shop])
    const simulator = simulatorControl(addresses.stripeControl)
    await registerWebhooks(site, simulator)
    if (withSampleData) {
      this.#step('sample data of the last fourteen days')
      const { onProgress = () => {} } = this.#options
      const { service: url } = addresses
      const caFile = certificates.caFile
      const endpoint = tokenEndpoint(addresses)
      await makeSampleData({ url, tokenEndpoint: endpoint, caFile, clients, environment, simulator, now, onProgress })
    }
    this.#step('')
    await writePrivateFile(files.environment, JSON.stringify({ ...environment, complete: true }, null, 2))
    const devJson = devJsonOf(site, postgres, clients)
    await writePrivateFile(files.env, shellSettings(settings))
    await writeDevJson(files.devJson, devJson)
    return devJson
  }

  /** Locks the folder, ends what a killed run left in it, and clears it when asked to. */
  async #takeFolder(): Promise<KeptEnvironment> {
    const { folder, devJson, postgresData, environment, logs } = this.#files
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await chmod(folder, 0o700)
    this.#unlock = await lockFolder(folder)
    await removeDevJson(devJson)
    await endLeftovers(folder)
    await endLeftoverPostgres(postgresData)
    let kept = await readPrivateJson<KeptEnvironment>(environment)
    if (this.#options.reset || kept?.complete !== true) {
      for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true, force: true })
      if (this.#options.reset !== true && kept !== null) this.#step('the first start was interrupted: starting over')
      kept = null
    }
    await mkdir(logs, { recursive: true, mode: 0o700 })
    const firstPort = this.#options.port ?? kept?.firstPort ?? DEFAULT_FIRST_PORT
    return kept === null ? newEnvironment(firstPort) : { ...kept, firstPort }
  }

  async #startPostgres(port: number): Promise<RunningPostgres> {
    const { postgresData, postgresLog } = this.#files
    const postgres = await startPostgres({ dataDir: postgresData, port, logFile: postgresLog })
    this.#postgres = postgres
    postgres.exited.then(() => this.#stopping || this.#fail(new Error(`Postgres ended. Its log: ${postgresLog}`)))
    return postgres
  }

  /** Announces what comes next, unless everything is being stopped. */
  #step(name: string): void {
    if (this.#stopping) throw new Error('Stopped before it was ready.')
    if (name !== '') this.#options.onStep?.(name)
  }
}
