// What a log line may say of an unexpected error in background work: class, code and place, never its message.

/** More frames than this tell nothing new. */
const FRAMES_MAX = 12

export function errorShape(error: unknown): { error: string; error_code: string; stack: string } {
  if (!(error instanceof Error)) return { error: typeof error, error_code: '', stack: '' }
  const frames = (error.stack ?? '').split('\n').filter(line => /^\s+at /.test(line))
  return {
    error: error.name,
    error_code: String((error as { code?: unknown }).code ?? ''),
    stack: frames.slice(0, FRAMES_MAX).join('\n'),
  }
}
