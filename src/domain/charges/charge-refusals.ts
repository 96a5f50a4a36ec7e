// What `charge_reserve` and `charge_refusal` refuse with, as refusals that a caller can act on.
import { DomainError, type ErrorCode, notFound } from '../errors.ts'

type Refusal = { code: ErrorCode; detail: string; retryAfterSeconds?: number }

const REFUSALS: Readonly<Record<string, Refusal>> = {
  reference_in_use: {
    code: 'reference_in_use',
    detail: 'A charge with this reference exists. Another try of the same payment needs a new reference.',
  },
  payer_erased: { code: 'payer_erased', detail: 'The payer has been erased.' },
  token_detached: { code: 'token_detached', detail: 'The token is detached. Save the card anew.' },
  token_frozen: { code: 'token_frozen', detail: 'The token is frozen. Whoever may write tokens can thaw it.' },
  token_not_active: { code: 'invalid_state', detail: 'The token is not active: its card is expired or not ready yet.' },
  consent_withdrawn: { code: 'consent_withdrawn', detail: 'The payer has withdrawn the consent to charge this token.' },
  off_session_not_allowed: {
    code: 'off_session_not_allowed',
    detail: 'The payer agreed to be charged while present only.',
  },
  limit_currency: { code: 'limit_exceeded', detail: 'The token may be charged in another currency only.' },
  limit_charge: { code: 'limit_exceeded', detail: 'The amount is above what one charge of this token may have.' },
  limit_window: {
    code: 'limit_exceeded',
    detail: 'The amounts charged to this token in its window would be too much.',
  },
  limit_billing_job: { code: 'limit_exceeded', detail: 'The token may be charged by another billing_job only.' },
  limit_tenant_amount: {
    code: 'limit_exceeded',
    detail: 'The amount is above what one charge of this tenant may have.',
  },
  limit_tenant_hour: {
    code: 'limit_exceeded',
    detail: 'The amounts charged by this tenant within an hour would be too much.',
  },
  rate_tenant_charges: {
    code: 'rate_limited',
    detail: 'This tenant has made as many charges within an hour as it may.',
    retryAfterSeconds: 60,
  },
  charging_paused: {
    code: 'charging_paused',
    detail: 'Charging is paused by an operator. Nothing was reserved.',
    retryAfterSeconds: 60,
  },
}

export function refusalOf(outcome: string): DomainError {
  const refusal = REFUSALS[outcome]
  if (refusal) return new DomainError(refusal.code, refusal.detail, { retryAfterSeconds: refusal.retryAfterSeconds })
  if (outcome === 'not_found') return notFound()
  throw new TypeError('the database refused a charge for a reason that is not known here')
}
