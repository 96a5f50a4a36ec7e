// AWS KMS through its SDK, which is loaded when this is configured and at no other time. Credentials come from where the
// SDK finds them; the label goes along as encryption context.
import type { KMSClient } from '@aws-sdk/client-kms'
import {
  KEY_SERVICE_ATTEMPTS,
  KEY_SERVICE_TIMEOUT_MS,
  type KeyService,
  notOfThisKey,
  serviceAway,
  serviceDenied,
  serviceRefused,
} from './key-service.ts'
import { KeyringError } from './keyring.ts'

const KIND = 'aws-kms'
const CONNECT_TIMEOUT_MS = 3_000

/** `key` is the ARN of a symmetric key or of its alias. */
export function createAwsKms(options: { key: string; endpoint?: string; timeoutMs?: number }): KeyService {
  const { key, endpoint, timeoutMs = KEY_SERVICE_TIMEOUT_MS } = options
  let opened: Promise<{ sdk: typeof import('@aws-sdk/client-kms'); client: KMSClient }> | null = null

  async function open() {
    const sdk = await import('@aws-sdk/client-kms').catch(cause => {
      throw new KeyringError('key_service_not_installed', 'KEYRING=aws-kms needs the package @aws-sdk/client-kms', {
        cause,
      })
    })
    const client = new sdk.KMSClient({
      region: key.split(':')[3],
      ...(endpoint ? { endpoint } : {}),
      maxAttempts: KEY_SERVICE_ATTEMPTS,
      requestHandler: { connectionTimeout: CONNECT_TIMEOUT_MS, requestTimeout: timeoutMs },
    })
    return { sdk, client }
  }

  async function ready() {
    opened ??= open()
    return opened
  }

  const within = () => ({ abortSignal: AbortSignal.timeout(timeoutMs) })

  return {
    kind: KIND,
    key,
    async wrap(bytes, label) {
      const { sdk, client } = await ready()
      const command = new sdk.EncryptCommand({ KeyId: key, Plaintext: bytes, EncryptionContext: contextOf(label) })
      const { CiphertextBlob } = await client.send(command, within()).catch(refuse)
      return Buffer.from(CiphertextBlob as Uint8Array).toString('base64')
    },
    async unwrap(wrapped, label) {
      const { sdk, client } = await ready()
      const command = new sdk.DecryptCommand({
        KeyId: key,
        CiphertextBlob: Buffer.from(wrapped, 'base64'),
        EncryptionContext: contextOf(label),
      })
      const { Plaintext } = await client.send(command, within()).catch(refuse)
      return Buffer.from(Plaintext as Uint8Array)
    },
    close() {
      opened?.then(({ client }) => client.destroy()).catch(() => {})
    },
  }
}

const contextOf = (label: string) => ({ 'panless-keyring': label })

const DENIED = new Set([
  'AccessDeniedException',
  'UnrecognizedClientException',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'ExpiredTokenException',
  'CredentialsProviderError',
])
const NOT_OF_THIS_KEY = new Set(['InvalidCiphertextException', 'IncorrectKeyException'])
const REFUSED = new Map([
  ['NotFoundException', 'there is no such key'],
  ['DisabledException', 'the key is disabled'],
  ['KMSInvalidStateException', 'the key is in a state in which it is not used'],
  ['InvalidKeyUsageException', 'the key is not one that encrypts'],
  ['ValidationException', 'the name of the key is ill-formed'],
  ['InvalidArnException', 'the name of the key is ill-formed'],
])

/** Whatever is not a clear answer of the service is taken for its absence. */
function refuse(error: unknown): never {
  const name = error instanceof Error ? error.name : ''
  if (DENIED.has(name)) throw serviceDenied(KIND, error)
  if (NOT_OF_THIS_KEY.has(name)) throw notOfThisKey(KIND, error)
  const why = REFUSED.get(name)
  if (why !== undefined) throw serviceRefused(KIND, why, error)
  throw serviceAway(KIND, error)
}
