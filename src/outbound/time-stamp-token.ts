// Reads a time-stamp token (RFC 3161) and verifies that it is of these bytes, and signed by the certificate it carries.
import { createHash, verify, X509Certificate } from 'node:crypto'
import { ContentInfo, SignedData, type SignerInfo } from '@peculiar/asn1-cms'
import { AsnConvert, OctetString } from '@peculiar/asn1-schema'
import { id_ct_tstInfo, TSTInfo } from '@peculiar/asn1-tsp'
import { derChildren } from './der.ts'

export const SHA256_OID = '2.16.840.1.101.3.4.2.1'
const DIGESTS: Readonly<Record<string, string>> = {
  [SHA256_OID]: 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
}
const CONTENT_TYPE = '1.2.840.113549.1.9.3'
const MESSAGE_DIGEST = '1.2.840.113549.1.9.4'
/** The object identifier of a time stamp's content, in DER. */
const TST_INFO_DER = '060b2a864886f70d0109100104'
const SET_TAG = 0x31
const SIGNED_ATTRIBUTES_TAG = 0xa0
const TIME_STAMPING = '1.3.6.1.5.5.7.3.8'
/** From the signer to an authority: longer chains are not met. */
const CHAIN_MAX = 5

/** A token that does not prove what it was asked for. */
export class TimeStampRefused extends Error {
  constructor(reason: string, cause?: unknown) {
    super(`The time stamp is refused: ${reason}.`, cause === undefined ? undefined : { cause })
    this.name = 'TimeStampRefused'
  }
}

export type TimeStamp = { at: Date; serial: string }

/** `nonce`: of the request, where one is at hand; `authorities`: PEM; any certificate is taken without. @throws TimeStampRefused */
export function readTimeStampToken(
  token: Buffer,
  expected: { imprint: Buffer; nonce?: Buffer; authorities?: string },
): TimeStamp {
  const { signed, content, info } = parse(token)
  if (info.messageImprint.hashAlgorithm.algorithm !== SHA256_OID) throw new TimeStampRefused('another kind of hash')
  if (!bytesOf(info.messageImprint.hashedMessage).equals(expected.imprint)) throw new TimeStampRefused('other bytes')
  if (expected.nonce && (!info.nonce || hex(info.nonce) !== hex(expected.nonce)))
    throw new TimeStampRefused('another request')
  const certificates = (signed.certificates ?? []).flatMap(choice =>
    choice.certificate ? [new X509Certificate(Buffer.from(AsnConvert.serialize(choice.certificate)))] : [],
  )
  const signer = signed.signerInfos[0]
  if (signed.signerInfos.length !== 1 || !signer) throw new TimeStampRefused('not signed by one')
  const data = signedBytes(signer, signedAttributes(token), content)
  const digest = DIGESTS[signer.digestAlgorithm.algorithm] as string
  const certificate = certificates.find(one => signedBy(one, digest, data, bytesOf(signer.signature)))
  if (!certificate) throw new TimeStampRefused('the signature does not fit')
  if (!certificate.keyUsage?.includes(TIME_STAMPING)) throw new TimeStampRefused('a certificate for something else')
  if (info.genTime < certificate.validFromDate || info.genTime > certificate.validToDate)
    throw new TimeStampRefused('outside the life of the certificate')
  if (expected.authorities !== undefined) requireAuthority(certificate, certificates, expected.authorities)
  return { at: info.genTime, serial: hex(info.serialNumber) }
}

function parse(token: Buffer): { signed: SignedData; content: Buffer; info: TSTInfo } {
  try {
    const signed = AsnConvert.parse(AsnConvert.parse(token, ContentInfo).content, SignedData)
    const { eContentType, eContent } = signed.encapContentInfo
    if (eContentType !== id_ct_tstInfo || !eContent?.single) throw new Error('no time stamp in it')
    const content = bytesOf(eContent.single)
    return { signed, content, info: AsnConvert.parse(content, TSTInfo) }
  } catch (cause) {
    throw new TimeStampRefused('it cannot be read', cause)
  }
}

/** What the signature is over: the signed attributes, which name the content's type and hash (RFC 5652 section 5.4). */
function signedBytes(signer: SignerInfo, attributes: Buffer, content: Buffer): Buffer {
  const digest = DIGESTS[signer.digestAlgorithm.algorithm]
  if (!signer.signedAttrs || digest === undefined) throw new TimeStampRefused('signed in another way')
  const value = (type: string) => signer.signedAttrs?.find(one => one.attrType === type)?.attrValues[0]
  const [type, hash] = [value(CONTENT_TYPE), value(MESSAGE_DIGEST)]
  const expected = createHash(digest).update(content).digest()
  if (!type || !hash || !bytesOf(AsnConvert.parse(hash, OctetString)).equals(expected))
    throw new TimeStampRefused('the content was changed')
  if (Buffer.from(type).toString('hex') !== TST_INFO_DER) throw new TimeStampRefused('the content is of another type')
  // Signed as a SET, sent under a tag of its own.
  return Buffer.concat([Buffer.from([SET_TAG]), attributes.subarray(1)])
}

/** The bytes of the signed attributes: in the content, the signed data's last part, its one signer, the fourth part. */
function signedAttributes(token: Buffer): Buffer {
  try {
    const [data] = derChildren(derChildren(token)[1] as Buffer) as [Buffer]
    const [signer] = derChildren(derChildren(data).at(-1) as Buffer) as [Buffer]
    const attributes = derChildren(signer)[3]
    if (attributes?.[0] === SIGNED_ATTRIBUTES_TAG) return attributes
  } catch (cause) {
    throw new TimeStampRefused('it cannot be read', cause)
  }
  throw new TimeStampRefused('signed in another way')
}

/** A key of a kind that does not go with the signature has not signed it. */
function signedBy(certificate: X509Certificate, digest: string, data: Buffer, signature: Buffer): boolean {
  try {
    return verify(digest, data, certificate.publicKey, signature)
  } catch {
    return false
  }
}

function requireAuthority(leaf: X509Certificate, sent: X509Certificate[], authorities: string): void {
  const trusted = (authorities.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? []).map(
    pem => new X509Certificate(pem),
  )
  let at: X509Certificate | undefined = leaf
  for (let i = 0; at !== undefined && i < CHAIN_MAX; i++) {
    const child: X509Certificate = at
    if (trusted.some(one => one.fingerprint256 === child.fingerprint256 || issued(one, child))) return
    at = sent.find(one => one.fingerprint256 !== child.fingerprint256 && one.ca && issued(one, child))
  }
  throw new TimeStampRefused('of no authority that is trusted')
}

const issued = (authority: X509Certificate, child: X509Certificate): boolean =>
  child.checkIssued(authority) && child.verify(authority.publicKey)

const bytesOf = (value: OctetString | ArrayBuffer): Buffer =>
  Buffer.from(value instanceof ArrayBuffer ? value : value.buffer)

const hex = (value: ArrayBuffer | Buffer): string =>
  Buffer.from(value as ArrayBuffer)
    .toString('hex')
    .replace(/^(00)+/, '')
