// One unambiguous byte encoding of a list of texts: each part is preceded by its length, so no two lists look alike.

/** Encodes each part as a 32-bit big-endian byte length followed by its UTF-8 bytes. */
export function lengthPrefixed(parts: readonly string[]): Buffer {
  let total = 0
  for (const part of parts) total += 4 + Buffer.byteLength(part)
  const encoded = Buffer.allocUnsafe(total)
  let at = 0
  for (const part of parts) {
    const length = encoded.write(part, at + 4)
    encoded.writeUInt32BE(length, at)
    at += 4 + length
  }
  return encoded
}
