/**
 * The part of Stripe.js that a checkout page needs: window.Stripe(publishableKey) with elements, confirmSetup,
 * confirmPayment, handleNextAction and the retrieve calls. Card fields are a frame of this script's own origin.
 */
;(() => {
  const ORIGIN = new URL(document.currentScript.src).origin

  /** Calls the API with the publishable key. */
  async function call(publishableKey, method, path, params) {
    const query = method === 'GET' ? `?${new URLSearchParams(params)}` : ''
    const body = method === 'GET' ? undefined : new URLSearchParams(params)
    try {
      const answer = await fetch(`${ORIGIN}${path}${query}`, {
        method,
        body,
        headers: { authorization: `Bearer ${publishableKey}` },
      })
      const result = await answer.json()
      return answer.ok ? { intent: result } : { error: result.error }
    } catch {
      return { error: { type: 'api_connection_error', message: 'Stripe could not be reached.' } }
    }
  }

  const pathOf = clientSecret => {
    const id = clientSecret.split('_secret_')[0]
    return `/v1/${id.startsWith('seti_') ? 'setup_intents' : 'payment_intents'}/${id}`
  }

  class CardElement {
    #publishableKey
    #options
    #frame = null
    #listeners = new Map()
    #calls = new Map()
    #ready = Promise.withResolvers()
    #onMessage = event => this.#take(event)

    constructor(publishableKey, options) {
      this.#publishableKey = publishableKey
      this.#options = options
    }

    mount(target) {
      const place = typeof target === 'string' ? document.querySelector(target) : target
      if (!place) throw new Error('The element to mount to is not there.')
      this.#frame = document.createElement('iframe')
      Object.assign(this.#frame, { src: `${ORIGIN}/v3/element`, title: 'Card details', allow: 'payment *' })
      Object.assign(this.#frame.style, { border: '0', width: '100%', height: '170px', display: 'block' })
      window.addEventListener('message', this.#onMessage)
      place.replaceChildren(this.#frame)
      return this
    }

    on(event, listener) {
      this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), listener])
      return this
    }

    off(event, listener) {
      this.#listeners.set(
        event,
        (this.#listeners.get(event) ?? []).filter(known => known !== listener),
      )
      return this
    }

    focus() {
      this.#send({ type: 'focus' })
    }

    update() {
      return this
    }

    unmount() {
      window.removeEventListener('message', this.#onMessage)
      this.#frame?.remove()
      this.#frame = null
    }

    destroy() {
      this.unmount()
    }

    /** The frame confirms by itself; only the result comes back. */
    async confirm(clientSecret, billingDetails) {
      await this.#ready.promise
      const { promise, resolve } = Promise.withResolvers()
      const number = this.#calls.size + 1
      this.#calls.set(number, resolve)
      this.#send({ type: 'confirm', call: number, clientSecret, billingDetails })
      return promise
    }

    #send(message) {
      this.#frame?.contentWindow?.postMessage({ to: 'stripe-simulator', ...message }, ORIGIN)
    }

    #emit(event, detail) {
      for (const listener of this.#listeners.get(event) ?? []) listener(detail)
    }

    #take({ source, origin, data }) {
      if (
        origin !== ORIGIN ||
        !this.#frame ||
        source !== this.#frame.contentWindow ||
        data?.from !== 'stripe-simulator'
      )
        return
      if (data.type === 'loaded')
        this.#send({ type: 'start', publishableKey: this.#publishableKey, locale: this.#options.locale })
      if (data.type === 'ready' || data.type === 'height') this.#frame.style.height = `${data.height + 8}px`
      if (data.type === 'ready') {
        this.#ready.resolve()
        this.#emit('ready', { elementType: this.#options.type })
      }
      if (data.type === 'change') {
        this.#emit('change', {
          elementType: this.#options.type,
          complete: data.complete,
          empty: data.empty,
          value: { type: 'card' },
        })
      }
      if (data.type === 'result') this.#calls.get(data.call)?.(data.result)
    }
  }

  /** Opens the bank's page over the merchant's; resolves when the payer has chosen. Closing it is a failure. */
  function authenticate(clientSecret) {
    const dialog = document.createElement('dialog')
    dialog.setAttribute('aria-label', 'Confirm with your bank')
    Object.assign(dialog.style, { border: '0', borderRadius: '8px', padding: '0', width: 'min(440px, 92vw)' })
    const frame = document.createElement('iframe')
    Object.assign(frame, { src: `${ORIGIN}/v3/authenticate#${clientSecret}`, title: 'Confirm with your bank' })
    Object.assign(frame.style, { border: '0', width: '100%', height: '300px', display: 'block' })
    dialog.append(frame)
    document.body.append(dialog)
    dialog.showModal()
    return new Promise(resolve => {
      const take = ({ source, origin, data }) => {
        if (origin !== ORIGIN || source !== frame.contentWindow || data?.type !== 'authenticated') return
        window.removeEventListener('message', take)
        dialog.remove()
        resolve()
      }
      window.addEventListener('message', take)
      dialog.addEventListener('cancel', event => {
        event.preventDefault()
        frame.contentWindow.postMessage({ to: 'stripe-simulator', type: 'close' }, ORIGIN)
      })
    })
  }

  const failed = intent =>
    intent.last_setup_error ?? intent.last_payment_error ?? { type: 'api_error', message: 'It was not confirmed.' }

  window.Stripe = function Stripe(publishableKey, stripeOptions = {}) {
    if (!/^pk_test_/.test(publishableKey)) throw new Error('Please use a publishable test key (pk_test_…).')
    const retrieve = clientSecret => call(publishableKey, 'GET', pathOf(clientSecret), { client_secret: clientSecret })

    /** Carries on from a confirmed intent: the payer authenticates if the bank wants it. */
    async function carryOn(clientSecret, { intent, error }, name) {
      if (error) return { error }
      let current = intent
      if (current.status === 'requires_action') {
        await authenticate(clientSecret)
        const again = await retrieve(clientSecret)
        if (again.error) return { error: again.error }
        current = again.intent
      }
      return current.status === 'requires_payment_method' ? { error: failed(current) } : { [name]: current }
    }

    async function confirm(name, parameter, { elements, clientSecret, confirmParams = {}, redirect = 'always' }) {
      const secret = clientSecret ?? elements?.clientSecret
      if (!secret) throw new Error('A clientSecret is needed.')
      const billing = confirmParams.payment_method_data?.billing_details
      const direct = () =>
        call(publishableKey, 'POST', `${pathOf(secret)}/confirm`, {
          client_secret: secret,
          payment_method: confirmParams.payment_method ?? '',
        })
      const first = elements ? await elements.element().confirm(secret, billing) : await direct()
      const result = await carryOn(secret, first, name)
      if (!result.error && redirect === 'always' && confirmParams.return_url) {
        const target = new URL(confirmParams.return_url, location.href)
        target.searchParams.set(parameter, result[name].id)
        target.searchParams.set(`${parameter}_client_secret`, secret)
        target.searchParams.set('redirect_status', result[name].status)
        location.assign(target)
      }
      return result
    }

    async function nextAction({ clientSecret }) {
      const name = clientSecret.startsWith('seti_') ? 'setupIntent' : 'paymentIntent'
      return carryOn(clientSecret, await retrieve(clientSecret), name)
    }

    async function retrieveAs(name, clientSecret) {
      const { intent, error } = await retrieve(clientSecret)
      return error ? { error } : { [name]: intent }
    }

    return {
      elements(options = {}) {
        let element = null
        return {
          clientSecret: options.clientSecret,
          create(type) {
            if (type !== 'payment' && type !== 'card') throw new Error('Only the payment and card elements are here.')
            const locale = options.locale ?? stripeOptions.locale
            element = new CardElement(publishableKey, { type, locale: locale === 'auto' ? undefined : locale })
            return element
          },
          getElement: () => element,
          element() {
            if (!element) throw new Error('Create and mount an element first.')
            return element
          },
          submit: async () => ({}),
          update() {},
        }
      },
      confirmSetup: options => confirm('setupIntent', 'setup_intent', options),
      confirmPayment: options => confirm('paymentIntent', 'payment_intent', options),
      handleNextAction: nextAction,
      retrieveSetupIntent: clientSecret => retrieveAs('setupIntent', clientSecret),
      retrievePaymentIntent: clientSecret => retrieveAs('paymentIntent', clientSecret),
    }
  }
  window.Stripe.version = 'simulator'
})()
