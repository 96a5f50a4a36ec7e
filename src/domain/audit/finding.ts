// What can be wrong with the audit log, each fault by its name.
import { z } from 'zod'

export const FINDING_CODES = [
  'entry_changed',
  'entries_reordered',
  'entries_missing',
  'entries_added',
  'entries_replaced',
  'block_changed',
  'block_missing',
  'chain_broken',
  'checkpoint_forged',
  'checkpoint_missing',
  'checkpoint_replaced',
  'history_rewritten',
  'tail_cut',
  'export_damaged',
  'archive_forged',
  'archive_missing',
  'archive_damaged',
] as const

export type FindingCode = (typeof FINDING_CODES)[number]

/** Ids of entries that one finding names; more are counted in its words. */
const ENTRIES_MAX = 100

export const auditFindingSchema = z
  .object({
    code: z.enum(FINDING_CODES),
    block: z.int().nullable().describe('The block that it is about.'),
    checkpoint: z.int().nullable().describe('The checkpoint that shows it.'),
    entries: z.array(z.string()).describe('Ids of the entries, as far as they are known.'),
    detail: z.string(),
  })
  .meta({ id: 'AuditFinding' })

export type AuditFinding = z.infer<typeof auditFindingSchema>

export function finding(
  code: FindingCode,
  detail: string,
  about: { block?: number; checkpoint?: number; entries?: readonly string[] } = {},
): AuditFinding {
  const { block = null, checkpoint = null, entries = [] } = about
  return { code, block, checkpoint, entries: entries.slice(0, ENTRIES_MAX), detail }
}

export const counted = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`

/** What is found in two ways is said once. */
export const distinct = (findings: readonly AuditFinding[]): AuditFinding[] => [
  ...new Map(findings.map(one => [JSON.stringify(one), one])).values(),
]
