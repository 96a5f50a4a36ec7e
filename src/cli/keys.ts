// panless keys: the keyring, without which nothing sealed can be read again.
import { resolve } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { loadKeyringSettings } from '../config.ts'
import type { Ctx } from '../domain/context.ts'
import { countRows } from '../domain/keys/count-rows.ts'
import { listKeyVersions } from '../domain/keys/list-key-versions.ts'
import { retireKeyVersion } from '../domain/keys/retire-key-version.ts'
import { prepareKeyVersion, rotateKeys } from '../domain/keys/rotate-keys.ts'
import { keyringEditor, protectKeyringFile } from '../keyring/edit-keyring.ts'
import { createKeyringFile } from '../keyring/file-keyring.ts'
import { keyServiceOf } from '../open-keyring.ts'
import { EXIT, UsageError } from './exit-codes.ts'
import { printJson, printTable, progressBar } from './output.ts'
import { type OpenVault, withVault } from './with-vault.ts'

const EXIT_HELP = `
Exit codes: 0 done, 1 refused or not all done, 2 wrong usage, 69 the database or the key service is away, 78 wrong
configuration, or another keyring than the database's.`
/** Of the time; see docs/operations.md. */
const SHARE_PERCENT = 20

export function keysCommand(): Command {
  return new Command('keys')
    .description('The keyring that seals personal data and secrets.')
    .addHelpText('after', EXIT_HELP)
    .addCommand(initCommand())
    .addCommand(protectCommand())
    .addCommand(listCommand())
    .addCommand(rotateCommand())
    .addCommand(retireCommand())
}

function initCommand(): Command {
  return new Command('init')
    .description('Make a keyring file with fresh keys, readable by its owner alone. An existing file is never touched.')
    .argument('[file]', 'where; default: KEYRING_FILE, or keyring.json in this folder')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `
With KEYRING=aws-kms, gcp-kms or vault-transit and its settings (see README.md), the keys are wrapped by that service and
the file alone opens nothing; with KEYRING=file, the default, they stand in it.
Keep a copy in a place of its own, apart from the database's backups: without the keyring nothing sealed opens again,
and whoever has both has the data.

Examples:
  panless keys init /etc/panless/keyring.json
  KEYRING_FILE=/etc/panless/keyring.json panless keys init
  KEYRING=aws-kms KEYRING_KEY=arn:aws:kms:…:key/… panless keys init /etc/panless/keyring.json
${EXIT_HELP}`,
    )
    .action(async (file: string | undefined, options: { json?: boolean }) => {
      const settings = loadKeyringSettings()
      const path = resolve(file ?? settings.path)
      const service = keyServiceOf(settings)
      try {
        await createKeyringFile(path, undefined, service)
      } finally {
        service?.close()
      }
      if (options.json) return printJson({ file: path, mode: '0600', keyring: settings.KEYRING })
      const wrapped = service ? ` Its keys are wrapped by ${service.kind}.` : ''
      console.log(
        `Made ${path} (mode 0600).${wrapped} Set KEYRING_FILE to it, and keep a copy apart from the database's backups.`,
      )
    })
}

function protectCommand(): Command {
  return new Command('protect')
    .description('Wrap the keys of a keyring file that holds them in the clear by the key service that KEYRING names.')
    .argument('[file]', 'which; default: KEYRING_FILE, or keyring.json in this folder')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `
The keys stay the same, so running processes go on; start them with the same KEYRING settings from then on. Copies of the
file from before hold the keys in the clear: destroy them, then rotate and retire the old version.

Example:
  KEYRING=gcp-kms KEYRING_KEY=projects/…/cryptoKeys/… panless keys protect /etc/panless/keyring.json
${EXIT_HELP}`,
    )
    .action(async (file: string | undefined, options: { json?: boolean }) => {
      const settings = loadKeyringSettings()
      const service = keyServiceOf(settings)
      if (service === null)
        throw new UsageError('Set KEYRING to aws-kms, gcp-kms or vault-transit: it names who wraps.')
      const path = resolve(file ?? settings.path)
      try {
        await protectKeyringFile(path, service)
      } finally {
        service.close()
      }
      if (options.json) printJson({ file: path, keyring: service.kind })
      else console.log(`The keys of ${path} are wrapped by ${service.kind}. Destroy its older copies, then rotate.`)
    })
}

function listCommand(): Command {
  return new Command('list')
    .alias('status')
    .description('Show the versions of the keys, what stands under each, and how far a rotation has come.')
    .option('--json', 'as JSON')
    .addHelpText('after', `\nExamples:\n  panless keys list\n  panless keys status --json\n${EXIT_HELP}`)
    .action((options: { json?: boolean }) =>
      withVault(async vault => {
        const tenants = await tenantIds(vault)
        const views: ({ tenant: string } & Counted)[] = []
        // One after the other: a count reads whole tables.
        for (const tenant of tenants) views.push({ tenant, ...(await countedVersions(vault.ctx(tenant))) })
        const versions = vault.dependencies.keyring.states()
        if (options.json) return printJson({ current: vault.dependencies.keyring.currentVersion, tenants: views })
        printTable(
          ['version', 'state', 'made', 'used', ...tenants],
          versions.map(({ version, createdAt }) => {
            const of = views.map(view => view.versions.find(one => one.version === version))
            const known = of[0]
            return [
              version,
              known?.state ?? '',
              createdAt.toISOString().slice(0, 10),
              `${known?.used_percent ?? 0} %`,
              ...of.map(one => (one?.rows ?? []).reduce((sum, { rows }) => sum + rows, 0)),
            ]
          }),
        )
        for (const { tenant, rotation } of views) {
          if (rotation && rotation.finished_at === null)
            console.log(
              `${tenant}: ${rotation.percent} % are under version ${rotation.version}; run panless keys rotate`,
            )
        }
      }),
    )
}

