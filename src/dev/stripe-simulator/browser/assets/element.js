/**
 * The card fields. This page lives on the simulator's origin inside a merchant's page: what is typed here goes to
 * this origin alone, and the merchant's page gets nothing but the result.
 */
import { TEXTS } from './element-texts.js'

const form = document.querySelector('#card')
const fields = { number: form.elements.number, expiry: form.elements.expiry, cvc: form.elements.cvc }
const errorText = document.querySelector('#card-error')
let texts = TEXTS.en
let publishableKey = ''

const digitsOf = field => field.value.replace(/\D/g, '')

function tell(message, origin = '*') {
  window.parent.postMessage({ from: 'stripe-simulator', ...message }, origin)
}

/** The first thing wrong with what was typed, or null. */
function fault() {
  const number = digitsOf(fields.number)
  if (number.length < 12) return { field: 'number', code: 'incomplete_number' }
  if (!passesLuhn(number)) return { field: 'number', code: 'incorrect_number' }
  if (digitsOf(fields.expiry).length !== 4) return { field: 'expiry', code: 'incomplete_expiry' }
  if (digitsOf(fields.cvc).length < 3) return { field: 'cvc', code: 'incomplete_cvc' }
  return null
}

function passesLuhn(digits) {
  let sum = 0
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[digits.length - 1 - i])
    sum += i % 2 === 0 ? digit : digit > 4 ? 2 * digit - 9 : 2 * digit
  }
  return sum % 10 === 0
}

function show(found, message) {
  for (const [name, field] of Object.entries(fields)) field.setAttribute('aria-invalid', String(found === name))
  errorText.textContent = message
}

function format() {
  const number = digitsOf(fields.number).slice(0, 19)
  const groups = /^3[47]/.test(number) ? /^(\d{0,4})(\d{0,6})(\d{0,5})/ : /(\d{1,4})/g
  const parts = /^3[47]/.test(number) ? number.match(groups).slice(1) : (number.match(groups) ?? [])
  fields.number.value = parts.filter(Boolean).join(' ')
  const expiry = digitsOf(fields.expiry).slice(0, 4)
  fields.expiry.value = expiry.length > 2 ? `${expiry.slice(0, 2)} / ${expiry.slice(2)}` : expiry
  fields.cvc.value = digitsOf(fields.cvc).slice(0, 4)
}

form.addEventListener('input', () => {
  format()
  show(null, '')
  const empty = Object.values(fields).every(field => field.value === '')
  tell({ type: 'change', complete: fault() === null, empty })
})
form.addEventListener('submit', event => event.preventDefault())

async function confirm({ clientSecret, billingDetails }) {
  const found = fault()
  if (found) {
    const message = texts[found.code]
    show(found.field, message)
    fields[found.field].focus()
    return { error: { type: 'validation_error', code: found.code, message } }
  }
  const id = clientSecret.split('_secret_')[0]
  const expiry = digitsOf(fields.expiry)
  const body = new URLSearchParams({
    client_secret: clientSecret,
    'payment_method_data[type]': 'card',
    'payment_method_data[card][number]': digitsOf(fields.number),
    'payment_method_data[card][exp_month]': String(Number(expiry.slice(0, 2))),
    'payment_method_data[card][exp_year]': `20${expiry.slice(2)}`,
    'payment_method_data[card][cvc]': digitsOf(fields.cvc),
  })
  for (const name of ['name', 'email', 'phone']) {
    if (billingDetails?.[name]) body.set(`payment_method_data[billing_details][${name}]`, billingDetails[name])
  }
  const kind = id.startsWith('seti_') ? 'setup_intents' : 'payment_intents'
  const headers = { authorization: `Bearer ${publishableKey}` }
  const answer = await fetch(`/v1/${kind}/${id}/confirm`, { method: 'POST', headers, body })
  const result = await answer.json()
  if (!answer.ok) show(null, result.error.message)
  return answer.ok ? { intent: result } : { error: result.error }
}

window.addEventListener('message', async event => {
  if (event.source !== window.parent || event.data?.to !== 'stripe-simulator') return
  const { type, call, ...rest } = event.data
  if (type === 'start') start(rest)
  if (type === 'focus') fields.number.focus()
  if (type === 'confirm') {
    const result = await confirm(rest).catch(() => ({
      error: { type: 'api_connection_error', message: 'The card could not be sent. Please try again.' },
    }))
    tell({ type: 'result', call, result }, event.origin)
  }
})

function start(options) {
  publishableKey = options.publishableKey
  const language = String(options.locale ?? navigator.language).slice(0, 2)
  texts = TEXTS[language] ?? TEXTS.en
  document.documentElement.lang = TEXTS[language] ? language : 'en'
  for (const label of document.querySelectorAll('[data-text]')) label.textContent = texts[label.dataset.text]
  new ResizeObserver(() => tell({ type: 'height', height: document.body.scrollHeight })).observe(document.body)
  tell({ type: 'ready', height: document.body.scrollHeight })
}

tell({ type: 'loaded' })
