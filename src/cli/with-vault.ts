// Opens the vault for one command of an operator and closes it again, whatever happens.
import { userInfo } from 'node:os'
import type { Ctx } from '../domain/context.ts'
import { operatorContext } from '../domain/tenants/operator-context.ts'
import { createLog } from '../observability/log.ts'
import { openVault, type Vault } from '../vault.ts'
import { commandSettings } from './settings.ts'

export type OpenVault = Vault & {
  /** The context of the person at this machine, in a tenant. */
  ctx(tenantId: string): Ctx
}

/** Standard output belongs to the command, so log lines go to standard error. */
export async function withVault<Value>(
  work: (vault: OpenVault) => Promise<Value>,
  options: { anyRegion?: boolean } = {},
): Promise<Value> {
  const { config, clock, close } = await commandSettings('cli')
  const log = createLog({ level: 'warn', process: 'cli', write: line => void process.stderr.write(line) })
  try {
    const vault = await openVault({ config, process: 'cli', log, clock, ...options })
    try {
      return await work({ ...vault, ctx: tenantId => operatorContext(vault.dependencies, tenantId, operatorName()) })
    } finally {
      await vault.close()
    }
  } finally {
    close()
  }
}

/** The login name, for the audit log; a user without an entry in the password file is told by number. */
export function operatorName(): string {
  try {
    return userInfo().username
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`
  }
}
