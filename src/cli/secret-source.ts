// Secrets are never arguments, which every process of the machine can read: an argument names where a secret is.
import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { namedSecret } from '../config.ts'
import { UsageError } from './exit-codes.ts'

export const SECRET_SOURCE = '-, env:NAME or file:PATH'
export const SECRET_SOURCE_HELP = `
A secret is never an argument. Its source is one:
  -           the next line of standard input
  env:NAME    the environment variable NAME
  file:PATH   the file PATH`

/** No secret of Stripe is longer. */
const SECRET_LENGTH_MAX = 300

/** Reads standard input once, however many sources ask for a line of it. */
export function secretReader(input: NodeJS.ReadableStream = process.stdin) {
  let lines: Promise<string[]> | null = null

  async function nextLine(): Promise<string> {
    lines ??= text(input as AsyncIterable<Buffer> & NodeJS.ReadableStream).then(all =>
      all.split(/\r?\n/).filter(Boolean),
    )
    const line = (await lines).shift()
    if (line === undefined) throw new UsageError('Standard input ended before a secret that was to come from it.')
    return line
  }

  /** @throws UsageError which never repeats what was given */
  return async (option: string, source: string): Promise<string> => {
    const secret = (await readSource(option, source, nextLine)).trim()
    if (secret === '' || secret.length > SECRET_LENGTH_MAX)
      throw new UsageError(`${option}: its source holds no secret.`)
    return secret
  }
}

async function readSource(option: string, source: string, nextLine: () => Promise<string>): Promise<string> {
  if (source === '-') return nextLine()
  if (source.startsWith('env:')) {
    const secret = namedSecret(source.slice(4))
    if (secret === null) throw new UsageError(`${option}: the environment variable is not set.`)
    return secret.reveal()
  }
  if (source.startsWith('file:')) {
    return readFile(source.slice(5), 'utf8').catch(() => {
      throw new UsageError(`${option}: the file cannot be read.`)
    })
  }
  throw new UsageError(`${option} takes the source of a secret, never the secret: ${SECRET_SOURCE}.`)
}
