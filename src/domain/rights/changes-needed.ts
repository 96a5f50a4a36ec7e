// Whether whoever approves a correction types its values. They are shown to nobody, so that a second person could only agree
// blindly: each of the two types what they saw themselves, unless the person's own request says it.
import { needsSecondPerson } from './identity-policy.ts'
import type { RequestDetails, RequestRow } from './privacy-request.ts'

/** `own`: what the request itself names. What the desk typed into it is as blind as what the desk approves. */
export function changesNeeded(
  { kind, status, source, evidence }: RequestRow,
  own: RequestDetails['changes'] | undefined,
): boolean {
  if (kind !== 'rectify' || (status !== 'verified' && status !== 'approved')) return false
  const byDesk = source === 'staff' || source === 'operator'
  const kinds = evidence.map(one => one.kind)
  return !own || (byDesk && needsSecondPerson(kind, kinds))
}
