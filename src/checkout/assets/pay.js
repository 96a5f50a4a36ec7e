// The payer's page: asks panless to confirm, lets Stripe.js show the bank's own check, and says how it ended.
const at = id => document.getElementById(id)
const link = location.pathname

async function post(step) {
  const response = await fetch(`${link}/${step}`, {
    method: 'POST',
    credentials: 'omit',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  })
  const body = await response.json()
  if (!response.ok) throw new Error(body.detail)
  return body
}

function show(state) {
  for (const id of ['ask', 'paid', 'working', 'over']) at(id).hidden = id !== (state === 'open' ? 'ask' : state)
  if (state !== 'open') at(state).focus()
}

async function confirm() {
  const begun = await post('begin')
  if (begun.client_secret === null) return begun.state
  const stripe = window.Stripe(begun.publishable_key)
  const { error } = await stripe.handleNextAction({ clientSecret: begun.client_secret })
  const { state } = await post('finish')
  at('problem').hidden = !(error || state === 'open')
  return state
}

at('confirm').addEventListener('click', async () => {
  at('confirm').disabled = true
  at('problem').hidden = true
  at('busy').textContent = at('busy').dataset.text
  try {
    show(await confirm())
  } catch {
    at('problem').hidden = false
  } finally {
    at('confirm').disabled = false
    at('busy').textContent = ''
  }
})
