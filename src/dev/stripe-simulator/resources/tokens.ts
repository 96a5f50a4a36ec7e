/** /v1/tokens: single-use stand-ins for a card, made by Stripe.js; `tok_visa` and its like give a fresh one. */
import type Stripe from 'stripe'
import { cardData } from '../api/common-parameters.ts'
import { clearable, object, required, string } from '../api/parameters.ts'
import { type ApiRoute, route } from '../api/route.ts'
import { invalidRequest, missing } from '../api/stripe-error.ts'
import { type CardDetails, detailsOfData, detailsOfName } from '../cards/card-data.ts'
import { cardOfKey, cardOfName, lastFour } from '../cards/magic-cards.ts'
import { fingerprintOf } from '../cards/payment-method.ts'
import type { Account } from '../state/account.ts'
import type { TokenRecord } from '../state/records.ts'

const text = clearable(string())

const createTable = {
  card: required(
    object({
      ...cardData,
      name: text,
      address_line1: text,
      address_line2: text,
      address_city: text,
      address_state: text,
      address_zip: text,
      address_country: text,
      currency: text,
    }),
  ),
}

export const tokenRoutes: ApiRoute[] = [
  route(
    'POST',
    '/v1/tokens',
    createTable,
    ({ account, params }) => {
      const { card } = params
      return createToken(account, detailsOfData(account, card), card).view
    },
    'open',
  ),
  route('GET', '/v1/tokens/:id', {}, ({ account, ids }) => findToken(account, ids.id!, 'token').view),
]

/** The token with this id; a magic name gives a fresh one at each call. */
function findToken(account: Account, tokenId: string, param: string, status: 400 | 404 = 404): TokenRecord {
  const known = account.tables.tokens.get(tokenId)
  if (known) return known
  const card = tokenId.startsWith('tok_') ? cardOfName(tokenId.slice('tok_'.length)) : undefined
  if (!card) throw missing('token', tokenId, param, status)
  return createToken(account, detailsOfName(account, card), {})
}

/** Uses a token up: the card behind it. 400 `token_already_used` the second time. */
export function useToken(account: Account, tokenId: string, param: string): CardDetails {
  const token = findToken(account, tokenId, param, 400)
  if (token.view.used) {
    const message = `You cannot use a Stripe token more than once: ${token.id}.`
    throw invalidRequest(message, { code: 'token_already_used', param })
  }
  token.view.used = true
  account.tables.tokens.changed(token)
  const { exp_month, exp_year, cvc_check } = token.view.card!
  const cvcSent = cvc_check !== null
  return { card: cardOfKey(token.card), expMonth: exp_month, expYear: exp_year, cvcSent, byName: token.byName }
}

type CardText = Partial<
  Record<`address_${'line1' | 'line2' | 'city' | 'state' | 'zip' | 'country'}` | 'name', string | null>
>

function createToken(account: Account, details: CardDetails, given: CardText): TokenRecord {
  const { card } = details
  const tokenId = account.ids.next('tok')
  const view: Stripe.Token = {
    id: tokenId,
    object: 'token',
    card: {
      id: account.ids.next('card'),
      object: 'card',
      address_city: given.address_city ?? null,
      address_country: given.address_country ?? null,
      address_line1: given.address_line1 ?? null,
      address_line1_check: given.address_line1 ? 'unchecked' : null,
      address_line2: given.address_line2 ?? null,
      address_state: given.address_state ?? null,
      address_zip: given.address_zip ?? null,
      address_zip_check: given.address_zip ? 'unchecked' : null,
      brand: LEGACY_BRANDS[card.brand],
      country: card.country,
      cvc_check: details.cvcSent ? 'unchecked' : null,
      dynamic_last4: null,
      exp_month: details.expMonth,
      exp_year: details.expYear,
      fingerprint: fingerprintOf(account, card),
      funding: card.funding,
      last4: lastFour(card),
      metadata: {},
      name: given.name ?? null,
      regulated_status: 'unregulated',
      tokenization_method: null,
    },
    client_ip: null,
    created: account.nowSeconds,
    livemode: false,
    type: 'card',
    used: false,
  }
  return account.tables.tokens.add({ id: tokenId, view, card: card.names[0]!, byName: details.byName })
}

/** Card objects inside tokens name brands as they did before payment methods. */
const LEGACY_BRANDS = {
  amex: 'American Express',
  diners: 'Diners Club',
  discover: 'Discover',
  jcb: 'JCB',
  mastercard: 'MasterCard',
  unionpay: 'UnionPay',
  visa: 'Visa',
} as const
