// Self-signed certificates for tests, of any key type and validity.
import 'reflect-metadata'
import type { webcrypto } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PemConverter, SubjectAlternativeNameExtension, X509CertificateGenerator } from '@peculiar/x509'

const DAY_MS = 24 * 60 * 60 * 1000

const ALGORITHMS = {
  ec: { key: { name: 'ECDSA', namedCurve: 'P-256' }, signature: { name: 'ECDSA', hash: 'SHA-256' } },
  rsa: {
    key: {
      name: 'RSASSA-PKCS1-v1_5',
      hash: 'SHA-256',
      publicExponent: new Uint8Array([1, 0, 1]),
      modulusLength: 2048,
    },
    signature: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  },
} as const

export type TestCertificate = { cert: string; key: string }

export async function makeCertificate(
  options: { type?: 'ec' | 'rsa'; name?: string; expiredAt?: Date } = {},
): Promise<TestCertificate> {
  const { type = 'ec', name = 'localhost', expiredAt } = options
  const { key, signature } = ALGORITHMS[type]
  const keys = (await crypto.subtle.generateKey(key, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    notBefore: new Date(Date.now() - 30 * DAY_MS),
    notAfter: expiredAt ?? new Date(Date.now() + 30 * DAY_MS),
    signingAlgorithm: signature,
    keys,
    extensions: [
      new SubjectAlternativeNameExtension([
        { type: 'dns', value: 'localhost' },
        { type: 'ip', value: '127.0.0.1' },
      ]),
    ],
  })
  const pkcs8 = await crypto.subtle.exportKey('pkcs8', keys.privateKey)
  return { cert: certificate.toString('pem'), key: PemConverter.encode(pkcs8, PemConverter.PrivateKeyTag) }
}

/** A folder with `cert.pem` and `key.pem` that can be replaced and taken away. */
export async function certificateFolder(first: TestCertificate) {
  const folder = await mkdtemp(join(tmpdir(), 'panless-tls-'))
  const certFile = join(folder, 'cert.pem')
  const keyFile = join(folder, 'key.pem')
  const put = async ({ cert, key }: TestCertificate) => {
    await writeFile(certFile, cert)
    await writeFile(keyFile, key, { mode: 0o600 })
  }
  await put(first)
  return { certFile, keyFile, put, remove: () => rm(folder, { recursive: true, force: true }) }
}
