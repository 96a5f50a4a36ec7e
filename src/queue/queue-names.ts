// The jobs that pg-boss carries, and how often each may be tried.

export const QUEUES = {
  'sync-stripe-mirror': { retryLimit: 3, expireInSeconds: 900, policy: 'stately' },
  'run-reconciliation': { retryLimit: 3, expireInSeconds: 900, policy: 'standard' },
  'scan-event-gap': { retryLimit: 3, expireInSeconds: 600, policy: 'stately' },
  'forget-old-rows': { retryLimit: 1, expireInSeconds: 600, policy: 'stately' },
} as const

export type QueueName = keyof typeof QUEUES

/** Every job belongs to one tenant. */
export type JobData = { tenantId: string } & Record<string, string>
