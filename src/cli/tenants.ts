// panless tenants: who this deployment serves, and the account at Stripe that each is bound to.
import { Command, InvalidArgumentError } from 'commander'
import { addTenant } from '../domain/tenants/add-tenant.ts'
import { listTenants } from '../domain/tenants/list-tenants.ts'
import { pauseCharging } from '../domain/tenants/pause-charging.ts'
import { resumeCharging } from '../domain/tenants/resume-charging.ts'
import { setTenant } from '../domain/tenants/set-tenant.ts'
import { setTenantStripe } from '../domain/tenants/set-tenant-stripe.ts'
import type { TenantView } from '../domain/tenants/tenant-view.ts'
import { UsageError } from './exit-codes.ts'
import { printJson, printTable } from './output.ts'
import { SECRET_SOURCE, SECRET_SOURCE_HELP, secretReader } from './secret-source.ts'
import { type OpenVault, withVault } from './with-vault.ts'

/** How a cap is lifted; a parsed option cannot be null. */
const NO_CAP = 'none'
type Cap = number | typeof NO_CAP

type Settings = {
  name?: string
  origin?: string[]
  clearOrigins?: boolean
  maxAmountPerCharge?: Cap
  maxAmountPerHour?: Cap
  maxChargesPerHour?: Cap
  stripeSecretKey?: string
  stripePublishableKey?: string
  webhookSecret?: string[]
  json?: boolean
}

const EXIT_HELP = `
Exit codes: 0 done, 1 refused, 2 wrong usage, 69 Stripe or the database is away, 78 wrong configuration.`

export function tenantsCommand(): Command {
  return new Command('tenants')
    .description('Add and change the tenants of this deployment.')
    .addHelpText('after', EXIT_HELP)
    .addCommand(addCommand())
    .addCommand(listCommand())
    .addCommand(setCommand())
    .addCommand(
      chargingCommand('pause-charging', 'Let a tenant reserve no more charges, from the moment this answers.'),
    )
    .addCommand(chargingCommand('resume-charging', 'Let a tenant charge again.'))
}

function addCommand(): Command {
  const command = new Command('add')
    .description('Make a tenant, in the region of this deployment.')
    .argument('<id>', 'lower-case letters, digits and dashes; the value of the tenant claim of its access tokens')
  return withSettings(command)
    .addHelpText(
      'after',
      `${SECRET_SOURCE_HELP}

Examples:
  panless tenants add acme --name "Acme" --origin https://shop.acme.example \\
    --stripe-secret-key env:ACME_STRIPE_KEY --stripe-publishable-key pk_live_… --webhook-secret file:/run/secrets/whsec
  printf '%s\\n' "$KEY" "$SECRET" | panless tenants add acme --stripe-secret-key - --webhook-secret - …
${EXIT_HELP}`,
    )
    .action((id: string, settings: Settings) =>
      withVault(async vault => {
        await addTenant(vault.ctx(id), { id, name: settings.name ?? id })
        await change(vault, id, { ...settings, name: undefined }).catch(error => {
          console.error(`${id} was added, but not everything was set. Set the rest with: panless tenants set ${id} …`)
          throw error
        })
        await show(vault, id, settings.json)
      }),
    )
}

function setCommand(): Command {
  const command = new Command('set')
    .description('Change what is given, and leave the rest.')
    .argument('<id>', 'the tenant')
  return withSettings(command)
    .addHelpText(
      'after',
      `${SECRET_SOURCE_HELP}

While a webhook secret is rolled both are valid: name the source of each, old and new.
A tenant stays bound to its account and mode at Stripe: keys of another one are refused.

Examples:
  panless tenants set acme --max-amount-per-charge 500000 --max-charges-per-hour 2000
  panless tenants set acme --webhook-secret env:OLD_SECRET --webhook-secret env:NEW_SECRET
  panless tenants set acme --max-amount-per-hour none
${EXIT_HELP}`,
    )
    .action((id: string, settings: Settings) =>
      withVault(async vault => {
        if (!(await change(vault, id, settings)))
          throw new UsageError('Name what to change. Run with --help for usage.')
        await show(vault, id, settings.json)
      }),
    )
}

function listCommand(): Command {
  return new Command('list')
    .description('Show the tenants; never a secret.')
    .option('--json', 'as JSON')
    .addHelpText('after', `\nExample:\n  panless tenants list --json\n${EXIT_HELP}`)
    .action((options: { json?: boolean }) =>
      withVault(async vault => {
        const tenants = await listTenants(vault.ctx(vault.config.DEFAULT_TENANT))
        if (options.json) printJson(tenants)
        else printTenants(tenants)
      }),
    )
}

