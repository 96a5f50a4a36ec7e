// The caller's own id of a payment is looked up by a keyed hash, since it may be about a person.
import { lookupHash } from '../../crypto/keyed-hash.ts'
import type { Ctx } from '../context.ts'

/** Byte for byte: a reference is another system's key. */
export const referenceHash = (ctx: Pick<Ctx, 'keyring' | 'tenantId'>, reference: string): Buffer =>
  lookupHash(ctx.keyring.derive('lookup-hash'), ctx.tenantId, 'charges.reference', reference)
