// Lets go of what is no longer kept, by the table of rules and the days of the register in force.
import { appendAudit } from '../audit/append.ts'
import type { Ctx, Tx } from '../context.ts'
import { read } from '../write.ts'
import { daysKept, type RegisterInForce, registerInForce } from './register-in-force.ts'
import { RETENTION_RULES, type RetentionRule } from './retention-rules.ts'

const DAY_MS = 86_400_000
/** Rows for one statement, so that no lock is held for long. */
const BATCH = 2_000
/** Batches of one rule and run; what is left waits for the next. */
const BATCHES_MAX = 500

/** How many rows a rule is about, and what they are older than. */
export type RetentionCount = { rule: string; table: string; days: number; rows: number }

/** What `applyRetention` would let go of now. Changes nothing. */
export async function previewRetention(ctx: Ctx): Promise<RetentionCount[]> {
  const counts: RetentionCount[] = []
  for (const [name, rule] of Object.entries(RETENTION_RULES)) {
    counts.push(
      await read(ctx, async tx => {
        const { days, before } = await ageOf(tx, ctx, rule)
        const [row] = await tx.sql.unsafe<{ rows: number }[]>(
          `select count(*) as rows from ${rule.table} where tenant_id = $1 and ${rule.over}`,
          [tx.tenantId, before],
        )
        return { rule: name, table: rule.table, days, rows: row?.rows ?? 0 }
      }),
    )
  }
  return counts
}

/** Each batch is recorded with its change. Answers the rules that had rows to let go of. */
export async function applyRetention(ctx: Ctx): Promise<RetentionCount[]> {
  const applied: RetentionCount[] = []
  for (const [name, rule] of Object.entries(RETENTION_RULES)) {
    const gone = { rule: name, table: rule.table, days: 0, rows: 0 }
    for (let batch = 0; batch < BATCHES_MAX; batch++) {
      const { days, count } = await letGo(ctx, name, rule)
      gone.days = days
      gone.rows += count
      if (count < BATCH) break
    }
    if (gone.rows > 0) applied.push(gone)
  }
  return applied
}

function letGo(ctx: Ctx, name: string, rule: RetentionRule): Promise<{ days: number; count: number }> {
  return ctx.db.transaction(ctx.tenantId, async tx => {
    const { days, before } = await ageOf(tx, ctx, rule)
    const { table, key, over, empty } = rule
    const change = empty === null ? `delete from ${table}` : `update ${table} set ${empty}`
    const { count } = await tx.sql.unsafe(
      `${change} where tenant_id = $1 and (${key}) in
         (select ${key} from ${table} where tenant_id = $1 and ${over} limit ${BATCH})`,
      [tx.tenantId, before],
    )
    if (count > 0)
      await appendAudit(tx, ctx, {
        action: 'retention.apply',
        object: { type: 'retention', id: null },
        details: { rule: name, table, days, rows: count },
      })
    return { days, count }
  })
}

async function ageOf(tx: Tx, ctx: Ctx, rule: RetentionRule): Promise<{ days: number; before: Date }> {
  const days = daysOf(await registerInForce(tx), rule)
  return { days, before: new Date(nowOf(ctx, rule) - days * DAY_MS) }
}

function daysOf(register: RegisterInForce, { record, days }: RetentionRule): number {
  const kept = record === null ? days : daysKept(register, record)
  if (kept === null || kept === undefined) throw new Error('a rule of retention without days')
  return kept
}

function nowOf({ clock }: Ctx, { clock: which }: RetentionRule): number {
  const [business, wall] = [clock.now().getTime(), clock.wall().getTime()]
  return which === 'business' ? business : which === 'wall' ? wall : Math.min(business, wall)
}
