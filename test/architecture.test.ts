// The rules of the house that a reader would otherwise have to believe: who may import whom, and how files are made.
import { expect, test } from 'vitest'
import { type Operation, PERMISSIONS } from '../src/domain/permissions.ts'
import { BUILT_IN_REGISTER } from '../src/domain/privacy/built-in-register.ts'
import { type Import, packageOf, roomOf, type SourceFile, sourceFiles } from './support/source-files.ts'

const files = sourceFiles()
const rooms = new Map(files.map(file => [file.path, file]))

/** Doors translate, rooms decide, wires talk to the outside. `types`: allowed for types alone. */
const MAY_IMPORT: Record<string, { values: string[]; types?: string[] }> = {
  'main.ts': { values: ['cli'] },
  'vault.ts': {
    values: [
      'open-checkpoint-sinks.ts',
      'open-keyring.ts',
      'vault-error.ts',
      'domain',
      'db',
      'stripe',
      'crypto',
      'keyring',
      'queue',
      'outbound',
      'observability',
    ],
    types: ['config.ts'],
  },
  'vault-error.ts': { values: [] },
  'config.ts': { values: ['config-addresses.ts', 'config-checks.ts'] },
  'config-checks.ts': { values: ['config-addresses.ts'] },
  'config-addresses.ts': { values: [] },
  'open-checkpoint-sinks.ts': { values: ['outbound'], types: ['config.ts'] },
  'open-keyring.ts': { values: ['keyring', 'outbound'], types: ['config.ts'] },
  // The composition's own neighbours: commands open the vault, doors and jobs, and some look at one wire alone.
  cli: {
    values: [
      'vault.ts',
      'vault-error.ts',
      'config.ts',
      'config-addresses.ts',
      'config-checks.ts',
      'open-checkpoint-sinks.ts',
      'open-keyring.ts',
      'domain',
      'http',
      'jobs',
      'observability',
      'db',
      'queue',
      'keyring',
      'stripe',
      'crypto',
      'outbound',
    ],
    types: ['dev'],
  },
  http: {
    values: ['domain', 'checkout', 'console', 'crypto', 'outbound', 'observability'],
    types: ['vault.ts', 'config.ts'],
  },
  checkout: { values: ['domain', 'stripe'] },
  // Its door is the HTTP door, which lends it what it needs.
  console: { values: ['domain', 'stripe', 'crypto', 'outbound'], types: ['config.ts', 'http'] },
  jobs: { values: ['domain', 'queue', 'db', 'observability'] },
  domain: { values: ['db', 'stripe', 'crypto', 'keyring', 'queue', 'outbound'] },
  observability: { values: ['crypto', 'domain'] },
  queue: { values: ['db'] },
  db: { values: [] },
  stripe: { values: ['crypto'] },
  crypto: { values: [] },
  keyring: { values: ['crypto'] },
  outbound: { values: [] },
  dev: {
    values: ['cli', 'config.ts', 'vault.ts', 'domain', 'http', 'db', 'queue', 'keyring', 'crypto', 'observability'],
  },
}
const WIRES = ['db', 'stripe', 'crypto', 'keyring', 'queue', 'outbound']

/** A wire may name another's types; what is below is more than a type, and why. */
const WIRE_EXCEPTIONS: Record<string, string> = {
  'queue/queue.ts -> db/client.ts': 'one reader of Postgres URLs for both drivers',
}

/** Packages that only some rooms may use. */
const ONLY_IN: Record<string, (file: SourceFile, of: Import) => boolean> = {
  '@aws-sdk/client-kms': ({ path }) => path === 'keyring/aws-kms.ts',
  '@google-cloud/kms': ({ path }) => path === 'keyring/gcp-kms.ts',
  stripe: ({ path, room }, { kind }) =>
    room === 'stripe' || (path.startsWith('dev/stripe-simulator/') && kind === 'type'),
  'pg-boss': ({ room }) => room === 'queue' || room === 'jobs',
  hono: ({ room }) => ['http', 'console', 'checkout', 'dev'].includes(room),
  '@hono/node-server': ({ room }) => room === 'http' || room === 'dev',
  'hono-openapi': ({ room }) => room === 'http',
  commander: ({ room }) => room === 'cli',
  'cli-table3': ({ room }) => room === 'cli',
  'cli-progress': ({ room }) => room === 'cli',
  'drizzle-orm': ({ room }) => room === 'db' || room === 'domain',
  pino: ({ room }) => room === 'observability',
  'prom-client': ({ room }) => room === 'observability',
  aws4fetch: ({ room }) => room === 'outbound',
  '@peculiar/asn1-tsp': ({ room }) => room === 'outbound',
  '@peculiar/asn1-cms': ({ room }) => room === 'outbound',
}

