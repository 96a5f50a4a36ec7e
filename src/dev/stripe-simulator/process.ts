/**
 * The simulator as a process of its own. Options as JSON: `process.ts @FILE`, or the first message over IPC. Prints
 * one line when it is ready; ends on SIGTERM, SIGINT, and when its parent is gone (standard input or IPC closed).
 */
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { type StripeSimulator, startStripeSimulator } from './start.ts'

const optionsSchema = z.strictObject({
  port: z.int().min(0).max(65_535),
  seed: z.string().optional(),
  accounts: z.array(
    z.strictObject({ secretKey: z.string(), publishableKey: z.string(), accountId: z.string().optional() }),
  ),
  dataFile: z.string().optional(),
  clockStart: z.iso
    .datetime({ offset: true })
    .transform(text => new Date(text))
    .optional(),
  allowAnyTestKey: z.boolean().optional(),
})

async function readOptions(): Promise<unknown> {
  const argument = process.argv[2]
  if (argument?.startsWith('@')) return JSON.parse(readFileSync(argument.slice(1), 'utf8'))
  if (argument !== undefined) return JSON.parse(argument)
  if (!process.send) throw new Error('Give the options as JSON, as @FILE, or over IPC')
  return new Promise(resolve => process.once('message', resolve))
}

function endWithParent(simulator: StripeSimulator): void {
  let ending = false
  const end = () => {
    if (ending) return
    ending = true
    simulator.close().then(() => process.exit(0))
  }
  process.on('SIGTERM', end)
  process.on('SIGINT', end)
  if (process.send) process.on('disconnect', end)
  else process.stdin.on('end', end).on('error', end).resume()
}

const simulator = await startStripeSimulator(optionsSchema.parse(await readOptions()))
const ready = { ready: true, url: simulator.url, controlUrl: simulator.controlUrl }
endWithParent(simulator)
process.send?.(ready)
console.log(JSON.stringify(ready))
