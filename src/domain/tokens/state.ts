// The life of a vault token. The same moves stand in drizzle/0002_guards.sql, where the database refuses every other.

export const TOKEN_STATUSES = ['pending', 'active', 'frozen', 'expired', 'detached', 'erased'] as const

export type TokenStatus = (typeof TOKEN_STATUSES)[number]

export const TOKEN_MOVES: Readonly<Record<TokenStatus, readonly TokenStatus[]>> = {
  pending: ['active', 'detached', 'erased'],
  active: ['frozen', 'expired', 'detached', 'erased'],
  frozen: ['active', 'expired', 'detached', 'erased'],
  expired: ['active', 'frozen', 'detached', 'erased'],
  detached: ['erased'],
  erased: [],
}

export const mayMove = (from: TokenStatus, to: TokenStatus): boolean => TOKEN_MOVES[from].includes(to)
