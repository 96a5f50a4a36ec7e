// The identity provider in a process of its own. See IdentityProviderArguments for what it is given.
import { readFile } from 'node:fs/promises'
import { givenByParent, serveParent } from './child-entry.ts'
import { identityProviderServer, keptIdentityProviderKeys } from './identity-provider.ts'

export interface IdentityProviderArguments {
  issuer: string
  audience: string
  tenants: string[]
  consoleUrl: string
  /** The file of keys and client secrets. */
  keysFile: string
  certFile: string
  keyFile: string
  port: number
}

const given = await givenByParent<IdentityProviderArguments>()
const [cert, key, kept] = await Promise.all([
  readFile(given.certFile, 'utf8'),
  readFile(given.keyFile, 'utf8'),
  keptIdentityProviderKeys(given.keysFile),
])
const server = identityProviderServer({ ...given, kept }, { cert, key })
await new Promise<void>((done, fail) => server.once('error', fail).listen(given.port, '127.0.0.1', done))
serveParent({ port: given.port }, async () => {
  server.closeAllConnections()
  await new Promise(done => server.close(done))
})
