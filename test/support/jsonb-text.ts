// The text form of Postgres' jsonb, written apart from Postgres so that hashes over it can be checked from outside.

/** Members by the length of their names in bytes, then by their bytes; one space after each colon and comma. */
export function jsonbText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(jsonbText).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const names = Object.keys(value).sort((a, b) => {
    const [left, right] = [Buffer.from(a), Buffer.from(b)]
    return left.length - right.length || Buffer.compare(left, right)
  })
  return `{${names.map(name => `${JSON.stringify(name)}: ${jsonbText((value as Record<string, unknown>)[name])}`).join(', ')}}`
}
