/** What becomes of a payment or a set-up with a test card: a pure decision from the card's row. */
import type { DeclineName } from './declines.ts'
import type { MagicCard } from './magic-cards.ts'

export type Decision =
  | { kind: 'succeed' }
  | { kind: 'authenticate' }
  | { kind: 'decline'; decline: DeclineName; blocked: boolean }

export interface PaymentSituation {
  offSession: boolean
  /** The payer has just authenticated this very payment. */
  authenticated: boolean
  /** The payment method was set up for off-session use, after authentication. */
  setUp: boolean
  /** `request_three_d_secure` of the request. */
  threeDSecureRequested: boolean
  blockHighestRisk: boolean
  /** The card's expiry month lies behind the clock. */
  expired: boolean
}

export function decidePayment(card: MagicCard, situation: PaymentSituation): Decision {
  if (situation.expired) return declined('expired_card')
  if (card.declined) return declined(card.declined)
  if (card.lookupDeclined) return declined(card.lookupDeclined)
  if (card.radar === 'blocked' || (card.radar === 'highest' && situation.blockHighestRisk)) {
    return { kind: 'decline', decline: 'fraudulent', blocked: true }
  }
  if (!situation.authenticated && needsAuthentication(card, situation)) {
    return situation.offSession ? declined('authentication_required') : { kind: 'authenticate' }
  }
  if (card.declinedAfterAuthentication) return declined(card.declinedAfterAuthentication.decline)
  if (card.chargeDeclined) return declined(card.chargeDeclined)
  return { kind: 'succeed' }
}

function needsAuthentication(card: MagicCard, situation: PaymentSituation): boolean {
  switch (card.authentication) {
    case 'always':
      return true
    case 'unless_set_up':
      return !(situation.offSession && situation.setUp)
    case 'on_session_only':
      return !situation.offSession
    case 'on_request':
      return situation.threeDSecureRequested && !situation.offSession
    case undefined:
      return false
  }
}

/** Attaching checks the card with its issuer, without the payer. */
export function decideAttach(card: MagicCard): Decision {
  return card.declined ? declined(card.declined) : { kind: 'succeed' }
}

export function decideSetup(card: MagicCard, authenticated: boolean, threeDSecureRequested: boolean): Decision {
  if (card.declined) return declined(card.declined)
  if (card.lookupDeclined) return declined(card.lookupDeclined)
  const asks = card.authentication === 'always' || card.authentication === 'unless_set_up'
  if (!authenticated && (asks || (card.authentication === 'on_request' && threeDSecureRequested))) {
    return { kind: 'authenticate' }
  }
  if (card.declinedAfterAuthentication?.setup) return declined(card.declinedAfterAuthentication.decline)
  return { kind: 'succeed' }
}

function declined(decline: DeclineName): Decision {
  return { kind: 'decline', decline, blocked: false }
}