function chargingCommand(name: 'pause-charging' | 'resume-charging', description: string): Command {
  return new Command(name)
    .description(description)
    .argument('<id>', 'the tenant')
    .option('--json', 'as JSON')
    .addHelpText('after', `\nExample:\n  panless tenants ${name} acme\n${EXIT_HELP}`)
    .action((id: string, options: { json?: boolean }) =>
      withVault(async vault => {
        const state = await (name === 'pause-charging' ? pauseCharging : resumeCharging)(vault.ctx(id))
        if (options.json) printJson({ id, ...state })
        else if (state.charging_paused_at === null) console.log(`${id} charges again.`)
        else console.log(`${id} reserves no charge since ${state.charging_paused_at}. Captures and refunds go on.`)
      }),
    )
}

function withSettings(command: Command): Command {
  return command
    .option('--name <name>', 'what people call it')
    .option(
      '--origin <origin>',
      'an origin of its checkout pages, exactly as browsers send it; repeat for more',
      collect,
    )
    .option('--clear-origins', 'allow no origin')
    .option('--max-amount-per-charge <amount>', 'cap in minor units, or none', capOf)
    .option('--max-amount-per-hour <amount>', 'cap in minor units over any hour, or none', capOf)
    .option('--max-charges-per-hour <count>', 'cap over any hour, or none', capOf)
    .option('--stripe-secret-key <source>', `where the secret or restricted key is: ${SECRET_SOURCE}`)
    .option('--stripe-publishable-key <key>', 'the publishable key, which is no secret')
    .option(
      '--webhook-secret <source>',
      `where a webhook signing secret is: ${SECRET_SOURCE}; repeat while one is rolled`,
      collect,
    )
    .option('--json', 'as JSON')
}

/** Answers whether there was anything to change. */
async function change(vault: OpenVault, id: string, settings: Settings): Promise<boolean> {
  const wanted = {
    name: settings.name,
    allowed_origins: settings.clearOrigins ? [] : settings.origin,
    max_amount_per_charge: numberOf(settings.maxAmountPerCharge),
    max_amount_per_hour: numberOf(settings.maxAmountPerHour),
    max_charges_per_hour: numberOf(settings.maxChargesPerHour),
  }
  const plain = Object.values(wanted).some(value => value !== undefined)
  const stripe = await stripeSettings(vault, id, settings)
  if (plain) await setTenant(vault.ctx(id), wanted)
  if (stripe !== null) await setTenantStripe(vault.ctx(id), stripe)
  return plain || stripe !== null
}

async function stripeSettings({ config }: OpenVault, id: string, settings: Settings): Promise<object | null> {
  const { stripeSecretKey, stripePublishableKey, webhookSecret } = settings
  if (stripeSecretKey === undefined && stripePublishableKey === undefined && webhookSecret === undefined) return null
  const fromEnvironment = config.STRIPE_SECRET_KEY !== undefined && id === config.DEFAULT_TENANT
  if (fromEnvironment && (stripeSecretKey !== undefined || stripePublishableKey !== undefined)) {
    throw new UsageError(
      'The Stripe keys of the default tenant come from STRIPE_SECRET_KEY and STRIPE_PUBLISHABLE_KEY.',
    )
  }
  const read = secretReader()
  const secretKey = stripeSecretKey === undefined ? undefined : await read('--stripe-secret-key', stripeSecretKey)
  const webhookSecrets: string[] = []
  for (const source of webhookSecret ?? []) webhookSecrets.push(await read('--webhook-secret', source))
  const ofEnvironment = fromEnvironment ? config.STRIPE_WEBHOOK_SECRET?.reveal() : undefined
  if (ofEnvironment !== undefined && !webhookSecrets.includes(ofEnvironment)) webhookSecrets.push(ofEnvironment)
  return {
    secretKey,
    publishableKey: stripePublishableKey,
    webhookSecrets: webhookSecret === undefined ? undefined : webhookSecrets,
  }
}

async function show(vault: OpenVault, id: string, json?: boolean): Promise<void> {
  const tenant = (await listTenants(vault.ctx(id))).find(one => one.id === id)
  if (json) printJson(tenant)
  else if (tenant) printTenants([tenant])
}

function printTenants(tenants: TenantView[]): void {
  const head = [
    'tenant',
    'name',
    'region',
    'mode',
    'Stripe account',
    'charging',
    'per charge',
    'per hour',
    'charges/hour',
    'origins',
  ]
  const rows = tenants.map(tenant => [
    tenant.id,
    tenant.name,
    tenant.region,
    tenant.mode ?? '-',
    tenant.stripe_account ?? 'no keys yet',
    tenant.charging_paused_at === null ? 'on' : `paused ${tenant.charging_paused_at}`,
    tenant.max_amount_per_charge ?? '-',
    tenant.max_amount_per_hour ?? '-',
    tenant.max_charges_per_hour ?? '-',
    tenant.allowed_origins.join(' ') || '-',
  ])
  printTable(head, rows)
}

const numberOf = (cap: Cap | undefined) => (cap === NO_CAP ? null : cap)

const collect = (value: string, before: string[] = []) => [...before, value]

function capOf(text: string): Cap {
  if (text === NO_CAP) return NO_CAP
  if (!/^[1-9]\d{0,15}$/.test(text)) throw new InvalidArgumentError('It is a whole number from 1, or none.')
  return Number(text)
}
