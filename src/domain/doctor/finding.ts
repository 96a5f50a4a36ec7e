// What the doctor says of one thing: whether it is well, and what to do when it is not. Never a secret.

export type Finding = {
  /** What was looked at, such as `database role`. */
  check: string
  state: 'ok' | 'warning' | 'failed'
  /** What was found. */
  says: string
  /** What to do about it; null when it is well. */
  remedy: string | null
}

export const ok = (check: string, says: string): Finding => ({ check, state: 'ok', says, remedy: null })

export const warning = (check: string, says: string, remedy: string): Finding => ({
  check,
  state: 'warning',
  says,
  remedy,
})

export const failed = (check: string, says: string, remedy: string): Finding => ({
  check,
  state: 'failed',
  says,
  remedy,
})

/** Runs a check; what it throws becomes a failure named by the error's code alone, since messages may hold values. */
export async function examine(check: string, remedy: string, look: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await look()
  } catch (error) {
    return [failed(check, `cannot be examined${codeIn(error)}`, remedy)]
  }
}

/** ` (ECONNREFUSED)` from an error or what caused it; empty when there is none. */
export function codeIn(error: unknown): string {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 4; at = at.cause, depth++) {
    const { code, errors } = at as { code?: unknown; errors?: unknown }
    if (typeof code === 'string' && /^[\w-]{1,60}$/.test(code)) return ` (${code})`
    if (Array.isArray(errors)) return codeIn(errors[0])
  }
  return ''
}
