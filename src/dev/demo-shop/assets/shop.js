// The shop's page: opens a checkout session at its own back end, then lets panless's module do the rest.
const { mountCard } = await import(document.body.dataset.module)

const at = id => document.getElementById(id)
const show = (id, shown) => {
  at(id).hidden = !shown
}
let card = null
let payer = ''

function problem(text) {
  at('problem').textContent = text
  show('problem', text !== '')
  if (text !== '') at('problem').focus()
}

async function whileBusy(form, words, work) {
  const button = form.querySelector('button')
  problem('')
  button.disabled = true
  at('busy').textContent = words
  try {
    await work()
  } catch (error) {
    problem(error.message)
  } finally {
    button.disabled = false
    at('busy').textContent = ''
  }
}

at('person').addEventListener('submit', event => {
  event.preventDefault()
  whileBusy(event.target, 'Opening the card form…', async () => {
    const response = await fetch('/session', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ short_name: at('short-name').value }),
    })
    const session = await response.json()
    if (!response.ok) throw new Error(session.message)
    payer = session.payer
    show('card', true)
    card = await mountCard({
      element: '#card-element',
      stripe: window.Stripe,
      publishableKey: session.publishable_key,
      clientSecret: session.setup_intent_client_secret,
      sessionToken: session.session_token,
      locale: document.documentElement.lang,
    })
    show('person', false)
  })
})

at('card').addEventListener('submit', event => {
  event.preventDefault()
  if (!at('agree').checked) {
    problem('Please agree to the monthly charge first.')
    return
  }
  whileBusy(event.target, 'Saving your card…', async () => {
    const token = await card.save()
    const brand = token.card.brand.charAt(0).toUpperCase() + token.card.brand.slice(1)
    at('done-card').textContent = `${brand} ending in ${token.card.last4}`
    at('done-token').textContent = token.id
    at('done-payer').textContent = payer
    card.unmount()
    show('card', false)
    show('done', true)
    at('done').focus()
  })
})
