// HashiCorp Vault's transit engine: https://developer.hashicorp.com/vault/api-docs/secret/transit. The label goes along as
// associated data, which keys of AES-GCM and ChaCha20-Poly1305 take.
import { z } from 'zod'
import type { JsonAnswer, PostJson } from '../outbound/post-json.ts'
import { type KeyService, notOfThisKey, serviceAway, serviceDenied, serviceRefused } from './key-service.ts'

const KIND = 'vault-transit'
const encrypted = z.object({ data: z.object({ ciphertext: z.string().min(1) }) })
const decrypted = z.object({ data: z.object({ plaintext: z.base64() }) })

export function createVaultTransit(options: {
  post: PostJson
  key: string
  mount: string
  token: () => string
  namespace?: string
}): KeyService {
  const { post, key, mount, token, namespace } = options

  async function ask(operation: 'encrypt' | 'decrypt', body: Record<string, string>): Promise<JsonAnswer> {
    const headers = { 'x-vault-token': token(), ...(namespace ? { 'x-vault-namespace': namespace } : {}) }
    const answer = await post(`/v1/${mount}/${operation}/${key}`, body, headers).catch(cause => {
      throw serviceAway(KIND, cause)
    })
    if (answer.status === 403) throw serviceDenied(KIND)
    if (answer.status === 404) throw serviceRefused(KIND, 'there is no such key or mount')
    if (answer.status === 429 || answer.status >= 500) throw serviceAway(KIND)
    return answer
  }

  return {
    kind: KIND,
    key: `${mount}/${key}`,
    async wrap(bytes, label) {
      const answer = await ask('encrypt', { plaintext: bytes.toString('base64'), associated_data: encoded(label) })
      const read = encrypted.safeParse(answer.json)
      if (answer.status !== 200 || !read.success) throw serviceRefused(KIND, 'it does not encrypt with this key')
      return read.data.data.ciphertext
    },
    async unwrap(wrapped, label) {
      const answer = await ask('decrypt', { ciphertext: wrapped, associated_data: encoded(label) })
      const read = decrypted.safeParse(answer.json)
      if (answer.status !== 200 || !read.success) throw notOfThisKey(KIND)
      return Buffer.from(read.data.data.plaintext, 'base64')
    },
    close() {},
  }
}

const encoded = (label: string): string => Buffer.from(`panless-keyring ${label}`).toString('base64')
