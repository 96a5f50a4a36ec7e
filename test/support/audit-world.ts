// Tenants with a sealed audit log and checkpoints kept outside, and both verifiers, for tests that tamper with it.

import { createPublicKey } from 'node:crypto'
import { statementReader } from '../../src/crypto/signed-statement.ts'
import { compareCheckpoints } from '../../src/domain/audit/compare-checkpoints.ts'
import { exportAudit } from '../../src/domain/audit/export-audit.ts'
import { type AuditFinding, distinct } from '../../src/domain/audit/finding.ts'
import { makeCheckpoint } from '../../src/domain/audit/make-checkpoint.ts'
import { readOutsideCheckpoints } from '../../src/domain/audit/outside-checkpoints.ts'
import { sealAudit } from '../../src/domain/audit/seal-audit.ts'
import { verifyAuditLog } from '../../src/domain/audit/verify-audit-log.ts'
import { createExportVerifier, type ExportVerdict } from '../../src/domain/audit/verify-export.ts'
import { addTenant } from '../../src/domain/tenants/add-tenant.ts'
import { operatorContext } from '../../src/domain/tenants/operator-context.ts'
import { write } from '../../src/domain/write.ts'
import { asSuperuser } from './database-contents.ts'
import type { World } from './world.ts'

export type SealedTenant = {
  tenantId: string
  /** Checkpoints as they were kept outside. */
  outside: string[]
  /** Appends entries and seals them as a block with a checkpoint. */
  grow(entries: number): Promise<void>
  append(entries: number): Promise<void>
  /** What the database's own verification finds. */
  verify(): Promise<AuditFinding[]>
  /** The same, with the checkpoints from outside. */
  verifyWithOutside(): Promise<AuditFinding[]>
  exported(): AsyncGenerator<string>
  exportLines(): Promise<string[]>
  /** What the independent verifier says of an export that is made now, with public keys and outside checkpoints. */
  verifyExport(options?: { lines?: string[]; outside?: boolean }): Promise<ExportVerdict>
}

/** Transactions of other suites, which share the server, hold the sealer back for as long as they run. */
const SEAL_WITHIN_MS = 20_000

/** Seals everything that has been written, waiting for what else runs on the server. */
export async function sealAll(world: World, tenantId: string): Promise<void> {
  const until = performance.now() + SEAL_WITHIN_MS
  for (;;) {
    const [row] = await asSuperuser(
      world.database,
      sql => sql<{ held: boolean }[]>`
        select coalesce(bool_or(transaction_number >= pg_snapshot_xmin(pg_current_snapshot())::text::bigint), false) as held,
               pg_sleep(0.01)
          from audit_log where tenant_id = ${tenantId}`,
    )
    if (!row?.held) break
    if (performance.now() > until) throw new Error('something on the server holds the sealer back')
  }
  await sealAudit(world.dependencies, tenantId)
}

/** Seals so many entries that wait, each as a block of its own. */
export async function sealSingly(world: World, tenantId: string, entries: number): Promise<void> {
  const now = world.dependencies.clock.now()
  await asSuperuser(world.database, async sql => {
    for (let sealed = 0; sealed < entries; ) {
      const [row] = await sql<{ rows: number | null }[]>`
        select panless_seal_audit(${tenantId}, ${now}, 1) as rows, pg_sleep(0.002)`
      sealed += row?.rows ?? 0
    }
  })
}

/** A tenant with so many blocks of so many entries each. */
export async function sealedTenant(
  world: World,
  tenantId: string,
  { blocks = 3, entries = 8 } = {},
): Promise<SealedTenant> {
  const { dependencies } = world
  const ctx = operatorContext(dependencies, tenantId, 'test')
  await addTenant(ctx, { id: tenantId, name: tenantId })
  const outside: string[] = []
  let made = 0

  async function append(count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      made++
      await write(ctx, async () => ({
        value: null,
        audit: {
          action: 'charge.create',
          object: { type: 'charge', id: `chrg_${made}` },
          payerId: `payer_${made}`,
          details: { amount: made, currency: 'usd' },
        },
      }))
    }
  }

  async function grow(count: number): Promise<void> {
    await append(count)
    await sealAll(world, tenantId)
    await makeCheckpoint(dependencies, tenantId)
    const rows = await asSuperuser(
      world.database,
      sql => sql<{ statement: string }[]>`
        select statement from audit_checkpoints where tenant_id = ${tenantId} order by number`,
    )
    outside.splice(0, outside.length, ...rows.map(({ statement }) => statement))
  }

  const verify = async () => (await verifyAuditLog(ctx, {})).findings
  const keys = new Map(
    dependencies.statements.publicKeys().map(jwk => [jwk.kid, createPublicKey({ format: 'jwk', key: jwk })]),
  )
  const readStatement = statementReader(kid => keys.get(kid))
  const readOutside = async () => (await readOutsideCheckpoints(outside, readStatement)).ofTenant(tenantId)
  const exported = () => exportAudit(ctx)
  const exportLines = () => Array.fromAsync(exported())

  for (let i = 0; i < blocks; i++) await grow(entries)
  return {
    tenantId,
    outside,
    append,
    grow,
    verify,
    async verifyWithOutside() {
      const kept = await readOutside()
      return distinct([...(await verify()), ...(kept ? await compareCheckpoints(ctx, kept) : [])])
    },
    exported,
    exportLines,
    async verifyExport({ lines, outside: use = true } = {}) {
      const kept = use ? await readOutside() : null
      const verifier = createExportVerifier(readStatement, () => kept)
      for (const line of lines ?? (await exportLines())) verifier.take(Buffer.from(line))
      return verifier.end()
    },
  }
}

export const codesOf = (findings: readonly AuditFinding[]): string[] =>
  [...new Set(findings.map(({ code }) => code))].sort()
