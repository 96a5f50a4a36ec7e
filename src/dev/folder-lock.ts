// One embedded environment for one folder: a lock that the kernel gives up when its holder is gone, however it went.
import { createHash } from 'node:crypto'
import { realpath } from 'node:fs/promises'
import { createServer } from 'node:net'

/** The folder is in use by another process. */
export class FolderInUseError extends Error {}

/**
 * Locks a folder for this process; returns what unlocks it. The lock is a name in Linux' abstract socket namespace
 * (unix(7)), so a killed holder leaves nothing behind.
 * @throws FolderInUseError
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const name = createHash('sha256')
    .update(await realpath(folder))
    .digest('hex')
  const server = createServer(socket => socket.destroy())
  await new Promise<void>((done, fail) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      fail(cause.code === 'EADDRINUSE' ? new FolderInUseError(`${folder} is in use by another process.`) : cause),
    )
    server.listen(`\0panless-${process.getuid?.() ?? 0}-${name}`, done)
  })
  server.unref()
  return () => new Promise(done => server.close(() => done()))
}
