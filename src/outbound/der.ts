// Takes a DER value apart without decoding it, where the very bytes are wanted (X.690 section 8.1).

/** The values inside a constructed one, each with its tag and length. @throws RangeError */
export function derChildren(value: Buffer): Buffer[] {
  const children: Buffer[] = []
  const outer = extent(value, 0)
  for (let at = outer.begin; at < outer.end; ) {
    const { end } = extent(value, at)
    if (end > outer.end) throw new RangeError('a value is longer than what it stands in')
    children.push(value.subarray(at, end))
    at = end
  }
  return children
}

/** Where the content of the value at a place begins and ends. Tags of one byte; lengths of up to four. */
function extent(bytes: Buffer, at: number): { begin: number; end: number } {
  const first = bytes.readUInt8(at + 1)
  const sizeBytes = first < 0x80 ? 0 : first & 0x7f
  if (first === 0x80 || sizeBytes > 4) throw new RangeError('a length that is not taken')
  const begin = at + 2 + sizeBytes
  const end = begin + (sizeBytes === 0 ? first : bytes.readUIntBE(at + 2, sizeBytes))
  if (end > bytes.length) throw new RangeError('a value that is cut off')
  return { begin, end }
}
