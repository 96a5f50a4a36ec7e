// Google Cloud KMS through its client library, over REST, loaded when this is configured and at no other time. Credentials
// come from where the library finds them; the label goes along as additional authenticated data.
import type { KeyManagementServiceClient } from '@google-cloud/kms'
import {
  KEY_SERVICE_TIMEOUT_MS,
  type KeyService,
  notOfThisKey,
  serviceAway,
  serviceDenied,
  serviceRefused,
} from './key-service.ts'
import { KeyringError } from './keyring.ts'

const KIND = 'gcp-kms'

/** `key` is the resource name of a symmetric key: `projects/…/locations/…/keyRings/…/cryptoKeys/…`. */
export function createGcpKms(options: { key: string; endpoint?: string; timeoutMs?: number }): KeyService {
  const { key, endpoint, timeoutMs = KEY_SERVICE_TIMEOUT_MS } = options
  let opened: Promise<KeyManagementServiceClient> | null = null

  async function open() {
    const { KeyManagementServiceClient } = await import('@google-cloud/kms').catch(cause => {
      throw new KeyringError('key_service_not_installed', 'KEYRING=gcp-kms needs the package @google-cloud/kms', {
        cause,
      })
    })
    return new KeyManagementServiceClient({ fallback: true, ...(endpoint ? addressOf(endpoint) : {}) })
  }

  async function ready() {
    opened ??= open()
    return opened
  }

  /** The library's own retries and deadline, and a deadline around them, since getting credentials has none. */
  async function within<Answer>(call: Promise<Answer>): Promise<Answer> {
    const { promise: late, reject } = Promise.withResolvers<never>()
    const timer = setTimeout(() => reject(Object.assign(new Error('too late'), { code: 4 })), timeoutMs)
    try {
      return await Promise.race([call, late])
    } catch (error) {
      return refuse(error)
    } finally {
      clearTimeout(timer)
    }
  }

  return {
    kind: KIND,
    key,
    async wrap(bytes, label) {
      const client = await ready()
      const asked = { name: key, plaintext: bytes, additionalAuthenticatedData: dataOf(label) }
      const [{ ciphertext }] = await within(client.encrypt(asked, { timeout: timeoutMs }))
      return bytesOf(ciphertext).toString('base64')
    },
    async unwrap(wrapped, label) {
      const client = await ready()
      const asked = {
        name: key,
        ciphertext: Buffer.from(wrapped, 'base64'),
        additionalAuthenticatedData: dataOf(label),
      }
      const [{ plaintext }] = await within(client.decrypt(asked, { timeout: timeoutMs }))
      return bytesOf(plaintext)
    },
    close() {
      opened?.then(client => client.close()).catch(() => {})
    },
  }
}

const dataOf = (label: string): Buffer => Buffer.from(`panless-keyring ${label}`)

/** The library gives bytes, or base64 where it was asked over REST. */
const bytesOf = (value: Uint8Array | string | null | undefined): Buffer =>
  typeof value === 'string' ? Buffer.from(value, 'base64') : Buffer.from(value ?? [])

function addressOf(endpoint: string) {
  const { protocol, hostname, port } = new URL(endpoint)
  const scheme = protocol.slice(0, -1)
  return { apiEndpoint: hostname, port: Number(port || (scheme === 'https' ? 443 : 80)), protocol: scheme }
}

/** Codes of google.rpc.Code. */
function refuse(error: unknown): never {
  switch ((error as { code?: unknown }).code) {
    case 7:
    case 16:
      throw serviceDenied(KIND, error)
    case 3:
      throw notOfThisKey(KIND, error)
    case 5:
      throw serviceRefused(KIND, 'there is no such key', error)
    case 9:
      throw serviceRefused(KIND, 'the key is disabled or destroyed', error)
    default:
      // Whatever is not a clear answer of the service is taken for its absence.
      throw serviceAway(KIND, error)
  }
}
