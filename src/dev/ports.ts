// The ports of the embedded environment: consecutive from one number, the same at every start.
import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

export interface EmbeddedPorts {
  service: number
  metrics: number
  issuer: number
  stripe: number
  shop: number
  postgres: number
  workerMetrics: number
  smtp: number
  mailbox: number
}

const ORDER: (keyof EmbeddedPorts)[] = [
  'service',
  'metrics',
  'issuer',
  'stripe',
  'shop',
  'postgres',
  'workerMetrics',
  'smtp',
  'mailbox',
]

export const DEFAULT_FIRST_PORT = 8443

/** Below 1024 needs privileges that nothing here should have. */
const LOWEST_PORT = 1024
const HIGHEST_PORT = 65_535

const PURPOSE: Record<keyof EmbeddedPorts, string> = {
  service: 'the service',
  metrics: 'metrics',
  issuer: 'the identity provider',
  stripe: 'the Stripe simulator',
  shop: 'the demo shop',
  postgres: 'Postgres',
  workerMetrics: "the worker's metrics",
  smtp: 'mail',
  mailbox: 'the mailbox',
}

/** A port that the environment needs and cannot have; the message says what to do. */
export class PortError extends Error {}

/** The ports from a first one on; throws {@link PortError} when they do not all lie in 1024…65535. */
export function embeddedPorts(first: number): EmbeddedPorts {
  const last = first + ORDER.length - 1
  if (!Number.isInteger(first) || first < LOWEST_PORT || last > HIGHEST_PORT) {
    throw new PortError(`--port takes a number from ${LOWEST_PORT} to ${HIGHEST_PORT - ORDER.length + 1}.`)
  }
  return Object.fromEntries(ORDER.map((name, at) => [name, first + at])) as unknown as EmbeddedPorts
}

/** Throws {@link PortError} naming every port that somebody else listens on, and a range that is free. */
export async function requireFreePorts(ports: EmbeddedPorts): Promise<void> {
  const free = await Promise.all(ORDER.map(name => isFree(ports[name])))
  const busy = ORDER.filter((_, at) => !free[at])
  if (busy.length === 0) return
  const named = busy.map(name => `port ${ports[name]} (for ${PURPOSE[name]})`).join(' and ')
  const other = await freeRange(ports.service + ORDER.length)
  const remedy = other === null ? 'Choose another with --port N' : `Use other ports: npm start -- --port ${other}`
  throw new PortError(
    `${named} ${busy.length === 1 ? 'is' : 'are'} taken by another program. ` +
      `${remedy}, or end that program (ss -ltnp shows it).`,
  )
}

/** Ranges looked at before giving up on a proposal. */
const RANGES_TRIED = 50

async function freeRange(from: number): Promise<number | null> {
  for (
    let tried = 0, first = from;
    tried < RANGES_TRIED && first + ORDER.length <= HIGHEST_PORT;
    tried++, first += 10
  ) {
    const free = await Promise.all(ORDER.map((_, at) => isFree(first + at)))
    if (free.every(Boolean)) return first
  }
  return null
}

/** Whether nobody listens on this port of loopback. */
export function isFree(port: number): Promise<boolean> {
  return new Promise(done => {
    const probe = createServer()
    probe.once('error', () => done(false))
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => done(true)))
  })
}

/** Where {@link anyFreePort} looks: below what the system hands out to clients (32768 and up), which come and go. */
const LOWEST_ANY_PORT = 20_000
const ANY_PORTS = 12_000

/** A port that nobody listens on now. */
export async function anyFreePort(): Promise<number> {
  for (;;) {
    const port = LOWEST_ANY_PORT + randomInt(ANY_PORTS)
    if (await isFree(port)) return port
  }
}
