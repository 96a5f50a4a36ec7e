// The child's side of a process group: takes what it is given, says when it is ready, and ends when it is told to or
// when its parent is gone.

/** A child whose close hangs is ended all the same, later than the service's own limit of 30 s. */
const CLOSE_TIMEOUT_MS = 35_000

/** What the parent gave this child to work with: the first message. */
export function givenByParent<T>(): Promise<T> {
  return new Promise(done => process.once('message', message => done(message as T)))
}

/** Reports readiness to the parent, and from then on closes and exits on SIGTERM, SIGINT or the parent's end. */
export function serveParent(ready: unknown, close: () => Promise<unknown>): void {
  let closing = false
  const end = () => {
    if (closing) return
    closing = true
    setTimeout(() => process.exit(1), CLOSE_TIMEOUT_MS).unref()
    close().then(
      () => process.exit(0),
      cause => {
        console.error(cause)
        process.exit(1)
      },
    )
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, end)
  process.on('disconnect', end)
  process.send?.({ ready })
}
