/** How cards are declined: Stripe's code, decline code, advice and message. Source: Stripe's decline code tables. */

export interface Decline {
  /** The error's `code`. */
  code: string
  declineCode?: string
  adviceCode?: 'confirm_card_data' | 'do_not_try_again' | 'try_again_later'
  networkDeclineCode?: string
  message: string
  param?: string
}

const declined = 'Your card was declined.'

export const DECLINES = {
  generic_decline: decline('generic_decline', 'try_again_later', '01', declined),
  insufficient_funds: decline('insufficient_funds', 'try_again_later', '51', 'Your card has insufficient funds.'),
  lost_card: decline('lost_card', 'do_not_try_again', '41', declined),
  stolen_card: decline('stolen_card', 'do_not_try_again', '43', declined),
  fraudulent: decline('fraudulent', 'do_not_try_again', '59', declined),
  card_velocity_exceeded: decline(
    'card_velocity_exceeded',
    'try_again_later',
    '61',
    'Your card was declined for making repeated attempts too frequently or exceeding its amount limit.',
  ),
  expired_card: {
    code: 'expired_card',
    adviceCode: 'do_not_try_again',
    networkDeclineCode: '54',
    message: 'Your card has expired.',
    param: 'exp_month',
  },
  incorrect_cvc: {
    code: 'incorrect_cvc',
    adviceCode: 'confirm_card_data',
    networkDeclineCode: 'N7',
    message: "Your card's security code is incorrect.",
    param: 'cvc',
  },
  processing_error: {
    code: 'processing_error',
    adviceCode: 'try_again_later',
    networkDeclineCode: '96',
    message: 'An error occurred while processing your card. Try again in a little bit.',
  },
  authentication_required: {
    code: 'authentication_required',
    declineCode: 'authentication_required',
    networkDeclineCode: '1A',
    message: 'Your card was declined. This transaction requires authentication.',
  },
  authentication_not_handled: {
    code: 'authentication_required',
    declineCode: 'authentication_not_handled',
    message: 'This payment required an authentication action to complete, but `error_on_requires_action` was set.',
  },
} as const satisfies Record<string, Decline>

export type DeclineName = keyof typeof DECLINES

function decline(
  declineCode: string,
  adviceCode: NonNullable<Decline['adviceCode']>,
  networkDeclineCode: string,
  message: string,
): Decline {
  return { code: 'card_declined', declineCode, adviceCode, networkDeclineCode, message }
}