const FORBIDDEN_NAMES = [
  'index.ts',
  'utils.ts',
  'helpers.ts',
  'types.ts',
  'service.ts',
  'repository.ts',
  'common.ts',
  'misc.ts',
]
const LINES_MAX = 300

const inner = (file: SourceFile) => file.imports.filter(one => !one.package)

test('every import has a file behind it, and names it with its ending', () => {
  const dead = files.flatMap(file =>
    inner(file)
      .filter(one => one.target.endsWith('.ts') && !rooms.has(one.target))
      .map(one => `${file.path} -> ${one.target}`),
  )
  expect(dead).toEqual([])
})

test('imports go one way: doors to domain, domain to wires', () => {
  const wrong = files.flatMap(file =>
    inner(file)
      .filter(one => {
        const room = roomOf(one.target)
        if (room === file.room) return false
        const may = MAY_IMPORT[file.room]
        if (one.kind === 'type' && WIRES.includes(file.room) && (WIRES.includes(room) || room === 'config.ts'))
          return false
        if (one.kind === 'dynamic' && file.room === 'cli' && room === 'dev') return false
        if (one.kind === 'type' && may?.types?.includes(room)) return false
        return !may?.values.includes(room)
      })
      .map(one => `${file.path} -> ${one.target} (${one.kind})`),
  )
  expect(wrong).toEqual([])
})

test('a wire imports of another wire only its types', () => {
  const wrong = files
    .filter(file => WIRES.includes(file.room))
    .flatMap(file =>
      inner(file)
        .filter(one => roomOf(one.target) !== file.room && one.kind !== 'type')
        .map(one => `${file.path} -> ${one.target}`),
    )
  expect(wrong.filter(edge => WIRE_EXCEPTIONS[edge] === undefined)).toEqual([])
})

test('packages stay where they belong', () => {
  const wrong = files.flatMap(file =>
    file.imports
      .filter(one => one.package && ONLY_IN[packageOf(one.target)]?.(file, one) === false)
      .map(one => `${file.path} -> ${one.target} (${one.kind})`),
  )
  expect(wrong).toEqual([])
})

test('only config.ts reads the environment', () => {
  const readers = files.filter(
    file => file.path !== 'config.ts' && /\bprocess\s*\.\s*env\b|\bprocess\.loadEnvFile/.test(file.text),
  )
  expect(readers.map(file => file.path)).toEqual([])
})

