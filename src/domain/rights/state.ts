// The life of a request about personal data. The same moves stand in drizzle/0020_rights.sql, where the database refuses
// every other.

export const REQUEST_KINDS = ['access', 'rectify', 'erase', 'object'] as const
export type RequestKind = (typeof REQUEST_KINDS)[number]

export const REQUEST_STATUSES = [
  'received',
  'verifying',
  'verified',
  'approved',
  'executing',
  'done',
  'refused',
  'expired',
  'cancelled',
] as const

export type RequestStatus = (typeof REQUEST_STATUSES)[number]

/** `approved`: waits for a second person. `executing`: decided, and being carried out. `expired`: nobody showed who they are. */
export const REQUEST_MOVES: Readonly<Record<RequestStatus, readonly RequestStatus[]>> = {
  received: ['verifying', 'expired', 'cancelled'],
  verifying: ['verified', 'expired', 'cancelled'],
  verified: ['approved', 'executing', 'done', 'refused', 'cancelled'],
  approved: ['executing', 'done', 'refused', 'cancelled'],
  executing: ['done'],
  done: [],
  refused: [],
  expired: [],
  cancelled: [],
}

export const isUnverified = (status: RequestStatus): boolean => status === 'received' || status === 'verifying'

/** Nothing more is decided about it. */
export const isOver = (status: RequestStatus): boolean => REQUEST_MOVES[status].length === 0
