// panless audit seal, verify, export, verify-export: that nothing was altered, shown from within and from outside.
import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Command } from 'commander'
import { compareCheckpoints } from '../domain/audit/compare-checkpoints.ts'
import { copyCheckpoints } from '../domain/audit/copy-checkpoints.ts'
import { exportAudit } from '../domain/audit/export-audit.ts'
import { type AuditFinding, distinct } from '../domain/audit/finding.ts'
import { makeCheckpoint } from '../domain/audit/make-checkpoint.ts'
import { type OutsideFile, readOutsideCheckpoints } from '../domain/audit/outside-checkpoints.ts'
import { sealAudit } from '../domain/audit/seal-audit.ts'
import { verifyArchives } from '../domain/audit/verify-archives.ts'
import { verifyAuditLog } from '../domain/audit/verify-audit-log.ts'
import { createExportVerifier } from '../domain/audit/verify-export.ts'
import { openArchiveFolder } from '../outbound/archive-folder.ts'
import { withLineEnds } from '../outbound/line-ends.ts'
import { checkpointLines, eachLineOf, readerOfKeySet } from './audit-files.ts'
import { chosenTenants } from './audit-tenants.ts'
import { EXIT } from './exit-codes.ts'
import { printJson } from './output.ts'
import { type OpenVault, withVault } from './with-vault.ts'

const EXIT_HELP =
  '\nExit codes: 0 nothing found, 1 something found, or failed, 2 wrong usage, 69 the database is away, 78 wrong configuration.'

export function sealCommand(): Command {
  return new Command('seal')
    .description(
      'Seal what waits, sign a checkpoint and bring it to the places outside, now. The worker does it by itself.',
    )
    .option('--tenant <id>', 'of this tenant alone; default: all of them')
    .addHelpText('after', EXIT_HELP)
    .action((options: { tenant?: string }) => withVault(vault => seal(vault, options)))
}

async function seal(vault: OpenVault, options: { tenant?: string }): Promise<void> {
  const { dependencies } = vault
  for (const tenant of await chosenTenants(vault, options.tenant)) {
    let [blocks, rows] = [0, 0]
    for (let more = true; more; ) {
      const sealed = await sealAudit(dependencies, tenant)
      blocks += sealed.blocks
      rows += sealed.rows
      more = sealed.more
      // Between two checkpoints there are never more blocks than a proof may carry.
      await makeCheckpoint(dependencies, tenant)
    }
    const copies = await copyCheckpoints(dependencies, tenant)
    console.log(
      `${tenant}: ${rows} entries sealed in ${blocks} blocks; ${copies} copies of checkpoints written outside`,
    )
  }
}

type VerifyOptions = { tenant?: string; checkpoints?: string; archive?: string; json?: boolean }

export function verifyCommand(): Command {
  return new Command('verify')
    .description('Verify the audit log in the database: entries from their columns up, blocks, chain and checkpoints.')
    .option('--tenant <id>', 'of this tenant alone; default: all of them')
    .option('--checkpoints <file>', 'checkpoints that were kept outside, one signed statement a line')
    .option('--archive <folder>', 'archive files of entries that have left the database')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `
Whoever owns the database can rewrite the whole of it, its checkpoints too: only those kept outside show that.

Examples:
  panless audit verify --checkpoints /mnt/worm/checkpoints.jws
${EXIT_HELP}`,
    )
    .action((options: VerifyOptions) => withVault(vault => verify(vault, options)))
}

async function verify(vault: OpenVault, options: VerifyOptions): Promise<void> {
  const { statements } = vault.dependencies
  const outside =
    options.checkpoints === undefined
      ? null
      : await readOutsideCheckpoints(checkpointLines(options.checkpoints), statements.read)
  const verdicts = []
  for (const tenant of await chosenTenants(vault, options.tenant)) {
    const verdict = await verifyTenant(vault, tenant)
    const kept = outside?.ofTenant(tenant) ?? null
    const compared = kept ? await compareCheckpoints(vault.ctx(tenant), kept) : []
    const archived =
      options.archive === undefined
        ? { entries: 0, findings: [] }
        : await verifyArchives(vault.ctx(tenant), openArchiveFolder(options.archive))
    verdict.entries += archived.entries
    const findings = distinct([...verdict.findings, ...compared, ...archived.findings])
    verdicts.push({ tenant, ...verdict, findings, outside_checkpoints: kept?.size ?? 0 })
  }
  conclude(verdicts, outside, options.json)
}