test("only one file opens a person's real name and contacts, and it asks for the purpose first", () => {
  const opener = 'domain/privacy/sealed-identity.ts'
  // A place names the column; without it nothing that was sealed there opens.
  const places = files.filter(file => /column: '(identity_sealed|identitySealed)'/.test(file.text))
  expect(places.map(file => file.path)).toEqual([opener])
  expect(places[0]?.text).not.toMatch(/export const place\b|export \{/)
  const readers = files.filter(file => /select\b[^`;]*\bidentity_sealed\b/.test(file.text))
  expect(readers.map(file => file.path)).toEqual([opener])
  const opening = /export async function openIdentity\([\s\S]*?\n\}/.exec(places[0]?.text ?? '')?.[0] ?? ''
  expect(opening.indexOf('requirePurpose(')).toBeGreaterThan(0)
  expect(opening.indexOf('requirePurpose(')).toBeLessThan(opening.indexOf('readIdentity('))
})

/** Whoever reads what is sealed of a person, to hand it on: each by a purpose, and each in the person's log or to the person. */
const HANDED_ON: Record<string, readonly string[]> = {
  openIdentity: [
    'domain/disclosures/disclosure-fields.ts',
    'domain/mail/queue-mail.ts',
    'domain/payers/reveal-payer.ts',
    'domain/rights/propagate-corrections.ts',
  ],
  gatherFields: ['domain/disclosures/disclose-person.ts'],
  loadCohort: ['domain/disclosures/disclose-cohort.ts'],
  readHeldData: ['domain/privacy/build-access-package.ts'],
  openContact: [
    'domain/inquiries/answer-inquiry.ts',
    'domain/inquiries/link-inquiry-request.ts',
    'domain/inquiries/reveal-inquiry-contact.ts',
  ],
}

test('a person is told of by reveal, disclosure, access package and mail to the person, and nowhere else', () => {
  for (const [name, by] of Object.entries(HANDED_ON)) {
    const callers = files.filter(({ text }) => new RegExp(`(?<!function )\\b${name}\\(`).test(text))
    expect(callers.map(({ path }) => path).toSorted(), name).toEqual([...by])
  }
})

/** Whoever opens what is sealed of a person, and which purposes of the register it is said to be for. */
const OPENED_FOR: Record<string, readonly string[]> = {
  'domain/charges/charge.ts': ['settle_payments'],
  'domain/charges/resolve-charge.ts': ['settle_payments'],
  'domain/disclosures/disclosure-fields.ts': ['legal_request'],
  'domain/disclosures/disclosure.ts': ['legal_request', 'rights_request'],
  'domain/disclosures/get-disclosure-package.ts': ['legal_request'],
  'domain/exports/export-charges.ts': ['settle_payments'],
  'domain/inquiries/get-inquiry.ts': ['answer_messages'],
  'domain/inquiries/inquiry.ts': ['answer_messages'],
  'domain/inquiries/link-inquiry-request.ts': ['rights_request'],
  'domain/mail/send-due-mails.ts': ['service_notices', 'answer_messages', 'rights_request'],
  'domain/payers/change-payer.ts': ['settle_payments', 'rights_request'],
  'domain/payers/payer.ts': ['settle_payments'],
  'domain/privacy/sealed-identity.ts': [],
  'domain/refunds/refund.ts': ['settle_payments'],
  'domain/refunds/resolve-refund.ts': ['settle_payments'],
  'domain/rights/privacy-request.ts': ['rights_request'],
  'domain/rights/record-request.ts': ['rights_request'],
  'domain/tokens/export-tokens.ts': ['settle_payments'],
  'domain/tokens/show-token.ts': ['charge_saved_card'],
}

/** Whoever opens seals without `openJson`, and why. */
const SEALS_OPENED: Record<string, string> = {
  'domain/idempotency/keys.ts': 'the answer to a request, for whoever sends it again',
  'domain/keys/opens-what-is-there.ts': 'only to see that a keyring opens it; what it says is let go',
  'domain/keys/rewrap-batch.ts': 'keys alone, to wrap them anew',
  'domain/payers/data-key.ts': 'openJson itself',
  'domain/privacy/read-held-data.ts': 'the access package, which asks for rights_request first',
  'domain/tenants/tenant-directory.ts': "the company's own secrets at Stripe",
}

/** A purpose as the code names it: of a mail, of an audit entry, as a constant, or where it is asked for. */
const PURPOSE_NAMED =
  /\b(?:purpose: |\w*PURPOSE = |(?:openIdentity|requirePurpose|requireGeneralPurpose)\([\w\s,.]*)'([a-z_]+)'/g

test('who opens what is sealed of a person is named here, and every purpose in the code stands in the register', () => {
  const importing = (module: string, name: RegExp) =>
    files.filter(({ imports, text }) => imports.some(({ target }) => target === module) && name.test(text))
  const paths = (found: SourceFile[]) => found.map(({ path }) => path).toSorted()
  expect(paths(importing('crypto/envelope.ts', /./))).toEqual(Object.keys(SEALS_OPENED).toSorted())
  expect(paths(importing('domain/payers/data-key.ts', /\bopenJson\b/))).toEqual(Object.keys(OPENED_FOR).toSorted())
  const names = BUILT_IN_REGISTER.purposes.map(({ name }) => name)
  const inCode = files.flatMap(({ text }) => [...text.matchAll(PURPOSE_NAMED)].map(([, purpose]) => purpose as string))
  for (const known of ['answer_messages', 'keep_service_running', 'legal_request', 'rights_request'])
    expect(inCode).toContain(known)
  expect([...Object.values(OPENED_FOR).flat(), ...inCode].filter(purpose => !names.includes(purpose))).toEqual([])
  const builder = files.find(({ path }) => path === 'domain/privacy/build-access-package.ts')?.text ?? ''
  expect(builder.indexOf('await requirePurpose(')).toBeGreaterThan(0)
  expect(builder.indexOf('await requirePurpose(')).toBeLessThan(builder.indexOf('await readHeldData('))
})

test('only cli loads the embedded environment, when a command asks for it', () => {
  const loaders = files.filter(
    file => file.room !== 'dev' && inner(file).some(one => roomOf(one.target) === 'dev' && one.kind !== 'type'),
  )
  expect(loaders.map(file => file.room)).toEqual(loaders.map(() => 'cli'))
  for (const file of loaders)
    expect(inner(file).filter(one => roomOf(one.target) === 'dev' && one.kind === 'value')).toEqual([])
  const asks = files.filter(
    file => ['domain', 'http', 'stripe'].includes(file.room) && /isDev|NODE_ENV|if \(dev\b/.test(file.text),
  )
  expect(asks.map(file => file.path)).toEqual([])
})

test('no circle of imports', () => {
  expect(circle()).toBeNull()
})

function circle(): string | null {
  const state = new Map<string, 'open' | 'done'>()
  const trail: string[] = []
  function visit(path: string): string | null {
    if (state.get(path) === 'done') return null
    if (state.get(path) === 'open') return [...trail.slice(trail.indexOf(path)), path].join(' -> ')
    state.set(path, 'open')
    trail.push(path)
    for (const one of rooms.get(path)?.imports ?? []) {
      const found = one.package || one.kind === 'type' ? null : visit(one.target)
      if (found !== null) return found
    }
    trail.pop()
    state.set(path, 'done')
    return null
  }
  for (const { path } of files) {
    const found = visit(path)
    if (found !== null) return found
  }
  return null
}

test('files are named for what they hold, in kebab-case, and none is a barrel or a drawer', () => {
  const wrong = files.filter(file => {
    const name = file.path.split('/').at(-1) as string
    return (
      FORBIDDEN_NAMES.includes(name) || !/^[a-z0-9]+(-[a-z0-9]+)*\.ts$/.test(name) || /^export \* from/m.test(file.text)
    )
  })
  expect(wrong.map(file => file.path)).toEqual([])
})

test(`no file has more than ${LINES_MAX} lines, and each says at its head what it is for`, () => {
  expect(files.filter(file => file.text.trimEnd().split('\n').length > LINES_MAX).map(file => file.path)).toEqual([])
  expect(files.filter(file => !/^(#!.*\n)?(\/\/ |\/\*\*)/.test(file.text)).map(file => file.path)).toEqual([])
})

test('domain code asks the injected clock for the time, and prints nothing', () => {
  const rash = files.filter(
    file => file.room === 'domain' && /\bDate\.now\(|\bnew Date\(\)|\bconsole\./.test(file.text),
  )
  expect(rash.map(file => file.path)).toEqual([])
})

/** A checkout session may tokenize and read itself without a scope: its token is bound to that. */
const SESSION_VERBS: Operation[] = ['createToken', 'getCheckoutSession']

test('each operation has a verb that asks for its permission before anything else', () => {
  const wrong: string[] = []
  for (const operation of Object.keys(PERMISSIONS) as Operation[]) {
    const heads = files.filter(file => file.room === 'domain').flatMap(file => verbHead(file.text, operation))
    const asks = `requirePermission(ctx, '${operation}')`
    const sound = SESSION_VERBS.includes(operation)
      ? (head: string[]) => head.some(line => line.includes(asks)) && head[0]?.includes("ctx.actor.kind !== 'session'")
      : (head: string[]) => head[0] === asks
    if (heads.length !== 1 || !sound(heads[0] as string[]))
      wrong.push(`${operation}: ${heads.join(' | ') || 'no verb'}`)
  }
  expect(wrong).toEqual([])
})

/** The first two lines of a verb's body, in a list of its own for each function of that name. */
function verbHead(text: string, name: string): string[][] {
  const lines = text.split('\n')
  const start = lines.findIndex(line => line.startsWith(`export async function ${name}(`))
  if (start < 0) return []
  const body = lines.findIndex((line, index) => index >= start && line.endsWith('{')) + 1
  return [lines.slice(body, body + 2).map(line => line.trim())]
}

/** Routes whose verb asks for the permission of another one. */
const BORROWED: Record<string, Operation> = { listReconciliations: 'getReconciliation' }

test('each route of the API names the scope that its verb asks for', () => {
  const wrong: string[] = []
  const named = new Set<string>()
  for (const file of files.filter(one => one.path.startsWith('http/routes/'))) {
    for (const [, id, scope] of file.text.matchAll(/\bid: '(\w+)',[\s\S]*?\bscope: (null|'[^']+')/g)) {
      named.add(id as string)
      const needed = PERMISSIONS[BORROWED[id as string] ?? (id as Operation)] as string | undefined
      if ((needed === undefined ? 'null' : `'${needed}'`) !== scope)
        wrong.push(`${file.path}: ${id} says ${scope}, its verb ${needed ?? 'nothing'}`)
    }
  }
  expect(wrong).toEqual([])
  expect(Object.keys(PERMISSIONS).filter(operation => !named.has(operation))).toEqual([])
})
