// The places outside that keep checkpoints: what they get, and what becomes of one that is away, lies, or was there before.
import { createHash } from 'node:crypto'
import { appendFile, chmod, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { keepAudit } from '../../src/domain/audit/keep-audit.ts'
import { readOutsideCheckpoints } from '../../src/domain/audit/outside-checkpoints.ts'
import { createCheckpointFile } from '../../src/outbound/checkpoint-file.ts'
import { openErasureList } from '../../src/outbound/erasure-list.ts'
import { readTimeStampToken } from '../../src/outbound/time-stamp-token.ts'
import { sealAll } from '../support/audit-world.ts'
import {
  BUCKET_KEYS,
  type Bucket,
  type StampFault,
  startBucket,
  startTimeStampAuthority,
  type TimeStampAuthority,
} from '../support/checkpoint-places.ts'
import { startWorld, type World } from '../support/world.ts'

let world: World
let bucket: Bucket
let authority: TimeStampAuthority
let folder: string
let file: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'panless-places-'))
  file = join(folder, 'checkpoints.jws')
  ;[bucket, authority] = await Promise.all([startBucket(), startTimeStampAuthority()])
  await writeFile(join(folder, 'authorities.pem'), authority.certificate)
  world = await startWorld({
    webhooks: false,
    environment: {
      AUDIT_CHECKPOINT_FILE: file,
      AUDIT_S3_URL: `${bucket.url}/audit`,
      AUDIT_S3_ACCESS_KEY_ID: BUCKET_KEYS.accessKeyId,
      AUDIT_S3_SECRET_ACCESS_KEY: BUCKET_KEYS.secretAccessKey,
      AUDIT_TSA_URL: authority.url,
      AUDIT_TSA_CA_FILE: join(folder, 'authorities.pem'),
    },
  })
})
afterAll(async () => {
  await world?.close()
  await Promise.all([bucket?.close(), authority?.close()])
  await rm(folder, { recursive: true, force: true })
})
beforeEach(() => {
  bucket.fault.status = null
  authority.fault.kind = null
})

/** A new checkpoint, brought to the places as far as they take it; answers how the list shows it. */
async function nextCheckpoint() {
  expect((await world.as('checkout').post('/v1/payers', { short_name: 'Checked' })).status).toBe(201)
  await sealAll(world, 'demo')
  await world.advance(61)
  await keepAudit(world.dependencies, 'demo')
  return newest()
}

async function newest() {
  const page = await world.as('auditor').get('/v1/audit-log/checkpoints?limit=1')
  return page.json.data[0] as {
    number: number
    statement: string
    copies: {
      place: string
      status: string
      error: string | null
      evidence: string | null
      written_at: string | null
    }[]
  }
}

type Shown = Awaited<ReturnType<typeof newest>>
const copyAt = (checkpoint: Shown, place: string) => checkpoint.copies.find(copy => copy.place === place)
const objectOf = ({ number }: Shown) => `/audit/demo/${String(number).padStart(12, '0')}.jws`

/** Once what waits is due again. */
async function later(): Promise<Shown> {
  await world.advance(3_700)
  await keepAudit(world.dependencies, 'demo')
  return newest()
}

test('a checkpoint is kept at every place: a line of a private file, a locked object, a stamp of its time', async () => {
  const checkpoint = await nextCheckpoint()
  expect(checkpoint.copies.map(({ place, status }) => [place, status])).toEqual([
    ['bucket', 'written'],
    ['file', 'written'],
    ['time-stamp', 'written'],
  ])
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  expect((await readFile(file, 'utf8')).trimEnd().split('\n').at(-1)).toBe(checkpoint.statement)
  const object = bucket.objects.get(objectOf(checkpoint))
  expect(object?.body.toString()).toBe(checkpoint.statement)
  const until = new Date(object?.headers['x-amz-object-lock-retain-until-date'] as string)
  expect(until.getTime() - Date.now()).toBeGreaterThan(399 * 86_400_000)
  const stamp = readTimeStampToken(Buffer.from(copyAt(checkpoint, 'time-stamp')?.evidence as string, 'base64'), {
    imprint: createHash('sha256').update(checkpoint.statement).digest(),
    authorities: authority.certificate,
  })
  expect(Math.abs(stamp.at.getTime() - Date.now())).toBeLessThan(60_000)
})

