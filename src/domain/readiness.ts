// Whether what panless stands on can be used now. Stripe and the issuer may be away for a while; the rest may not.
import type { Dependencies } from './context.ts'

export type PartState = 'ok' | 'degraded' | 'failed'

export type Readiness = Record<'database' | 'keyring' | 'region' | 'stripe' | 'issuer', PartState>

const PROBE_MS = 2_000
// Probes come every few seconds from a balancer; Stripe is asked at most this often.
const STRIPE_EVERY_MS = 15_000

/** `issuer` is what the verifier of access tokens last saw. */
export function createReadiness(
  dependencies: Pick<Dependencies, 'db' | 'keyring' | 'region' | 'stripe' | 'tenants' | 'settings'>,
) {
  let lastStripe: { at: number; answer: Promise<boolean> } | null = null

  function stripeAnswers(): Promise<boolean> {
    if (lastStripe === null || performance.now() - lastStripe.at >= STRIPE_EVERY_MS) {
      lastStripe = { at: performance.now(), answer: answers(askStripe(dependencies)) }
    }
    return lastStripe.answer
  }

  return async (issuer: { fetchedAt: Date | null; failing: boolean }): Promise<Readiness> => {
    const [database, keyring, region, stripe] = await Promise.all([
      answers(dependencies.db.sql`select 1`),
      answers(dependencies.keyring.ready()),
      answers(dependencies.region.fault().then(fault => fault === null)),
      stripeAnswers(),
    ])
    return {
      database: database ? 'ok' : 'failed',
      keyring: keyring ? 'ok' : 'failed',
      region: region ? 'ok' : 'failed',
      stripe: stripe ? 'ok' : 'degraded',
      issuer: issuer.failing || issuer.fetchedAt === null ? 'degraded' : 'ok',
    }
  }
}

async function askStripe({
  stripe,
  tenants,
  settings,
}: Pick<Dependencies, 'stripe' | 'tenants' | 'settings'>): Promise<boolean> {
  const tenant = (await tenants.find(settings.defaultTenant)) ?? (await tenants.list())[0]
  if (!tenant?.secrets) return false
  await stripe.forAccount(tenant.secrets.secretKey).account()
  return true
}

async function answers(question: PromiseLike<unknown>): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<boolean>()
  const timer = setTimeout(() => resolve(false), PROBE_MS)
  try {
    return await Promise.race([
      Promise.resolve(question).then(
        answer => answer !== false,
        () => false,
      ),
      late,
    ])
  } finally {
    clearTimeout(timer)
  }
}
