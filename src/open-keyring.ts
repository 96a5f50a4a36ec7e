// Opens the keyring that the settings name, with the key service that wraps its keys.
import type { Config } from './config.ts'
import { createAwsKms } from './keyring/aws-kms.ts'
import { type FileKeyringOptions, openFileKeyring } from './keyring/file-keyring.ts'
import { createGcpKms } from './keyring/gcp-kms.ts'
import { KEY_SERVICE_ATTEMPTS, KEY_SERVICE_TIMEOUT_MS, type KeyService } from './keyring/key-service.ts'
import type { Keyring } from './keyring/keyring.ts'
import { createVaultTransit } from './keyring/vault-transit.ts'
import { createPostJson } from './outbound/post-json.ts'

export type KeyServiceSettings = Pick<
  Config,
  | 'KEYRING'
  | 'KEYRING_KEY'
  | 'KEYRING_ENDPOINT'
  | 'KEYRING_TOKEN'
  | 'KEYRING_MOUNT'
  | 'KEYRING_NAMESPACE'
  | 'KEYRING_CA_FILE'
>

/** Null when the file holds its keys in the clear. The settings were checked: what a kind needs is there. */
export function keyServiceOf(settings: KeyServiceSettings): KeyService | null {
  const { KEYRING: kind, KEYRING_KEY: key = '', KEYRING_ENDPOINT: endpoint } = settings
  switch (kind) {
    case 'file':
      return null
    case 'aws-kms':
      return createAwsKms({ key, endpoint })
    case 'gcp-kms':
      return createGcpKms({ key, endpoint })
    case 'vault-transit':
      return createVaultTransit({
        post: createPostJson({
          base: endpoint as string,
          caFile: settings.KEYRING_CA_FILE,
          timeoutMs: KEY_SERVICE_TIMEOUT_MS,
          attempts: KEY_SERVICE_ATTEMPTS,
        }),
        key,
        mount: settings.KEYRING_MOUNT,
        namespace: settings.KEYRING_NAMESPACE,
        token: () => settings.KEYRING_TOKEN?.reveal() ?? '',
      })
  }
}

/** @throws KeyringError, whose message says what to do */
export function openKeyring(
  config: KeyServiceSettings & Pick<Config, 'KEYRING_FILE'>,
  options: Omit<FileKeyringOptions, 'service'> = {},
): Promise<Keyring> {
  return openFileKeyring(config.KEYRING_FILE, { ...options, service: keyServiceOf(config) })
}
