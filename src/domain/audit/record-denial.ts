// Keeps a denial in the audit log: who asked for what, and why it was refused.
import type { Ctx } from '../context.ts'
import { write } from '../write.ts'
import type { AuditEntry } from './entry.ts'

export async function recordDenial(ctx: Ctx, action: AuditEntry['action'], code: string): Promise<void> {
  await write(ctx, async () => ({
    value: null,
    audit: { action, object: { type: 'route', id: null }, outcome: 'denied', details: { code } },
  }))
}
