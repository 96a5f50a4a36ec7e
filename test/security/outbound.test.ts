// Reading the issuer's documents: chain, host and validity are always checked, whatever the environment says.
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { createFetchJson } from '../../src/outbound/fetch-json.ts'
import { certificateFolder, makeCertificate } from '../support/test-certificates.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

async function start(options: { expiredAt?: Date; maxVersion?: 'TLSv1.1' | 'TLSv1.3' } = {}) {
  const certificate = await makeCertificate({ expiredAt: options.expiredAt })
  const folder = await certificateFolder(certificate)
  const tls = {
    ...certificate,
    maxVersion: options.maxVersion,
    minVersion: 'TLSv1' as const,
    ciphers: 'ALL@SECLEVEL=0',
  }
  const server = createServer(tls, (_, response) => response.end('{"keys":[]}'))
  server.on('tlsClientError', () => {})
  await new Promise<void>(resolve => server.listen(0, '0.0.0.0', resolve))
  cleanups.push(folder.remove, () => {
    server.closeAllConnections()
    return new Promise(resolve => server.close(resolve))
  })
  return { port: (server.address() as AddressInfo).port, caFile: folder.certFile }
}

describe('a document of the issuer', () => {
  it('is read when its authority is the one that was configured', async () => {
    const { port, caFile } = await start()
    await expect(createFetchJson({ caFile })(`https://127.0.0.1:${port}/jwks`)).resolves.toEqual({ keys: [] })
  })

  it('is not read from an unknown authority, not even when the environment switches checks off', async () => {
    const { port } = await start()
    const before = process.env.NODE_TLS_REJECT_UNAUTHORIZED
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
    cleanups.push(() => {
      if (before === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED
      else process.env.NODE_TLS_REJECT_UNAUTHORIZED = before
    })
    await expect(createFetchJson()(`https://127.0.0.1:${port}/jwks`)).rejects.toThrow()
  })

  it('is not read under another name than the certificate has', async () => {
    const { port, caFile } = await start()
    const failure = createFetchJson({ caFile })(`https://127.0.0.2:${port}/jwks`)
    await expect(failure).rejects.toMatchObject({ cause: { code: 'ERR_TLS_CERT_ALTNAME_INVALID' } })
  })

  it('is not read with an expired certificate, or below TLS 1.2', async () => {
    const old = await start({ expiredAt: new Date(Date.now() - 60_000) })
    await expect(createFetchJson({ caFile: old.caFile })(`https://127.0.0.1:${old.port}/`)).rejects.toMatchObject({
      cause: { code: 'CERT_HAS_EXPIRED' },
    })
    const weak = await start({ maxVersion: 'TLSv1.1' })
    await expect(createFetchJson({ caFile: weak.caFile })(`https://127.0.0.1:${weak.port}/`)).rejects.toThrow()
  })

  it('needs an authority file that holds a certificate', async () => {
    const { port, caFile } = await start()
    await writeFile(caFile, 'nothing')
    await expect(createFetchJson({ caFile })(`https://127.0.0.1:${port}/`)).rejects.toThrow()
  })
})
