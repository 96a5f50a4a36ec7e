// The values that granting a request carries out: what the person named, else what whoever decides first gives. From then
// on they stand: what the second person gives must be the same.
import { canonicalJson } from '../../crypto/canonical-json.ts'
import type { Tx } from '../context.ts'
import { invalidField } from '../errors.ts'
import { changesNeeded } from './changes-needed.ts'
import { objectablePurposes } from './object-to-purposes.ts'
import type { RequestDetails, RequestRow } from './privacy-request.ts'

export type DecidedValues = Pick<RequestDetails, 'changes' | 'purposes'>

/** @throws validation_failed without what is to be corrected, for a purpose without objection, and for other values than stand */
export async function decidedValues(
  tx: Tx,
  row: RequestRow,
  { own, kept = own }: { own: DecidedValues; kept?: DecidedValues | undefined },
  given: { [Name in keyof DecidedValues]?: DecidedValues[Name] | undefined },
): Promise<DecidedValues> {
  if (changesNeeded(row, own.changes) && given.changes === undefined)
    throw invalidField('/changes', 'is required: type the values from what you saw yourself', 'required')
  const changes = settled('/changes', kept.changes, given.changes)
  const purposes = settled('/purposes', kept.purposes, given.purposes)
  return { changes, purposes: row.kind === 'object' ? await objectablePurposes(tx, purposes) : null }
}

function settled<Value>(pointer: string, standing: Value | null, given: Value | null | undefined): Value | null {
  if (standing !== null && given != null && canonicalJson(given) !== canonicalJson(standing))
    throw invalidField(pointer, 'is not what stands already: ask the person again, or refuse the request')
  return standing ?? given ?? null
}
