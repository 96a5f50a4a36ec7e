// The jobs that pg-boss carries, and how often each may be tried.

/** Seconds before the first retry; doubled for each one after it. Longer than a crashed reader's lease, all together. */
const RETRY = { retryLimit: 4, retryDelay: 20, retryBackoff: true }

export const QUEUES = {
  'sync-stripe-mirror': { ...RETRY, expireInSeconds: 3_600, policy: 'stately' },
  'run-reconciliation': { ...RETRY, expireInSeconds: 7_200, policy: 'standard' },
  'start-daily-reconciliation': { ...RETRY, expireInSeconds: 600, policy: 'stately' },
  'scan-event-gap': { ...RETRY, expireInSeconds: 1_800, policy: 'stately' },
  'expire-tokens': { ...RETRY, expireInSeconds: 900, policy: 'stately' },
  'watch-privacy-requests': { ...RETRY, expireInSeconds: 900, policy: 'stately' },
  'apply-retention': { ...RETRY, expireInSeconds: 900, policy: 'stately' },
  'archive-audit': { ...RETRY, expireInSeconds: 3_600, policy: 'stately' },
} as const

export type QueueName = keyof typeof QUEUES

/** Every job belongs to one tenant. */
export type JobData = { tenantId: string } & Record<string, string>