type Counted = Awaited<ReturnType<typeof countedVersions>>

/** With the rows that stand under each version. */
async function countedVersions(ctx: Ctx) {
  const { versions, ...view } = await listKeyVersions(ctx)
  const counted = await countRows(ctx)
  const rowsOf = (version: number) =>
    counted.filter(row => row.version === version).map(({ place, rows }) => ({ place, rows }))
  return { ...view, versions: versions.map(one => ({ ...one, rows: rowsOf(one.version) })) }
}

function rotateCommand(): Command {
  return new Command('rotate')
    .description('Make a new version of the keys and put everything sealed under it, while the service goes on.')
    .option('--prepare', 'only add the version, so that every machine can get the file before it is used')
    .option(
      '--share <percent>',
      'of the time that is worked, 1 to 100; the service has the rest',
      percent,
      SHARE_PERCENT,
    )
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `
Run again after it was broken off, at whatever moment, it goes on where it was. Processes that share the file take up the
new version by themselves. Where every machine has a file of its own: --prepare, copy the file to all, then rotate.
Copy the file to its safe place afterwards: what is sealed from now on opens with the new version alone.
Old versions go on opening until they are retired.

Examples:
  panless keys rotate
  panless keys rotate --prepare
  panless keys rotate --share 60 --json
${EXIT_HELP}`,
    )
    .action((options: { prepare?: boolean; share: number; json?: boolean }) =>
      withVault(vault => (options.prepare ? prepare(vault, options.json) : rotate(vault, options))),
    )
}

function retireCommand(): Command {
  return new Command('retire')
    .description('Remove the key of an old version for ever, once nothing stands under it.')
    .argument('<version>', 'the version', wholeNumber)
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `
It is counted in every table of every tenant; what is still under the version is named and nothing is changed. Backups of
the database from before the rotation need a copy of the keyring from before too: keep it as long as them.

Example:
  panless keys retire 1
${EXIT_HELP}`,
    )
    .action((version: number, options: { json?: boolean }) =>
      withVault(async vault => {
        const done = await retireKeyVersion(operator(vault), version, editorOf(vault), {
          contextOf: vault.ctx,
          onWait: ms => sayWait(ms),
        })
        if (done.in_use.length > 0) process.exitCode = EXIT.failed
        if (options.json) return printJson({ version, retired: done.in_use.length === 0, in_use: done.in_use })
        if (done.in_use.length === 0) return console.log(`Version ${version} is retired: its key is gone.`)
        console.error(`Version ${version} is still used. Run panless keys rotate, and try again.`)
        printTable(
          ['tenant', 'where', 'rows'],
          done.in_use.map(({ tenant, place, rows }) => [tenant, place, rows]),
        )
      }),
    )
}

async function prepare(vault: OpenVault, json = false): Promise<void> {
  const version = await prepareKeyVersion(operator(vault), editorOf(vault))
  if (json) printJson({ version, state: 'pending' })
  else console.log(`Version ${version} waits. Copy the keyring file to every machine, then run: panless keys rotate`)
}

async function rotate(vault: OpenVault, options: { share: number; json?: boolean }): Promise<void> {
  const bar = progressBar('rows')
  try {
    const done = await rotateKeys(operator(vault), editorOf(vault), {
      contextOf: vault.ctx,
      share: options.share / 100,
      onProgress: at => bar.update(at.done, at.total),
      onWait: ms => sayWait(ms),
    })
    bar.stop()
    const damaged = done.tenants.reduce((sum, one) => sum + one.damaged, 0)
    if (damaged > 0) process.exitCode = EXIT.failed
    if (options.json) return printJson(done)
    printTable(
      ['tenant', 'rows', 'damaged'],
      done.tenants.map(one => [one.tenant, one.rows, one.damaged]),
    )
    if (damaged > 0) console.error(`${damaged} rows do not open and stay as they are: find out what changed them.`)
    else console.log(`Everything is under version ${done.version}. Copy the keyring file to its safe place now.`)
  } finally {
    bar.stop()
  }
}

let told = false
/** Once: what is waited for is the same each time. */
function sayWait(ms: number): void {
  if (!told) console.error(`Waiting up to ${Math.ceil(ms / 1000)} s, until no process seals with an older version.`)
  told = true
}

const operator = (vault: OpenVault) => vault.ctx(vault.config.DEFAULT_TENANT)
const editorOf = ({ config }: OpenVault) => keyringEditor(config.KEYRING_FILE, keyServiceOf(config))

async function tenantIds({ dependencies }: OpenVault): Promise<string[]> {
  return (await dependencies.tenants.list()).map(({ id }) => id)
}

function percent(text: string): number {
  const value = Number(text)
  if (!(value >= 1 && value <= 100)) throw new InvalidArgumentError('It is a number from 1 to 100.')
  return value
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new InvalidArgumentError('It is the number of a version.')
  return Number(text)
}
