// Files of the data folder that only their owner reads: written whole or not at all.
import { randomBytes } from 'node:crypto'
import { readFile, rename, writeFile } from 'node:fs/promises'

/** 192 bits, without characters that SQL, URLs or shells treat specially. */
const SECRET_BYTES = 24

export function newSecret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url')
}

/** Writes a file of mode 0600 beside its place and renames it there, so that a reader never sees half of it. */
export async function writePrivateFile(path: string, content: string | Uint8Array): Promise<void> {
  const making = `${path}.${randomBytes(6).toString('hex')}.making`
  await writeFile(making, content, { mode: 0o600, flush: true })
  await rename(making, path)
}

export async function readPrivateJson<T>(path: string): Promise<T | null> {
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return null
    throw cause
  })
  return text === null ? null : (JSON.parse(text) as T)
}

/** What a JSON file holds, made and written on the first call. */
export async function keptJson<T>(path: string, make: () => T | Promise<T>): Promise<T> {
  const kept = await readPrivateJson<T>(path)
  if (kept !== null) return kept
  const made = await make()
  await writePrivateFile(path, `${JSON.stringify(made, null, 2)}\n`)
  return made
}
