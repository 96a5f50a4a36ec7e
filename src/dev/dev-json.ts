// `.panless/dev.json`: where everything of the running embedded environment is, for programs.
import { rm } from 'node:fs/promises'
import type { EmbeddedTenant } from './environment.ts'
import type { ClientCredentials, ClientRole } from './identity-provider.ts'
import { readPrivateJson, writePrivateFile } from './private-files.ts'

export interface DevJson {
  url: string
  console_url: string
  checkout_url: string
  docs_url: string
  metrics_url: string
  ca_file: string
  database_url: string
  issuer: string
  token_endpoint: string
  /** Where the mails of this environment can be read; JSON at `/messages`. */
  mailbox_url: string
  stripe_api_base: string
  stripe_control_url: string
  stripe_webhook_secret: string
  stripe_secret_keys: Record<EmbeddedTenant, string>
  audience: string
  clients: Record<ClientRole, ClientCredentials>
  tenants: readonly EmbeddedTenant[]
}

/** Written last, whole, and readable by its owner alone: who finds it finds a running environment. */
export function writeDevJson(file: string, content: DevJson): Promise<void> {
  return writePrivateFile(file, `${JSON.stringify(content, null, 2)}\n`)
}

/** Null when no environment runs in that folder. */
export function readDevJson(file: string): Promise<DevJson | null> {
  return readPrivateJson<DevJson>(file)
}

export function removeDevJson(file: string): Promise<void> {
  return rm(file, { force: true })
}
