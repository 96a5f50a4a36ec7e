// How every command ends, and the error of one that was called wrongly.
import { EXIT_CONFIG } from '../config.ts'

/** 0 done · 1 failed, or found what it looks for · 2 wrong usage · 69 a dependency is away · 78 wrong configuration */
export const EXIT = { ok: 0, failed: 1, usage: 2, unavailable: 69, config: EXIT_CONFIG } as const

/** What a command was told does not fit; its message never repeats a value, which may be a secret. */
export class UsageError extends Error {}
