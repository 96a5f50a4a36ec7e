// Has a server outside sign the time at which a checkpoint was there (RFC 3161).
import { createHash, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { AsnConvert, OctetString } from '@peculiar/asn1-schema'
import { MessageImprint, PKIStatus, TimeStampReq, TimeStampReqVersion, TimeStampResp } from '@peculiar/asn1-tsp'
import { AlgorithmIdentifier } from '@peculiar/asn1-x509'
import { type CheckpointCopy, type CheckpointSink, SinkFailed, sinkAway } from './checkpoint-sink.ts'
import { createExchange } from './exchange.ts'
import { readTimeStampToken, SHA256_OID, TimeStampRefused } from './time-stamp-token.ts'

const NONCE_BYTES = 16
/** A stamp says the time of now, give or take what clocks differ by. */
const TIME_APART_MS = 3_600_000

export type TimeStamperOptions = {
  url: string
  /** PEM of the authorities that the stamp's certificate must come from. */
  authoritiesFile?: string
  wallNow: () => Date
  caFile?: string
  timeoutMs?: number
}

export function createTimeStamper(options: TimeStamperOptions): CheckpointSink {
  const { url, authoritiesFile, wallNow } = options
  const exchange = createExchange(options)
  const authorities = authoritiesFile === undefined ? undefined : readFileSync(authoritiesFile, 'utf8')

  return {
    name: 'time-stamp',
    /** Gives back the token. */
    async write({ statement }: CheckpointCopy) {
      const imprint = createHash('sha256').update(statement).digest()
      const nonce = randomBytes(NONCE_BYTES)
      // A positive integer in the shortest form, as DER wants it.
      nonce[0] = ((nonce[0] as number) & 0x7f) | 0x40
      const request = new TimeStampReq({
        version: TimeStampReqVersion.v1,
        messageImprint: new MessageImprint({
          hashAlgorithm: new AlgorithmIdentifier({ algorithm: SHA256_OID, parameters: null }),
          hashedMessage: new OctetString(imprint),
        }),
        nonce: new Uint8Array(nonce).buffer,
        certReq: true,
      })
      const answer = await exchange({
        url,
        method: 'POST',
        headers: { 'content-type': 'application/timestamp-query', accept: 'application/timestamp-reply' },
        body: Buffer.from(AsnConvert.serialize(request)),
      }).catch(error => {
        throw sinkAway(error)
      })
      if (answer.status !== 200) throw new SinkFailed('refused')
      const token = tokenOf(answer.body)
      try {
        const stamp = readTimeStampToken(token, { imprint, nonce, authorities })
        if (Math.abs(stamp.at.getTime() - wallNow().getTime()) > TIME_APART_MS)
          throw new TimeStampRefused('another time')
      } catch (error) {
        throw error instanceof TimeStampRefused ? new SinkFailed('unfit_answer', error) : error
      }
      return token
    },
  }
}

function tokenOf(body: Buffer): Buffer {
  let response: TimeStampResp
  try {
    response = AsnConvert.parse(body, TimeStampResp)
  } catch (cause) {
    throw new SinkFailed('unfit_answer', cause)
  }
  const { status } = response.status
  if (status !== PKIStatus.granted && status !== PKIStatus.grantedWithMods) throw new SinkFailed('refused')
  if (!response.timeStampToken) throw new SinkFailed('unfit_answer')
  return Buffer.from(AsnConvert.serialize(response.timeStampToken))
}
