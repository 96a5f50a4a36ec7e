// The files that audit commands read: exports and archives line by line, key sets, checkpoints.
import { createPublicKey, type KeyObject } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { verifyStatement } from '../crypto/signed-statement.ts'
import type { VerifyCheckpoint } from '../domain/audit/checkpoint.ts'
import { UsageError } from './exit-codes.ts'

const CHUNK_BYTES = 1024 * 1024
/** An entry is a few hundred bytes; nothing that panless writes comes near this. */
const LINE_BYTES_MAX = 4 * 1024 * 1024
const NEWLINE = 0x0a

/** Hands over every line of a file, which may be gzipped, holding a chunk of it at a time. */
export async function eachLine(path: string, take: (line: Buffer) => void): Promise<void> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of (await openFile(path)) as AsyncIterable<Buffer>) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    let from = 0
    for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, from)) {
      take(bytes.subarray(from, at))
      from = at + 1
    }
    rest = bytes.subarray(from)
    if (rest.length > LINE_BYTES_MAX) throw new UsageError('The file has a line that is too long: it is no export.')
  }
  if (rest.length > 0) take(rest)
}

async function openFile(path: string): Promise<Readable> {
  const file = await open(path).catch(() => {
    throw new UsageError('The file cannot be read.')
  })
  const { buffer } = await file.read(Buffer.alloc(2), 0, 2, 0)
  const stream = file.createReadStream({ highWaterMark: CHUNK_BYTES, start: 0 })
  return buffer[0] === 0x1f && buffer[1] === 0x8b ? stream.pipe(createGunzip({ chunkSize: CHUNK_BYTES })) : stream
}

/** The lines of a file of checkpoints. */
export const checkpointLines = (path: string): AsyncIterable<string> =>
  createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })

/** Verifies checkpoints with the keys of a JWK set, as /.well-known/jwks.json gives it. */
export async function verifierOfKeySet(path: string): Promise<VerifyCheckpoint> {
  const keys = new Map<string, KeyObject>()
  try {
    const { keys: listed } = JSON.parse(await readFile(path, 'utf8')) as { keys: { kid: string; crv: string }[] }
    for (const jwk of listed) {
      if (jwk.crv === 'Ed25519') keys.set(jwk.kid, createPublicKey({ format: 'jwk', key: jwk }))
    }
  } catch {
    throw new UsageError('The key set cannot be read: it is what /.well-known/jwks.json answers.')
  }
  return statement => verifyStatement('checkpoint', statement, kid => keys.get(kid))
}