describe('a place that is away', () => {
  test('holds up no change, is tried again, and gets the checkpoints it missed in their order', async () => {
    bucket.fault.status = 503
    const first = await nextCheckpoint()
    const second = await nextCheckpoint()
    for (const checkpoint of [second])
      expect(copyAt(checkpoint, 'bucket')).toMatchObject({ status: 'waiting', written_at: null })
    expect(copyAt(second, 'file')?.status).toBe('written')
    bucket.fault.status = null
    const after = await later()
    expect(copyAt(after, 'bucket')?.status).toBe('written')
    const keys = [...bucket.objects.keys()]
    expect(keys.indexOf(objectOf(first))).toBeLessThan(keys.indexOf(objectOf(second)))
  })

  test('is seen in the metrics', async () => {
    bucket.fault.status = 500
    await nextCheckpoint()
    const metrics = await (await fetch(world.metricsUrl)).text()
    expect(metrics).toMatch(/panless_audit_checkpoint_copies_total\{sink="bucket",outcome="refused"\} \d/)
    bucket.fault.status = null
    await later()
  })
})

describe('a bucket', () => {
  test('that has the object already is content when it is the same, as after a crash, and contradicts when not', async () => {
    const { number, statement } = await nextCheckpoint()
    const sink = world.dependencies.checkpointSinks.find(({ name }) => name === 'bucket')
    await expect(sink?.write({ tenantId: 'demo', number, statement })).resolves.toBeNull()
    await expect(sink?.write({ tenantId: 'demo', number, statement: 'another' })).rejects.toMatchObject({
      code: 'contradicted',
    })
  })

  test('that refuses the key is told as refusing', async () => {
    bucket.fault.status = 403
    expect(copyAt(await nextCheckpoint(), 'bucket')).toMatchObject({ status: 'waiting', error: 'refused' })
    bucket.fault.status = null
    await later()
  })
})

describe('a time stamp', () => {
  test.each<[Exclude<StampFault, null>, string]>([
    ['rejection', 'refused'],
    ['garbage', 'unfit_answer'],
    ['nonce', 'unfit_answer'],
    ['imprint', 'unfit_answer'],
    ['signature', 'unfit_answer'],
    ['content', 'unfit_answer'],
    ['purpose', 'unfit_answer'],
    ['time', 'unfit_answer'],
  ])('is not taken when it is wrong (%s), and asked for again', async (kind, error) => {
    authority.fault.kind = kind
    const checkpoint = await nextCheckpoint()
    expect(copyAt(checkpoint, 'time-stamp')).toMatchObject({ status: 'waiting', error, evidence: null })
    authority.fault.kind = null
    expect(copyAt(await later(), 'time-stamp')?.status).toBe('written')
  })

  test('of an authority that is not trusted is not taken', async () => {
    const { statement, copies } = await nextCheckpoint()
    const token = Buffer.from(copies.find(({ place }) => place === 'time-stamp')?.evidence as string, 'base64')
    const imprint = createHash('sha256').update(statement).digest()
    const other = await startTimeStampAuthority()
    await other.close()
    expect(() => readTimeStampToken(token, { imprint, authorities: other.certificate })).toThrow(/no authority/)
    expect(() => readTimeStampToken(token, { imprint: Buffer.alloc(32) })).toThrow(/other bytes/)
  })
})

describe('a file', () => {
  test('that is a link to another is not followed, nor is the list of erasures', async () => {
    const [link, aim] = [`${file}.link`, `${file}.aim`]
    await symlink(aim, link)
    for (const append of [
      () => createCheckpointFile(link).write({ tenantId: 'demo', number: 1, statement: 'a' }),
      () => openErasureList(link).append('a'),
    ]) {
      await expect(append()).rejects.toThrow()
    }
    await expect(openErasureList(link).read()).rejects.toThrow('is a link')
    await expect(stat(aim)).rejects.toThrow('ENOENT')
  })

  test('that others may read is not written to', async () => {
    await chmod(file, 0o644)
    expect(copyAt(await nextCheckpoint(), 'file')).toMatchObject({ status: 'waiting', error: 'not_private' })
    await chmod(file, 0o600)
    expect(copyAt(await later(), 'file')?.status).toBe('written')
  })

  test('that a crash left in the middle of a line goes on in a new one, and reads without a complaint', async () => {
    const before = await nextCheckpoint()
    const half = before.statement.slice(0, 100)
    await appendFile(file, half)
    const { statement } = await nextCheckpoint()
    const lines = (await readFile(file, 'utf8')).trimEnd().split('\n')
    expect(lines.slice(-2)).toEqual([half, statement])
    const { read } = world.dependencies.statements
    const cut = await readOutsideCheckpoints([...lines.slice(0, -2), statement.slice(0, 50), statement], read)
    expect(cut.findings).toEqual([])
    const strange = await readOutsideCheckpoints(['strange', ...lines.slice(0, -2)], read)
    expect(strange.findings).toMatchObject([{ code: 'checkpoint_forged' }])
  })
})
