// Names of fields for security codes and track data, which may not be stored after authorization (PCI DSS 3.3.1).

// Lower case, letters and digits only: `Card[CVC]`, `card-cvc` and `card_cvc` are one name. `cid` (Amex) is left out:
// it is everyone's word for a client's id. `track` alone may be a song.
const FORBIDDEN = new Set(
  `cvc cvc1 cvc2 cvc3 cvv cvv1 cvv2 cvn cvn2 csc csc2 cav2 cvd cve cvp2 icvv dcvv
   cardcvc cardcvv cardcvv2 cardcvc2 cardcsc cvccode cvvcode cvcnumber cvvnumber
   securitycode cardsecuritycode cardverificationcode cardverificationvalue cardverificationnumber
   track1 track2 track3 trackdata track1data track2data track3data trackone tracktwo
   magstripe magneticstripe magstripedata pinblock encryptedpinblock`.split(/\s+/),
)
const LONGEST_NAME = 64

// An API's own names come again and again and are remembered; what callers invent soon finds no room.
const PLAIN_NAME = /^[A-Za-z_-]{1,32}$/
const MAX_REMEMBERED = 1000
const remembered = new Map<string, boolean>()

/**
 * Whether a field's name is one for a security code, track data or a PIN block, in any case and with any separators;
 * brackets and dots part nested names, and the `x-` of a header does not count.
 */
export function isForbiddenFieldName(name: string): boolean {
  const known = remembered.get(name)
  if (known !== undefined) return known
  const isForbidden = judge(name)
  if (remembered.size < MAX_REMEMBERED && PLAIN_NAME.test(name)) remembered.set(name, isForbidden)
  return isForbidden
}

function judge(name: string): boolean {
  if (name.length > LONGEST_NAME) return false
  const plain = name.normalize('NFKC').toLowerCase().replace(/^x-/, '')
  return [plain, ...plain.split(/[[\].]/)].some(part => FORBIDDEN.has(part.replace(/[^a-z0-9]/g, '')))
}
