// Percent-decoding that never fails and keeps, for each character, the place it came from.

/** Decoded text; `at[i]` is where its character `i` began in the original, `at[length]` the original's length. */
export type Decoded = { text: string; at: Uint32Array }

const ESCAPE = /%[0-9A-Fa-f]{2}/

/** Percent-decodes as UTF-8 (RFC 3986 section 2.1), or null when nothing is encoded; ill-formed bytes become U+FFFD. */
export function percentDecode(text: string): Decoded | null {
  if (!ESCAPE.test(text)) return null
  const at = new Uint32Array(text.length + 1)
  let decoded = ''
  for (let i = 0; i < text.length; ) {
    at[decoded.length] = i
    const first = escapedByte(text, i)
    if (first < 0) {
      decoded += text[i]
      i++
      continue
    }
    const more = continuationBytes(first)
    const code = more < 0 ? -1 : multiByte(text, i, first, more)
    const char = code < 0 ? '\ufffd' : String.fromCodePoint(code)
    if (char.length === 2) at[decoded.length + 1] = i
    decoded += char
    i += code < 0 ? 3 : 3 * (more + 1)
  }
  at[decoded.length] = text.length
  return { text: decoded, at: at.subarray(0, decoded.length + 1) }
}

/** How many bytes follow this one in UTF-8 (RFC 3629), -1 when it begins nothing. */
function continuationBytes(first: number): number {
  if (first < 0x80) return 0
  if (first < 0xc2 || first > 0xf4) return -1
  if (first < 0xe0) return 1
  return first < 0xf0 ? 2 : 3
}

function multiByte(text: string, index: number, first: number, more: number): number {
  let code = more === 0 ? first : first & (0x3f >> more)
  for (let i = 1; i <= more; i++) {
    const byte = escapedByte(text, index + 3 * i)
    if (byte < 0x80 || byte > 0xbf) return -1
    code = (code << 6) | (byte & 0x3f)
  }
  return code > 0x10ffff ? -1 : code
}

function escapedByte(text: string, index: number): number {
  if (text.charCodeAt(index) !== 37) return -1
  const high = hexValue(text.charCodeAt(index + 1))
  const low = hexValue(text.charCodeAt(index + 2))
  return high < 0 || low < 0 ? -1 : high * 16 + low
}

function hexValue(code: number): number {
  if (code >= 48 && code <= 57) return code - 48
  const lower = code | 32
  return lower >= 97 && lower <= 102 ? lower - 87 : -1
}
