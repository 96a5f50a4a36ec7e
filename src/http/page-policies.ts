// What the pages for people outside may load, and where their forms go: no script, unless a page names its own.
import type { AppContext } from './context.ts'

const policyOf = (rules: Record<string, string>): string =>
  Object.entries({
    'default-src': "'none'",
    'style-src': "'self'",
    'form-action': "'none'",
    'base-uri': "'none'",
    'frame-ancestors': "'none'",
    ...rules,
  })
    .map(([name, value]) => `${name} ${value}`)
    .join('; ')

export const READING_PAGE = policyOf({})
export const FORM_PAGE = policyOf({ 'form-action': "'self'" })

/** Scripts: our own, and Stripe.js, which shows the bank's check in frames of Stripe's. */
export function payPagePolicy(stripeJsUrl: string): string {
  const stripe = new URL(stripeJsUrl).origin
  const stripeToo = stripe === 'https://js.stripe.com' ? ' https://api.stripe.com https://hooks.stripe.com' : ''
  return policyOf({
    'script-src': `'self' ${stripeJsUrl}`,
    'connect-src': `'self' ${stripe}${stripeToo}`,
    'frame-src': `${stripe}${stripeToo}`,
  })
}

/** For a page in the language of its reader. */
export function setPageHeaders(c: AppContext, policy: string): void {
  c.header('Content-Security-Policy', policy)
  c.header('Vary', 'Accept-Language')
}
