// The files that audit commands read: exports and archives line by line, key sets, checkpoints.
import { createPublicKey, type KeyObject } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { type StatementReader, statementReader } from '../crypto/signed-statement.ts'
import { eachLine, LineTooLong } from '../outbound/each-line.ts'
import { UsageError } from './exit-codes.ts'

const CHUNK_BYTES = 1024 * 1024

/** Hands over every line of a file, which may be gzipped, holding a chunk of it at a time. */
export async function eachLineOf(path: string, take: (line: Buffer) => void): Promise<void> {
  const file = await open(path).catch(() => {
    throw new UsageError('The file cannot be read.')
  })
  const { buffer } = await file.read(Buffer.alloc(2), 0, 2, 0)
  const bytes = file.createReadStream({ highWaterMark: CHUNK_BYTES, start: 0 })
  try {
    await eachLine(bytes, buffer[0] === 0x1f && buffer[1] === 0x8b, take)
  } catch (error) {
    if (error instanceof LineTooLong) throw new UsageError('The file has a line that is too long: it is no export.')
    throw error
  }
}

/** The lines of a file of checkpoints. */
export const checkpointLines = (path: string): AsyncIterable<string> =>
  createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })

/** Reads statements with the keys of a JWK set, as /.well-known/jwks.json gives it. */
export async function readerOfKeySet(path: string): Promise<StatementReader> {
  const keys = new Map<string, KeyObject>()
  try {
    const { keys: listed } = JSON.parse(await readFile(path, 'utf8')) as { keys: { kid: string; crv: string }[] }
    for (const jwk of listed) {
      if (jwk.crv === 'Ed25519') keys.set(jwk.kid, createPublicKey({ format: 'jwk', key: jwk }))
    }
  } catch {
    throw new UsageError('The key set cannot be read: it is what /.well-known/jwks.json answers.')
  }
  return statementReader(kid => keys.get(kid))
}
