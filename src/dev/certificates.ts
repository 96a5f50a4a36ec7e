// The certificate authority and the server certificate of the embedded environment, made on first start.
import 'reflect-metadata'
import type { webcrypto } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509'
import { writePrivateFile } from './private-files.ts'

export interface CertificateFiles {
  caFile: string
  certFile: string
  keyFile: string
}

/** What browsers take from an authority that was added by hand (at most 825 days). */
const SERVER_DAYS = 397
const CA_DAYS = 825
/** A certificate is made anew when it would not last another month. */
const RENEW_BEFORE_DAYS = 30
/** A machine's clock may be a little behind. */
const BACKDATE_MS = 60 * 60 * 1000
const DAY_MS = 24 * 60 * 60 * 1000

const KEY = { name: 'ECDSA', namedCurve: 'P-256' }
const SIGNATURE = { name: 'ECDSA', hash: 'SHA-256' }

/** The files in this folder, made or renewed when missing or near their end at `now`. */
export async function ensureCertificates(folder: string, now = new Date()): Promise<CertificateFiles> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const files = {
    caFile: join(folder, 'ca.crt'),
    certFile: join(folder, 'server.crt'),
    keyFile: join(folder, 'server.key'),
  }
  const caKeyFile = join(folder, 'ca.key')
  const [ca, server] = await Promise.all([usable(files.caFile, now), usable(files.certFile, now)])
  if (ca && server && (await server.verify({ publicKey: ca.publicKey, date: now }))) return files
  const authority = (ca && (await keptAuthority(ca, caKeyFile))) ?? (await makeAuthority(files.caFile, caKeyFile, now))
  await makeServer(authority, files, now)
  return files
}

interface Authority {
  certificate: X509Certificate
  privateKey: webcrypto.CryptoKey
}

async function usable(file: string, now: Date): Promise<X509Certificate | null> {
  const pem = await readFile(file, 'utf8').catch(() => null)
  if (pem === null) return null
  const certificate = new X509Certificate(pem.slice(0, pem.indexOf(END) + END.length))
  return certificate.notAfter.getTime() - now.getTime() > RENEW_BEFORE_DAYS * DAY_MS ? certificate : null
}

const END = '-----END CERTIFICATE-----'

async function keptAuthority(certificate: X509Certificate, keyFile: string): Promise<Authority | null> {
  const pem = await readFile(keyFile, 'utf8').catch(() => null)
  if (pem === null) return null
  const privateKey = await crypto.subtle.importKey('pkcs8', PemConverter.decodeFirst(pem), KEY, false, ['sign'])
  return { certificate, privateKey }
}

async function makeAuthority(caFile: string, keyFile: string, now: Date): Promise<Authority> {
  const keys = await crypto.subtle.generateKey(KEY, true, ['sign', 'verify'])
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=panless embedded environment, O=panless',
    serialNumber: newSerial(),
    notBefore: new Date(now.getTime() - BACKDATE_MS),
    notAfter: new Date(now.getTime() + CA_DAYS * DAY_MS),
    signingAlgorithm: SIGNATURE,
    keys,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      loopbackOnly(),
    ],
  })
  await writePrivateFile(keyFile, await privatePem(keys.privateKey))
  await writePrivateFile(caFile, `${certificate.toString('pem')}\n`)
  return { certificate, privateKey: keys.privateKey }
}

async function makeServer(authority: Authority, files: CertificateFiles, now: Date): Promise<void> {
  const keys = await crypto.subtle.generateKey(KEY, true, ['sign', 'verify'])
  const caEnd = authority.certificate.notAfter.getTime()
  const certificate = await X509CertificateGenerator.create({
    subject: 'CN=localhost, O=panless',
    issuer: authority.certificate.subject,
    serialNumber: newSerial(),
    notBefore: new Date(now.getTime() - BACKDATE_MS),
    notAfter: new Date(Math.min(now.getTime() + SERVER_DAYS * DAY_MS, caEnd)),
    signingAlgorithm: SIGNATURE,
    signingKey: authority.privateKey,
    publicKey: keys.publicKey,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension([
        { type: 'dns', value: 'localhost' },
        { type: 'ip', value: '127.0.0.1' },
        { type: 'ip', value: '::1' },
      ]),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      await AuthorityKeyIdentifierExtension.create(authority.certificate.publicKey),
    ],
  })
  await writePrivateFile(files.keyFile, await privatePem(keys.privateKey))
  await writePrivateFile(files.certFile, `${certificate.toString('pem')}\n${authority.certificate.toString('pem')}\n`)
}

async function privatePem(key: webcrypto.CryptoKey): Promise<string> {
  return `${PemConverter.encode(await crypto.subtle.exportKey('pkcs8', key), PemConverter.PrivateKeyTag)}\n`
}

/** Positive and 126 random bits (RFC 5280, 4.1.2.2: at most 20 bytes). */
function newSerial(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40
  return Buffer.from(bytes).toString('hex')
}

/**
 * Name constraints (RFC 5280, 4.2.1.10): whoever trusts this authority trusts it for this machine alone, so a stolen
 * authority key signs for no other name.
 */
function loopbackOnly(): Extension {
  const dns = der(0x82, Buffer.from('localhost'))
  const ipv4 = der(0x87, Buffer.from([127, 0, 0, 0, 255, 0, 0, 0]))
  const ipv6 = der(0x87, Buffer.concat([Buffer.alloc(15), Buffer.from([1]), Buffer.alloc(16, 255)]))
  const permitted = [dns, ipv4, ipv6].map(name => der(0x30, name))
  return new Extension('2.5.29.30', true, new Uint8Array(der(0x30, der(0xa0, Buffer.concat(permitted)))))
}

/** One DER element with a length below 128. */
function der(tag: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from([tag, content.length]), content])
}
