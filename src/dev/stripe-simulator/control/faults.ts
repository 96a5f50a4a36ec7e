/** Faults that the control API plants: which request they hit, before or after its effect, and what goes wrong. */
import { z } from 'zod'
import { Random } from './random.ts'

/** A fault may not hold a request for longer than a client's own timeout would. */
const LONGEST_DELAY_MS = 120_000
const MAX_RULES = 100

export const faultRuleSchema = z.strictObject({
  method: z.enum(['GET', 'POST', 'DELETE']).optional(),
  /** A prefix such as /v1/refunds, or a regular expression between slashes. */
  path: z.string().max(200).optional(),
  probability: z.number().min(0).max(1).default(1),
  /** After so many hits the rule is spent. */
  times: z.int().min(1).optional(),
  when: z.enum(['before', 'after']).default('after'),
  kind: z.enum(['delay', 'drop', 'cut_body', 'status']),
  status: z.union([z.literal(409), z.literal(429), z.literal(500)]).default(500),
  delay_ms: z.int().min(0).max(LONGEST_DELAY_MS).default(1000),
})

export const faultsSchema = z.strictObject({
  account_key: z.string().optional(),
  rules: z.array(faultRuleSchema).max(MAX_RULES),
})

export type FaultRule = z.infer<typeof faultRuleSchema>

interface PlantedFault {
  accountId: string | null
  rule: FaultRule
  matches: (path: string) => boolean
  hits: number
}

export class Faults {
  #planted: PlantedFault[] = []
  #random: Random

  constructor(seed: string) {
    this.#random = new Random(`${seed}|faults`)
  }

  /** Replaces the rules of one account (or, with null, those for all accounts). */
  plant(accountId: string | null, rules: readonly FaultRule[]): void {
    this.clear(accountId)
    for (const rule of rules) this.#planted.push({ accountId, rule, matches: pathMatcher(rule.path), hits: 0 })
  }

  clear(accountId: string | null): void {
    this.#planted = this.#planted.filter(planted => planted.accountId !== accountId)
  }

  clearAll(): void {
    this.#planted = []
  }

  list(): readonly { account: string | null; rule: FaultRule; hits: number }[] {
    return this.#planted.map(({ accountId, rule, hits }) => ({ account: accountId, rule, hits }))
  }

  /** The fault that hits this request, if any; each rule draws once for a request. */
  strike(accountId: string, method: string, path: string): FaultRule | null {
    for (const planted of this.#planted) {
      const { rule } = planted
      if (planted.accountId !== null && planted.accountId !== accountId) continue
      if (rule.method !== undefined && rule.method !== method) continue
      if (rule.times !== undefined && planted.hits >= rule.times) continue
      if (!planted.matches(path) || !this.#random.happens(rule.probability)) continue
      planted.hits += 1
      return rule
    }
    return null
  }
}

function pathMatcher(path: string | undefined): (path: string) => boolean {
  if (path === undefined) return () => true
  if (path.length > 2 && path.startsWith('/') && path.endsWith('/') && !path.startsWith('/v1')) {
    const pattern = new RegExp(path.slice(1, -1))
    return candidate => pattern.test(candidate)
  }
  return candidate => candidate.startsWith(path)
}
