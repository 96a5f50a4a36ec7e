// The server's certificate and key: read together, checked before use, and watched for their renewal.
import { createHash, createPrivateKey, X509Certificate } from 'node:crypto'
import { type FSWatcher, watch } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { createSecureContext } from 'node:tls'

/** Certificate and key are written one after the other: a moment later both are there. */
const SETTLE_MS = 250
/** For file systems that report no changes, such as network mounts. */
const POLL_MS = 30_000

export type Certificate = { cert: Buffer; key: Buffer; fingerprint: string; validTo: Date }

/** Reads and checks the pair; throws when the files cannot be read, do not parse, do not fit, or have expired. */
export async function readCertificate(files: { certFile: string; keyFile: string }, now: Date): Promise<Certificate> {
  const [cert, key] = await Promise.all([readFile(files.certFile), readFile(files.keyFile)])
  const leaf = new X509Certificate(cert)
  if (!leaf.checkPrivateKey(createPrivateKey(key))) throw new Error('The private key is not that of the certificate.')
  const validTo = new Date(leaf.validTo)
  if (validTo <= now) throw new Error('The certificate has expired.')
  createSecureContext({ cert, key })
  return { cert, key, fingerprint: createHash('sha256').update(cert).update(key).digest('hex'), validTo }
}

/** Calls `onChange` some time after the directory of a file changed, and at every poll; answers how to stop. */
export function watchFiles(
  paths: readonly string[],
  onChange: () => void,
  onError: (error: unknown) => void,
  pollMs: number = POLL_MS,
): () => void {
  let settling: NodeJS.Timeout | undefined
  const settle = () => {
    clearTimeout(settling)
    settling = setTimeout(onChange, SETTLE_MS)
    settling.unref()
  }
  const watchers: FSWatcher[] = []
  // Directories, because renewal replaces files and mounted secrets swap a symbolic link.
  for (const directory of new Set(paths.map(path => dirname(path)))) {
    try {
      const watcher = watch(directory, { persistent: false }, settle)
      watcher.on('error', onError)
      watchers.push(watcher)
    } catch (error) {
      onError(error)
    }
  }
  const poll = setInterval(onChange, pollMs)
  poll.unref()
  return () => {
    clearTimeout(settling)
    clearInterval(poll)
    for (const watcher of watchers) watcher.close()
  }
}
