// JSON objects read the strict way: valid UTF-8, no byte order mark, and no member named twice at any depth.

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Parses bytes as one JSON object, or answers null; a duplicate member makes it null (RFC 8725 section 2.4 and 3.1). */
export function parseStrictJsonObject(bytes: Uint8Array): Record<string, unknown> | null {
  try {
    const text = UTF8.decode(bytes)
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return null
    return hasDuplicateMember(text) ? null : (value as Record<string, unknown>)
  } catch {
    return null
  }
}

/** Whether valid JSON names a member twice in one object; names are compared as decoded, so `"a"` equals `"\u0061"`. */
export function hasDuplicateMember(validJson: string): boolean {
  const open: (Set<string> | null)[] = []
  for (let at = 0; at < validJson.length; at++) {
    const char = validJson[at]
    if (char === '{') open.push(new Set())
    else if (char === '[') open.push(null)
    else if (char === '}' || char === ']') open.pop()
    else if (char === '"') {
      const end = endOfString(validJson, at)
      if (isFollowedByColon(validJson, end)) {
        const names = open.at(-1)
        const name = JSON.parse(validJson.slice(at, end)) as string
        if (names?.has(name)) return true
        names?.add(name)
      }
      at = end - 1
    }
  }
  return false
}

function endOfString(json: string, start: number): number {
  let at = start + 1
  while (json[at] !== '"') at += json[at] === '\\' ? 2 : 1
  return at + 1
}

function isFollowedByColon(json: string, from: number): boolean {
  let at = from
  while (json[at] === ' ' || json[at] === '\n' || json[at] === '\r' || json[at] === '\t') at++
  return json[at] === ':'
}
