// The embedded identity provider as a world's issuer: people sign in at it, and programs' tokens are signed with its key.
import { createPrivateKey, createPublicKey } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { CertificateFiles } from '../../src/dev/certificates.ts'
import { consoleClient, identityProviderServer, keptIdentityProviderKeys } from '../../src/dev/identity-provider.ts'
import { anyFreePort } from '../../src/dev/ports.ts'
import type { WorldIssuer } from './world.ts'

export async function startConsoleIssuer(options: {
  folder: string
  certificates: CertificateFiles
  audience: string
  servicePort: number
}): Promise<WorldIssuer> {
  const { folder, certificates, audience, servicePort } = options
  const [kept, cert, tlsKey, port] = await Promise.all([
    keptIdentityProviderKeys(join(folder, 'identity-provider.json')),
    readFile(certificates.certFile, 'utf8'),
    readFile(certificates.keyFile, 'utf8'),
    anyFreePort(),
  ])
  const url = `https://localhost:${port}`
  const publicUrl = `https://localhost:${servicePort}`
  const server = identityProviderServer(
    { issuer: url, audience, tenants: ['demo', 'other'], consoleUrl: `${publicUrl}/console`, kept },
    { cert, key: tlsKey },
  )
  await new Promise<void>(done => server.listen(port, '127.0.0.1', done))
  const jwk = kept.keys[0] as { kid: string; alg: string }
  const privateKey = createPrivateKey({ key: jwk as never, format: 'jwk' })
  const { client_id, client_secret } = consoleClient(kept)
  return {
    url,
    key: { kid: jwk.kid, alg: jwk.alg, privateKey, publicKey: createPublicKey(privateKey), jwk },
    settings: {
      PUBLIC_URL: publicUrl,
      AUTH_CA_FILE: certificates.caFile,
      CONSOLE_CLIENT_ID: client_id,
      CONSOLE_CLIENT_SECRET: client_secret,
    },
    async stop() {
      server.closeAllConnections()
      await new Promise(done => server.close(done))
    },
  }
}
