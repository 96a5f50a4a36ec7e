// The values that granting a request carries out: what the person named, else what whoever decides first gives. From then
// on they stand, also for the second person.
import { canonicalJson } from '../../crypto/canonical-json.ts'
import type { Tx } from '../context.ts'
import { invalidField } from '../errors.ts'
import { objectablePurposes } from './object-to-purposes.ts'
import type { RequestDetails } from './privacy-request.ts'
import type { RequestKind } from './state.ts'

export type DecidedValues = Pick<RequestDetails, 'changes' | 'purposes'>

/** @throws validation_failed without what is to be corrected, for a purpose without objection, and for other values than stand */
export async function decidedValues(
  tx: Tx,
  kind: RequestKind,
  standing: DecidedValues,
  given: { [Name in keyof DecidedValues]?: DecidedValues[Name] | undefined },
): Promise<DecidedValues> {
  const changes = settled('/changes', standing.changes, given.changes)
  const purposes = settled('/purposes', standing.purposes, given.purposes)
  if (kind === 'rectify' && changes === null)
    throw invalidField('/changes', 'is required: the request itself names no values', 'required')
  return { changes, purposes: kind === 'object' ? await objectablePurposes(tx, purposes) : null }
}

function settled<Value>(pointer: string, standing: Value | null, given: Value | null | undefined): Value | null {
  if (standing !== null && given != null && canonicalJson(given) !== canonicalJson(standing))
    throw invalidField(pointer, 'is settled already: leave it out, or refuse the request')
  return standing ?? given ?? null
}
