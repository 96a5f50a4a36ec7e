// A stand-in for AWS KMS, Google Cloud KMS and Vault's transit engine: of each the two calls that panless makes, with real
// encryption, real refusals and the faults that a test asks for.
import { createCipheriv, createDecipheriv, generateKeyPairSync, randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'

export const AWS_KEY = 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'
export const GCP_KEY = 'projects/panless/locations/europe-west3/keyRings/vault/cryptoKeys/keyring'
export const VAULT_KEY = 'panless-keyring'
export const VAULT_TOKEN = 'hvs.keyservicecanary'

export type KeyServiceDouble = {
  url: string
  /** What was asked for, such as `aws Decrypt`. */
  calls: string[]
  /** `away` cuts the connection, `slow` never answers, `busy` answers 503; `times` says how often, for ever without it. */
  fail(how: 'away' | 'slow' | 'busy' | 'denied' | 'disabled' | null, times?: number): void
  /** From now on another key stands under the same name. */
  exchangeKey(): void
  /** A service account's file for Google's library. */
  googleCredentials: string
  close(): Promise<void>
}

type Fault = { how: 'away' | 'slow' | 'busy' | 'denied' | 'disabled'; left: number } | null
type Answer = { status: number; body: unknown; headers?: Record<string, string> }

export async function startKeyServiceDouble(): Promise<KeyServiceDouble> {
  let key = randomBytes(32)
  let fault: Fault = null
  const calls: string[] = []
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy())
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  const seal = (text: Buffer, aad: string): Buffer => {
    const iv = randomBytes(12)
    const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(aad))
    return Buffer.concat([iv, cipher.update(text), cipher.final(), cipher.getAuthTag()])
  }
  /** Null when it was not sealed here like this. */
  const open = (sealed: Buffer, aad: string): Buffer | null => {
    try {
      const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, 12)).setAAD(Buffer.from(aad))
      decipher.setAuthTag(sealed.subarray(-16))
      return Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()])
    } catch {
      return null
    }
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url as string
    if (path === '/token') return send(response, { status: 200, body: { access_token: 't', expires_in: 3600 } })
    const body = (await json(request)) as Record<string, unknown>
    const of = request.headers['x-amz-target'] ? 'aws' : path.includes('/cryptoKeys/') ? 'gcp' : 'vault'
    const operation = String(request.headers['x-amz-target'] ?? path).match(/encrypt|decrypt/i)?.[0] ?? ''
    calls.push(`${of} ${operation}`)
    const now = fault && fault.left > 0 ? fault.how : null
    if (fault) fault.left--
    if (now === 'away') return void request.socket.destroy()
    if (now === 'slow') return
    if (now !== null) return send(response, REFUSALS[of][now] as Answer)
    const encrypts = operation.toLowerCase() === 'encrypt'
    if (of === 'aws') return send(response, aws(encrypts, body))
    if (of === 'gcp') return send(response, request.headers.authorization ? gcp(encrypts, body, path) : UNSIGNED)
    send(response, request.headers['x-vault-token'] === VAULT_TOKEN ? vault(encrypts, body, path) : FORBIDDEN)
  }

  function aws(encrypts: boolean, body: Record<string, unknown>): Answer {
    if (body.KeyId !== AWS_KEY) return awsError('NotFoundException')
    const aad = JSON.stringify(body.EncryptionContext)
    if (encrypts)
      return ok({ KeyId: AWS_KEY, CiphertextBlob: seal(bytes(body.Plaintext), aad).toString('base64') }, AMZ)
    const text = open(bytes(body.CiphertextBlob), aad)
    return text
      ? ok({ KeyId: AWS_KEY, Plaintext: text.toString('base64') }, AMZ)
      : awsError('InvalidCiphertextException')
  }

  function gcp(encrypts: boolean, body: Record<string, unknown>, path: string): Answer {
    if (!path.startsWith(`/v1/${GCP_KEY}:`)) return gcpError(404, 'NOT_FOUND')
    const aad = bytes(body.additionalAuthenticatedData).toString()
    if (encrypts) return ok({ name: GCP_KEY, ciphertext: seal(bytes(body.plaintext), aad).toString('base64') })
    const text = open(bytes(body.ciphertext), aad)
    return text ? ok({ plaintext: text.toString('base64') }) : gcpError(400, 'INVALID_ARGUMENT')
  }

  function vault(encrypts: boolean, body: Record<string, unknown>, path: string): Answer {
    if (!path.endsWith(`/${VAULT_KEY}`)) return { status: 404, body: { errors: [] } }
    const aad = bytes(body.associated_data).toString()
    if (encrypts) return ok({ data: { ciphertext: `vault:v1:${seal(bytes(body.plaintext), aad).toString('base64')}` } })
    const text = open(bytes(String(body.ciphertext).slice('vault:v1:'.length)), aad)
    return text
      ? ok({ data: { plaintext: text.toString('base64') } })
      : { status: 400, body: { errors: ['cipher: message authentication failed'] } }
  }

  return {
    url,
    calls,
    fail(how, times = Number.POSITIVE_INFINITY) {
      fault = how === null ? null : { how, left: times }
    },
    exchangeKey() {
      key = randomBytes(32)
    },
    googleCredentials: JSON.stringify({
      type: 'service_account',
      project_id: 'panless',
      client_email: 'panless@panless.iam.gserviceaccount.com',
      private_key_id: 'k',
      private_key: generateKeyPairSync('rsa', {
        modulusLength: 2048,
        privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
        publicKeyEncoding: { type: 'spki', format: 'pem' },
      }).privateKey,
      token_uri: `${url}/token`,
    }),
    async close() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

const bytes = (text: unknown): Buffer => Buffer.from(String(text ?? ''), 'base64')
const AMZ = { 'content-type': 'application/x-amz-json-1.1' }
const ok = (body: unknown, headers?: Record<string, string>): Answer => ({ status: 200, body, headers })
const awsError = (name: string, status = 400): Answer => ({
  status,
  body: { __type: name, message: name },
  headers: AMZ,
})
const gcpError = (code: number, status: string): Answer => ({
  status: code,
  body: { error: { code, message: status, status } },
})
const UNSIGNED = gcpError(401, 'UNAUTHENTICATED')
const FORBIDDEN: Answer = { status: 403, body: { errors: ['permission denied'] } }

const REFUSALS: Record<'aws' | 'gcp' | 'vault', Record<'busy' | 'denied' | 'disabled', Answer>> = {
  aws: {
    busy: awsError('KMSInternalException', 500),
    denied: awsError('AccessDeniedException'),
    disabled: awsError('DisabledException'),
  },
  gcp: {
    busy: gcpError(503, 'UNAVAILABLE'),
    denied: gcpError(403, 'PERMISSION_DENIED'),
    disabled: gcpError(400, 'FAILED_PRECONDITION'),
  },
  vault: {
    busy: { status: 503, body: { errors: ['Vault is sealed'] } },
    denied: FORBIDDEN,
    disabled: { status: 404, body: { errors: [] } },
  },
}

function send(response: ServerResponse, { status, body, headers = {} }: Answer): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify(body))
}
