// The embedded certificate authority: good for this machine, for a while, and for nothing else.
import { X509Certificate } from 'node:crypto'
import { mkdtemp, readFile, rm, stat, unlink } from 'node:fs/promises'
import { createServer, get } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type CertificateFiles, ensureCertificates } from '../../src/dev/certificates.ts'

let folder: string
const now = new Date('2026-11-23T12:00:00Z')
const inDays = (days: number) => new Date(now.getTime() + days * 86_400_000)
const read = async (files: CertificateFiles) => ({
  ca: await readFile(files.caFile, 'utf8'),
  cert: await readFile(files.certFile, 'utf8'),
})

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'panless-tls-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

test('a client that trusts the authority reaches the server by each of its names', async () => {
  const files = await ensureCertificates(folder)
  const server = createServer(
    { cert: await readFile(files.certFile), key: await readFile(files.keyFile) },
    (_, res) => void res.end('hello'),
  )
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  const port = (server.address() as AddressInfo).port
  const ca = await readFile(files.caFile)
  const ask = (servername: string) =>
    new Promise<string>((done, fail) => {
      const options = { port, host: '127.0.0.1', ca, agent: false, ...(servername === '' ? {} : { servername }) }
      get(options, res => res.on('data', chunk => done(String(chunk)))).on('error', fail)
    })
  try {
    expect(await ask('localhost')).toBe('hello')
    expect(await ask('')).toBe('hello')
    await expect(ask('example.org')).rejects.toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
  } finally {
    server.closeAllConnections()
    await new Promise(done => server.close(done))
  }
  const leaf = new X509Certificate(await readFile(files.certFile))
  expect(leaf.subjectAltName).toBe('DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1')
})

test('the authority is constrained to this machine and signs no further authorities', async () => {
  const ca = new X509Certificate(await readFile((await ensureCertificates(folder, now)).caFile))
  expect(ca.ca).toBe(true)
  expect(ca.raw.includes(Buffer.from('551d1e0101ff', 'hex'))).toBe(true)
  expect(ca.raw.includes(Buffer.from('7f000000ff000000', 'hex'))).toBe(true)
})

test('certificates stay the same from start to start, in files that only their owner reads', async () => {
  const first = await ensureCertificates(folder, now)
  const before = await read(first)
  expect(await read(await ensureCertificates(folder, inDays(300)))).toEqual(before)
  for (const file of ['ca.crt', 'ca.key', 'server.crt', 'server.key']) {
    expect((await stat(join(folder, file))).mode & 0o777).toBe(0o600)
  }
})

test('a server certificate near its end is renewed by the same authority', async () => {
  const before = await read(await ensureCertificates(folder, now))
  const after = await read(await ensureCertificates(folder, inDays(380)))
  expect(after.ca).toBe(before.ca)
  expect(after.cert).not.toBe(before.cert)
  const leaf = new X509Certificate(after.cert)
  expect(leaf.verify(new X509Certificate(after.ca).publicKey)).toBe(true)
  expect(leaf.validToDate.getTime()).toBeGreaterThan(inDays(700).getTime())
})

test('an authority near its end, or one whose key is lost, is made anew with the server certificate', async () => {
  const before = await read(await ensureCertificates(folder, now))
  const late = await read(await ensureCertificates(folder, inDays(800)))
  expect(late.ca).not.toBe(before.ca)
  await Promise.all([unlink(join(folder, 'ca.key')), unlink(join(folder, 'server.crt'))])
  const anew = await read(await ensureCertificates(folder, inDays(800)))
  expect(anew.ca).not.toBe(late.ca)
  expect(new X509Certificate(anew.cert).verify(new X509Certificate(anew.ca).publicKey)).toBe(true)
})