async function verifyTenant(vault: OpenVault, tenant: string) {
  const total = { blocks: 0, entries: 0, checkpoints: 0, unsealed: 0, findings: [] as AuditFinding[] }
  for (let after: number | null = 0; after !== null; ) {
    const page = await verifyAuditLog(vault.ctx(tenant), { after_block: String(after) })
    total.blocks += page.blocks
    total.entries += page.entries
    total.checkpoints += page.checkpoints
    total.unsealed = page.unsealed ?? 0
    total.findings.push(...page.findings)
    after = page.next_after_block
  }
  return total
}

export function exportCommand(): Command {
  return new Command('export')
    .description("Write a tenant's audit log to a file that verifies without the database. The export is recorded.")
    .argument('<file>', 'where to; - for standard output')
    .requiredOption('--tenant <id>', 'whose log')
    .addHelpText(
      'after',
      `
Examples:
  panless audit export acme.ndjson --tenant acme
  panless audit export - --tenant acme | gzip > acme.ndjson.gz
${EXIT_HELP}`,
    )
    .action((file: string, options: { tenant: string }) =>
      withVault(async vault => {
        const [tenant] = await chosenTenants(vault, options.tenant)
        const lines = exportAudit(vault.ctx(tenant as string))
        const into = file === '-' ? process.stdout : createWriteStream(file, { flags: 'wx', mode: 0o600 })
        await pipeline(Readable.from(withLineEnds(lines)), into, { end: file !== '-' })
      }),
    )
}

type VerifyExportOptions = { jwks: string; checkpoints?: string; json?: boolean }

export function verifyExportCommand(): Command {
  return new Command('verify-export')
    .description('Verify an export or an archive with public keys alone: no database, no settings, no secret.')
    .argument('<file>', 'what `panless audit export` wrote; gzipped or not')
    .requiredOption('--jwks <file>', 'the public keys, as /.well-known/jwks.json answered when they were trusted')
    .option('--checkpoints <file>', 'checkpoints that were kept outside, one signed statement a line')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `
Take the export after the checkpoints: of one that is older, the newer checkpoints say that its tail is cut off.

Examples:
  panless audit verify-export acme.ndjson --jwks jwks.json --checkpoints checkpoints.jws

Exit codes: 0 nothing found, 1 something found, 2 wrong usage.`,
    )
    .action(async (file: string, options: VerifyExportOptions) => {
      const read = await readerOfKeySet(options.jwks)
      const outside =
        options.checkpoints === undefined
          ? null
          : await readOutsideCheckpoints(checkpointLines(options.checkpoints), read)
      const verifier = createExportVerifier(read, tenant => outside?.ofTenant(tenant) ?? null)
      await eachLineOf(file, line => verifier.take(line))
      conclude([verifier.end()], outside, options.json)
    })
}

type Verdict = {
  tenant: string | null
  part?: boolean
  after_block?: number
  blocks: number
  entries: number
  checkpoints: number
  unsealed: number
  outside_checkpoints: number
  findings: AuditFinding[]
}

function conclude(verdicts: Verdict[], outside: OutsideFile | null, json?: boolean): void {
  const ofFile = outside?.findings ?? []
  const found = ofFile.length > 0 || verdicts.some(({ findings }) => findings.length > 0)
  if (json) printJson({ ok: !found, tenants: verdicts, findings: ofFile })
  else printVerdicts(verdicts, ofFile)
  process.exitCode = found ? EXIT.failed : EXIT.ok
}

function printVerdicts(verdicts: Verdict[], ofFile: AuditFinding[]): void {
  for (const verdict of verdicts) {
    const { tenant, blocks, entries, checkpoints, outside_checkpoints, unsealed, findings } = verdict
    const after = verdict.after_block ? ` after block ${verdict.after_block}, which an archive ends with` : ''
    const part = verdict.part ? ', an archive, which is a part of the log' : ''
    console.log(
      `${tenant}${part}: ${entries} entries in ${blocks} blocks${after}, ${checkpoints} checkpoints there and ${outside_checkpoints} from outside, ` +
        `${unsealed} entries not sealed yet: ${findings.length === 0 ? 'nothing found' : `${findings.length} findings`}`,
    )
    for (const finding of findings) console.log(`  ${lineOf(finding)}`)
  }
  for (const finding of ofFile) console.log(lineOf(finding))
}

const lineOf = ({ code, block, checkpoint, entries, detail }: AuditFinding): string =>
  [
    code,
    ...(block === null ? [] : [`block ${block}`]),
    ...(checkpoint === null ? [] : [`checkpoint ${checkpoint}`]),
    detail,
    ...(entries.length === 0 ? [] : [entries.join(' ')]),
  ].join('  ')
