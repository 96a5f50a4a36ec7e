/** The page of the bank: tells the simulator what the payer chose, then the page around this frame. */
const result = document.querySelector('#result')
const buttons = { succeed: document.querySelector('#complete'), fail: document.querySelector('#fail') }

async function choose(outcome) {
  for (const button of Object.values(buttons)) button.disabled = true
  const body = JSON.stringify({ client_secret: location.hash.slice(1), outcome })
  const answer = await fetch('/v3/authenticate', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  })
  result.textContent = answer.ok ? 'Done. You can go back to the shop.' : 'This payment does not wait for you any more.'
  if (window.parent !== window) window.parent.postMessage({ from: 'stripe-simulator', type: 'authenticated' }, '*')
}

for (const [outcome, button] of Object.entries(buttons)) button.addEventListener('click', () => choose(outcome))
window.addEventListener('message', event => {
  if (event.source === window.parent && event.data?.type === 'close') choose('fail')
})
buttons.succeed.focus()
