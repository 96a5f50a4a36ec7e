// panless checkout: mounts Stripe's own card element on a merchant's page and turns the saved card into a vault token.
// Creates nothing by itself. The card number is typed into Stripe's frame, on Stripe's origin; this page never has it.

const SERVICE = new URL('/', import.meta.url).origin
const TOKENIZE_TRIES = 4
const FIRST_WAIT_MS = 400

/**
 * @param {{ element: string | Element, stripe: Function, publishableKey: string, clientSecret: string,
 *           sessionToken: string, appearance?: object, locale?: string, onChange?: (state: { complete: boolean }) => void }} options
 * @returns {Promise<{ save(): Promise<object>, unmount(): void }>} `save` answers the vault token, or throws CheckoutError.
 */
export async function mountCard(options) {
  const { stripe: Stripe, publishableKey, clientSecret, sessionToken } = options
  if (typeof Stripe !== 'function') throw new CheckoutError('stripe_missing', 'Load Stripe.js before this module.')
  const stripe = Stripe(publishableKey)
  const elements = stripe.elements({ clientSecret, appearance: options.appearance, locale: options.locale })
  const card = elements.create('payment', { layout: 'tabs', wallets: { applePay: 'never', googlePay: 'never' } })
  const ready = new Promise((resolve, reject) => {
    card.on('ready', resolve)
    card.on('loaderror', () => reject(new CheckoutError('stripe_unavailable', 'The card form could not be loaded.')))
  })
  if (options.onChange) card.on('change', event => options.onChange({ complete: event.complete === true }))
  card.mount(options.element)
  await ready

  // A new name for the request at each mount, the same at each try: a lost answer gives the same token.
  const key = `checkout-${crypto.randomUUID()}`
  let confirmed = null

  async function save() {
    if (confirmed === null) {
      const { setupIntent, error } = await stripe.confirmSetup({
        elements,
        clientSecret,
        redirect: 'if_required',
        confirmParams: { return_url: location.href },
      })
      if (error)
        throw new CheckoutError(
          error.decline_code ?? error.code ?? 'card_error',
          error.message ?? 'The card was not accepted.',
        )
      if (setupIntent.status !== 'succeeded')
        throw new CheckoutError('setup_not_succeeded', 'The card has not been confirmed yet.')
      confirmed = setupIntent.id
    }
    return tokenize(confirmed, sessionToken, key)
  }

  return { save, unmount: () => card.unmount() }
}

export class CheckoutError extends Error {
  /** @param {string} code @param {string} message */
  constructor(code, message) {
    super(message)
    this.name = 'CheckoutError'
    this.code = code
  }
}

async function tokenize(setupIntent, sessionToken, key) {
  for (let attempt = 1; ; attempt++) {
    const answer = await send(setupIntent, sessionToken, key)
    if (answer.token) return answer.token
    if (!answer.again || attempt === TOKENIZE_TRIES) throw answer.error
    await new Promise(resolve => setTimeout(resolve, FIRST_WAIT_MS * 2 ** (attempt - 1)))
  }
}

async function send(setupIntent, sessionToken, key) {
  const unreachable = new CheckoutError('unreachable', 'The card could not be saved: no answer. Please try again.')
  try {
    const response = await fetch(`${SERVICE}/v1/tokens`, {
      method: 'POST',
      mode: 'cors',
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
      headers: { authorization: `Bearer ${sessionToken}`, 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify({ setup_intent: setupIntent }),
    })
    const body = await response.json()
    if (response.ok) return { token: body }
    const again = response.status >= 500 || response.status === 429 || body.code === 'idempotency_in_progress'
    return { again, error: new CheckoutError(body.code ?? 'failed', body.detail ?? 'The card could not be saved.') }
  } catch {
    return { again: true, error: unreachable }
  }
}
