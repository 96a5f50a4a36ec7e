// npm run bench: measures panless against baselines in the same run, and prints ratios, which is all that can be compared.
// `--only NAME` runs one bench; `--write` puts the table into docs/performance.md.
import { readFile, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { benchAudit } from './audit.ts'
import { benchAuthentication } from './authentication.ts'
import { benchBundle } from './bundle.ts'
import { benchCharges } from './charges.ts'
import { benchFirewall } from './firewall.ts'
import { benchKeyRotation } from './key-rotation.ts'
import { benchSealing } from './sealing.ts'
import { benchTokenizeEndpoint } from './tokenize-endpoint.ts'
import { benchTokenizeWrite } from './tokenize-write.ts'
import { benchWebhookIngest } from './webhook-ingest.ts'

export type Measured = {
  what: string
  /** What was measured and what it is held against, in words with units. */
  figures: string
  value: number
  target: number
  /** Whether the value is to be at least, or at most, the target. */
  better: 'at least' | 'at most'
  unit?: string
}

const BENCHES: Record<string, () => Promise<Measured[]>> = {
  firewall: benchFirewall,
  authentication: benchAuthentication,
  'tokenize-write': benchTokenizeWrite,
  'tokenize-endpoint': benchTokenizeEndpoint,
  charges: benchCharges,
  'webhook-ingest': benchWebhookIngest,
  sealing: benchSealing,
  'key-rotation': benchKeyRotation,
  audit: benchAudit,
  bundle: benchBundle,
}

const args = process.argv.slice(2)
const only = args.includes('--only') ? args[args.indexOf('--only') + 1] : undefined
if (only !== undefined && !BENCHES[only]) {
  console.error(`--only takes one of: ${Object.keys(BENCHES).join(', ')}`)
  process.exit(2)
}

const rows: Measured[] = []
for (const [name, bench] of Object.entries(BENCHES)) {
  if (only !== undefined && name !== only) continue
  console.error(`measuring ${name} …`)
  rows.push(...(await bench()))
}
const table = [
  '| what | measured | target | reached | figures |',
  '|---|---|---|---|---|',
  ...rows.map(row => {
    const reached = row.better === 'at least' ? row.value >= row.target : row.value <= row.target
    const sign = row.better === 'at least' ? '≥' : '≤'
    const unit = row.unit ? ` ${row.unit}` : ''
    return `| ${row.what} | ${row.value.toFixed(2)}${unit} | ${sign} ${row.target}${unit} | ${reached ? 'yes' : 'no'} | ${row.figures} |`
  }),
].join('\n')
console.log(table)

if (args.includes('--write')) {
  const path = new URL('../../docs/performance.md', import.meta.url)
  const text = await readFile(path, 'utf8')
  const [before] = text.split('<!-- figures:begin -->')
  const after = text.split('<!-- figures:end -->')[1] ?? ''
  const stamp = `Node ${process.version}, ${availableParallelism()} cores shared by load generator, service, Stripe stub and Postgres.`
  await writeFile(path, `${before}<!-- figures:begin -->\n${stamp}\n\n${table}\n<!-- figures:end -->${after}`)
}
