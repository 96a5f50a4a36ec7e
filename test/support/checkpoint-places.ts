// Stand-ins on loopback for the places that keep checkpoints: a bucket with object lock, and a time-stamp authority.
import 'reflect-metadata'
import { createHash, createHmac, KeyObject, randomBytes, sign as signBytes, type webcrypto } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import {
  Attribute,
  CertificateChoices,
  CertificateSet,
  CMSVersion,
  ContentInfo,
  DigestAlgorithmIdentifier,
  EncapsulatedContent,
  EncapsulatedContentInfo,
  IssuerAndSerialNumber,
  SignatureAlgorithmIdentifier,
  SignedData,
  SignerIdentifier,
  SignerInfo,
  SignerInfos,
} from '@peculiar/asn1-cms'
import { AsnConvert, OctetString } from '@peculiar/asn1-schema'
import {
  id_ct_tstInfo,
  PKIStatus,
  PKIStatusInfo,
  TimeStampReq,
  TimeStampResp,
  TimeStampToken,
  TSTInfo,
  TSTInfoVersion,
} from '@peculiar/asn1-tsp'
import { Certificate } from '@peculiar/asn1-x509'
import { ExtendedKeyUsageExtension, X509CertificateGenerator } from '@peculiar/x509'
import { derChildren } from '../../src/outbound/der.ts'

const SHA256 = '2.16.840.1.101.3.4.2.1'
const ECDSA_SHA256 = '1.2.840.10045.4.3.2'
/** The object identifier of a time stamp's content, in DER. */
const TST_INFO_DER = '060b2a864886f70d0109100104'
const DAY_MS = 86_400_000

export type Place = { url: string; close(): Promise<void> }

async function listen(handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>): Promise<Place> {
  const server = createServer((request, response) => {
    handle(request, response).catch(error => response.writeHead(500).end(String(error)))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

export type Bucket = Place & {
  objects: Map<string, { body: Buffer; headers: IncomingMessage['headers'] }>
  /** Answers this status and does nothing, until it is null again. */
  fault: { status: number | null }
}

export const BUCKET_KEYS = { accessKeyId: 'AKIATESTBUCKET', secretAccessKey: 'bucket-secret-for-tests' }

/** Takes signed PUTs with object lock once, and gives back what it has (as S3 documents it). */
export async function startBucket(): Promise<Bucket> {
  const objects: Bucket['objects'] = new Map()
  const fault: Bucket['fault'] = { status: null }
  const place = await listen(async (request, response) => {
    const body = await buffer(request)
    const answer = (status: number, content: Buffer | string = '') => response.writeHead(status).end(content)
    if (fault.status !== null) return void answer(fault.status)
    if (!signedByUs(request, body)) return void answer(403, 'SignatureDoesNotMatch')
    const key = request.url as string
    if (request.method === 'GET') return void answer(objects.has(key) ? 200 : 404, objects.get(key)?.body)
    const { headers } = request
    if (request.method !== 'PUT' || headers['x-amz-object-lock-mode'] !== 'COMPLIANCE') return void answer(400)
    if (headers['x-amz-checksum-sha256'] !== createHash('sha256').update(body).digest('base64')) return void answer(400)
    if (headers['if-none-match'] === '*' && objects.has(key)) return void answer(412)
    objects.set(key, { body, headers })
    answer(200)
  })
  return { ...place, objects, fault }
}

/** AWS Signature Version 4, computed a second time from what came in. */
function signedByUs(request: IncomingMessage, body: Buffer): boolean {
  const match =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(
      request.headers.authorization ?? '',
    )
  if (!match) return false
  const [, key, day, region, names, signature] = match as unknown as [string, string, string, string, string, string]
  const hash = createHash('sha256').update(body).digest('hex')
  if (key !== BUCKET_KEYS.accessKeyId || request.headers['x-amz-content-sha256'] !== hash) return false
  const headers = names.split(';').map(name => `${name}:${request.headers[name]}\n`)
  const canonical = [request.method, request.url, '', headers.join(''), names, hash].join('\n')
  const scope = `${day}/${region}/s3/aws4_request`
  const digest = createHash('sha256').update(canonical).digest('hex')
  const text = ['AWS4-HMAC-SHA256', request.headers['x-amz-date'], scope, digest].join('\n')
  const hmac = (secret: string | Buffer, value: string) => createHmac('sha256', secret).update(value).digest()
  const signing = ['s3', 'aws4_request'].reduce(hmac, hmac(hmac(`AWS4${BUCKET_KEYS.secretAccessKey}`, day), region))
  return hmac(signing, text).toString('hex') === signature
}

/** What the authority does wrong, each at a time. */
export type StampFault =
  | 'rejection'
  | 'nonce'
  | 'imprint'
  | 'signature'
  | 'content'
  | 'purpose'
  | 'time'
  | 'garbage'
  | null

export type TimeStampAuthority = Place & { fault: { kind: StampFault }; certificate: string; requests: number }

/** Signs time stamps with a certificate of its own (RFC 3161). */
export async function startTimeStampAuthority(): Promise<TimeStampAuthority> {
  const [good, other] = [await makeSigner('1.3.6.1.5.5.7.3.8'), await makeSigner('1.3.6.1.5.5.7.3.1')]
  const fault: TimeStampAuthority['fault'] = { kind: null }
  const authority = { requests: 0 }
  const place = await listen(async (request, response) => {
    authority.requests++
    const query = AsnConvert.parse(await buffer(request), TimeStampReq)
    const signer = fault.kind === 'purpose' ? other : good
    const reply =
      fault.kind === 'rejection'
        ? respond(PKIStatus.rejection)
        : respond(PKIStatus.granted, stamp(query, signer, fault.kind))
    response.writeHead(200, { 'content-type': 'application/timestamp-reply' })
    response.end(fault.kind === 'garbage' ? 'no answer of ASN.1' : reply)
  })
  return Object.assign(authority, { ...place, fault, certificate: good.pem })
}

const respond = (status: PKIStatus, token?: TimeStampToken): Buffer =>
  Buffer.from(
    AsnConvert.serialize(
      new TimeStampResp({ status: new PKIStatusInfo({ status }), ...(token ? { timeStampToken: token } : {}) }),
    ),
  )

type Signer = { key: webcrypto.CryptoKey; pem: string; certificate: Certificate }

async function makeSigner(purpose: string): Promise<Signer> {
  const keys = (await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
    'sign',
    'verify',
  ])) as webcrypto.CryptoKeyPair
  const made = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=time-stamp authority of tests',
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + DAY_MS),
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    keys,
    extensions: [new ExtendedKeyUsageExtension([purpose], true)],
  })
  return { key: keys.privateKey, pem: made.toString('pem'), certificate: AsnConvert.parse(made.rawData, Certificate) }
}

