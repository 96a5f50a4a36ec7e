// Recipients are compared by a keyed hash: one recipient has one, however it is spelt in case.
import { lookupHash, normalizeShortName } from '../../crypto/keyed-hash.ts'
import type { Ctx } from '../context.ts'

export const recipientHashOf = (ctx: Ctx, recipient: string): Buffer =>
  lookupHash(ctx.keyring.derive('lookup-hash'), ctx.tenantId, 'disclosures.recipient', normalizeShortName(recipient))
