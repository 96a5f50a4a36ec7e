// Whether each tenant can be served: its secrets open, Stripe takes its key, the account is the one it is bound to.

import { StripeFailure } from '../../stripe/stripe-failure.ts'
import type { Dependencies } from '../context.ts'
import type { Tenant } from '../tenants/tenant-directory.ts'
import { codeIn, type Finding, failed, ok, warning } from './finding.ts'

export async function examineTenants(
  dependencies: Pick<Dependencies, 'stripe'>,
  tenants: Tenant[],
  region: string,
): Promise<Finding[]> {
  if (tenants.length === 0) return [warning('tenants', 'there are none', 'Run: panless tenants add')]
  const findings: Finding[] = []
  for (const tenant of tenants) {
    findings.push(examineRegion(tenant, region))
    findings.push(...(await examineStripe(dependencies, tenant)))
  }
  return findings
}

function examineRegion(tenant: Tenant, region: string): Finding {
  const check = `region of ${tenant.id}`
  return tenant.region === region
    ? ok(check, region)
    : failed(
        check,
        `the tenant is of ${tenant.region}, this deployment of ${region}`,
        'Correct REGION, or serve the tenant from its own region.',
      )
}

async function examineStripe({ stripe }: Pick<Dependencies, 'stripe'>, tenant: Tenant): Promise<Finding[]> {
  const check = `Stripe for ${tenant.id}`
  const setKeys = `Run: panless tenants set ${tenant.id} --stripe-secret-key … --stripe-publishable-key …`
  if (!tenant.secrets) return [failed(check, 'no key is set', setKeys)]
  const findings: Finding[] = []
  try {
    const { id } = await stripe.forAccount(tenant.secrets.secretKey).account()
    const mode = tenant.livemode ? 'live' : 'test'
    findings.push(
      id === tenant.stripeAccountId
        ? ok(check, `account ${id}, ${mode} mode`)
        : failed(check, `the key is of account ${id}, the tenant is bound to ${tenant.stripeAccountId}`, setKeys),
    )
  } catch (error) {
    findings.push(failed(check, wordsOf(error), remedyOf(error, setKeys)))
  }
  if (tenant.secrets.webhookSecrets.length === 0) {
    findings.push(
      warning(
        `webhooks of ${tenant.id}`,
        'no signing secret is set',
        `Run: panless tenants set ${tenant.id} --webhook-secret …`,
      ),
    )
  }
  return findings
}

function wordsOf(error: unknown): string {
  if (!(error instanceof StripeFailure)) return `Stripe cannot be asked${codeIn(error)}`
  if (error.kind === 'authentication') return 'Stripe does not accept the key'
  if (error.kind === 'permission') return 'the key may not read its own account'
  return `Stripe does not answer (${error.kind})`
}

function remedyOf(error: unknown, setKeys: string): string {
  const refused = error instanceof StripeFailure && (error.kind === 'authentication' || error.kind === 'permission')
  return refused ? setKeys : 'See whether this machine reaches STRIPE_API_BASE, and status.stripe.com.'
}