function stamp(query: TimeStampReq, signer: Signer, fault: StampFault): TimeStampToken {
  if (fault === 'imprint') query.messageImprint.hashedMessage = new OctetString(randomBytes(32))
  const info = AsnConvert.serialize(
    new TSTInfo({
      version: TSTInfoVersion.v1,
      policy: '1.2.3.4',
      messageImprint: query.messageImprint,
      serialNumber: new Uint8Array([1]).buffer,
      genTime: new Date(Math.floor(Date.now() / 1000) * 1000 - (fault === 'time' ? 7_200_000 : 0)),
      nonce: fault === 'nonce' ? new Uint8Array([1, 2, 3]).buffer : query.nonce,
    }),
  )
  const attributes = [
    new Attribute({
      attrType: '1.2.840.113549.1.9.3',
      attrValues: [new Uint8Array(Buffer.from(TST_INFO_DER, 'hex')).buffer],
    }),
    new Attribute({
      attrType: '1.2.840.113549.1.9.4',
      attrValues: [AsnConvert.serialize(new OctetString(createHash('sha256').update(Buffer.from(info)).digest()))],
    }),
  ]
  const content =
    fault === 'content'
      ? AsnConvert.serialize(new TSTInfo({ ...AsnConvert.parse(info, TSTInfo), policy: '9.9.9' as never }))
      : info
  return tokenOf(content, attributes, signer, fault)
}

function tokenOf(info: ArrayBuffer, attributes: Attribute[], signer: Signer, fault: StampFault): TimeStampToken {
  const { tbsCertificate } = signer.certificate
  const signerInfo = new SignerInfo({
    version: CMSVersion.v1,
    sid: new SignerIdentifier({
      issuerAndSerialNumber: new IssuerAndSerialNumber({
        issuer: tbsCertificate.issuer,
        serialNumber: tbsCertificate.serialNumber,
      }),
    }),
    digestAlgorithm: new DigestAlgorithmIdentifier({ algorithm: SHA256 }),
    signatureAlgorithm: new SignatureAlgorithmIdentifier({ algorithm: ECDSA_SHA256 }),
    signedAttrs: attributes,
    signature: new OctetString(new ArrayBuffer(0)),
  })
  // What is signed is the attributes as they go out, under the tag of a SET.
  const signed = Buffer.from(derChildren(Buffer.from(AsnConvert.serialize(signerInfo)))[3] as Buffer)
  signed[0] = 0x31
  const signature = signBytes('sha256', signed, KeyObject.from(signer.key))
  if (fault === 'signature') signature[signature.length - 1] = (signature.at(-1) as number) ^ 1
  signerInfo.signature = new OctetString(signature)
  const data = new SignedData({
    version: CMSVersion.v3,
    encapContentInfo: new EncapsulatedContentInfo({
      eContentType: id_ct_tstInfo,
      eContent: new EncapsulatedContent({ single: new OctetString(info) }),
    }),
    certificates: new CertificateSet([new CertificateChoices({ certificate: signer.certificate })]),
    signerInfos: new SignerInfos([signerInfo]),
  })
  return new TimeStampToken(
    new ContentInfo({ contentType: '1.2.840.113549.1.7.2', content: AsnConvert.serialize(data) }),
  )
}
