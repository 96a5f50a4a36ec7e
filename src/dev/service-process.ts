// `serve` or `worker` as in production, on a clock that follows the simulator's.
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { goOnUnheard } from '../cli/output.ts'
import { serve } from '../cli/serve.ts'
import { work } from '../cli/worker.ts'
import { givenByParent } from './child-entry.ts'
import { followSimulatorClock } from './simulated-clock.ts'

export interface ServiceArguments {
  command: 'serve' | 'worker'
  simulatorControlUrl: string
  /** Where the command listens once it is ready. */
  port: number
}

const POLL_MS = 25

goOnUnheard()
const given = await givenByParent<ServiceArguments>()
// The parent is gone: stop as if it had said so.
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
const following = await followSimulatorClock(given.simulatorControlUrl)
const running = given.command === 'serve' ? serve(following.clock) : work(following.clock)
reportWhenListening()
await running
following.close()
process.exit(0)

async function reportWhenListening(): Promise<void> {
  while (!(await accepts(given.port))) await delay(POLL_MS)
  process.send?.({ ready: { port: given.port } })
}

function accepts(port: number): Promise<boolean> {
  return new Promise(done => {
    const socket = connect({ port, host: '127.0.0.1' })
    socket.once('connect', () => {
      socket.destroy()
      done(true)
    })
    socket.once('error', () => done(false))
  })
}
