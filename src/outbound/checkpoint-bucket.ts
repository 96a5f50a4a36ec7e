// Checkpoints in an S3-compatible bucket with object lock: written once, and for years nobody can change or delete them.
import { createHash } from 'node:crypto'
import { AwsV4Signer } from 'aws4fetch'
import { type CheckpointCopy, type CheckpointSink, SinkFailed, sinkAway } from './checkpoint-sink.ts'
import { createExchange, type Exchanged } from './exchange.ts'

export type BucketOptions = {
  /** With the prefix: `https://bucket.host/prefix`. */
  url: string
  region: string
  accessKeyId: string
  secretAccessKey: string
  retainDays: number
  wallNow: () => Date
  caFile?: string
  timeoutMs?: number
}

const DAY_MS = 86_400_000
const NUMBER_DIGITS = 12

export function createCheckpointBucket(options: BucketOptions): CheckpointSink {
  const { url, region, accessKeyId, secretAccessKey, retainDays, wallNow } = options
  const exchange = createExchange(options)

  async function send(
    method: 'GET' | 'PUT',
    object: string,
    headers: Record<string, string>,
    body?: Buffer,
  ): Promise<Exchanged> {
    const signed = await new AwsV4Signer({
      method,
      url: object,
      headers: { ...headers, 'x-amz-content-sha256': sha256(body ?? Buffer.alloc(0)).toString('hex') },
      ...(body === undefined ? {} : { body: new Uint8Array(body) }),
      accessKeyId,
      secretAccessKey,
      service: 's3',
      region,
      allHeaders: true,
    }).sign()
    try {
      return await exchange({ url: object, method, headers: Object.fromEntries(signed.headers), body })
    } catch (error) {
      throw sinkAway(error)
    }
  }

  return {
    name: 'bucket',
    async write({ tenantId, number, statement }: CheckpointCopy) {
      const object = `${url}/${tenantId}/${String(number).padStart(NUMBER_DIGITS, '0')}.jws`
      const body = Buffer.from(statement)
      const put = await send(
        'PUT',
        object,
        {
          'content-type': 'application/jose',
          'if-none-match': '*',
          'x-amz-checksum-sha256': sha256(body).toString('base64'),
          'x-amz-object-lock-mode': 'COMPLIANCE',
          'x-amz-object-lock-retain-until-date': new Date(wallNow().getTime() + retainDays * DAY_MS).toISOString(),
        },
        body,
      )
      if (put.status === 200 || put.status === 201) return null
      if (put.status !== 412) throw new SinkFailed('refused')
      // Another try has been here, or somebody else has.
      const kept = await send('GET', object, {})
      if (kept.status !== 200) throw new SinkFailed('refused')
      if (!kept.body.equals(body)) throw new SinkFailed('contradicted')
      return null
    },
  }
}

const sha256 = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest()
