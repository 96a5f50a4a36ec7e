// A place outside the database that keeps checkpoints of the audit log, and how it fails.
import { FetchFailed } from './exchange.ts'

export type CheckpointCopy = { tenantId: string; number: number; statement: string }

export type CheckpointSink = {
  name: 'file' | 'bucket' | 'time-stamp'
  /** Keeps a checkpoint; a second time is as good as once. Gives back what proves it, if anything. @throws SinkFailed */
  write(copy: CheckpointCopy): Promise<Buffer | null>
}

/** `contradicted`: the place holds another statement under this name, which no retry will change. */
export type SinkFailure = 'unreachable' | 'timeout' | 'refused' | 'contradicted' | 'unfit_answer' | 'not_private'

export class SinkFailed extends Error {
  readonly code: SinkFailure
  constructor(code: SinkFailure, cause?: unknown) {
    super(`The checkpoint could not be kept: ${code}.`, cause === undefined ? undefined : { cause })
    this.name = 'SinkFailed'
    this.code = code
  }
}

/** What it means for a place that an exchange with it came to nothing. */
export const sinkAway = (cause: unknown): SinkFailed =>
  new SinkFailed(cause instanceof FetchFailed && cause.code === 'timeout' ? 'timeout' : 'unreachable', cause)
