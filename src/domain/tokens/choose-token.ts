// Decides, before anything is written, which token a card becomes: a new one, or one that the payer has already.
import { lookupHash } from '../../crypto/keyed-hash.ts'
import type { TokenLimits } from '../../db/schema/payers.ts'
import type { Ctx } from '../context.ts'
import { DomainError } from '../errors.ts'
import type { CardToSave } from './read-card.ts'
import type { TokenRow } from './show-token.ts'
import type { OnDuplicate } from './token-input.ts'

export type Choice =
  | { kind: 'create'; duplicateOf: string | null; differs: string[] | null }
  | { kind: 'reuse'; token: TokenRow; differs: string[] }

/** Stripe's fingerprint as it is stored: the same card of one tenant, told apart from every other and from nobody else's. */
export function fingerprintHash(ctx: Ctx, fingerprint: string | null): Buffer | null {
  if (fingerprint === null) return null
  return lookupHash(ctx.keyring.derive('lookup-hash'), ctx.tenantId, 'tokens.fingerprint', fingerprint)
}

/** The same rule stands in the SQL function that stores the token. @throws duplicate_card */
export function chooseToken(options: {
  card: CardToSave
  fingerprint: Buffer | null
  limits: TokenLimits | null
  onDuplicate: OnDuplicate
  tokens: readonly TokenRow[]
}): Choice {
  const { fingerprint, onDuplicate } = options
  const twin = fingerprint === null ? undefined : options.tokens.find(token => isTwin(token, fingerprint))
  if (twin === undefined) return { kind: 'create', duplicateOf: null, differs: null }
  if (twin.status === 'frozen' || onDuplicate === 'reject') throw duplicateCard()
  const differs = differences(twin, options.card, options.limits)
  // Charging without the payer there needs a mandate of its own.
  if (onDuplicate === 'reuse' && !differs.includes('usage')) return { kind: 'reuse', token: twin, differs }
  return { kind: 'create', duplicateOf: twin.id, differs }
}

export const duplicateCard = () =>
  new DomainError('duplicate_card', 'The payer has saved this card already, or its token is frozen.')

/** A token whose consent was withdrawn is not the answer to a new consent. */
function isTwin(token: TokenRow, fingerprint: Buffer): boolean {
  if (!token.fingerprint_hash?.equals(fingerprint)) return false
  if (token.status === 'frozen') return true
  return (token.status === 'active' || token.status === 'pending') && token.consent_withdrawn_at === null
}

function differences(twin: TokenRow, { card, usage }: CardToSave, limits: TokenLimits | null): string[] {
  const pairs: Record<string, [unknown, unknown]> = {
    exp_month: [twin.exp_month, card.expMonth],
    exp_year: [twin.exp_year, card.expYear],
    funding: [twin.funding, card.funding],
    usage: [twin.usage, usage],
    limits: [canonical(twin.limits), canonical(limits)],
  }
  return Object.keys(pairs).filter(name => pairs[name]?.[0] !== pairs[name]?.[1])
}

const canonical = (limits: TokenLimits | null): string => JSON.stringify(Object.entries(limits ?? {}).sort())
