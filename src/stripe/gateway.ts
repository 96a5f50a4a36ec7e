// The way to Stripe: one gateway for the process, one StripeAccount for each secret key. Every call is sent once, under
// the caller's own idempotency key and one deadline; it answers a checked object or throws StripeFailure.
import { setTimeout as sleep } from 'node:timers/promises'
import { LRUCache } from 'lru-cache'
import Stripe from 'stripe'
import { type BalanceCalls, balanceCalls } from './balance-calls.ts'
import { createCall, type StripeCallReport } from './call.ts'
import { type CardCalls, cardCalls } from './card-calls.ts'
import { createPacer } from './pacer.ts'
import { type PaymentCalls, paymentCalls } from './payment-calls.ts'
import { createTransport } from './transport.ts'

export type StripeAccount = CardCalls & PaymentCalls & BalanceCalls & { readonly mode: 'live' | 'test' }

export interface StripeGateway {
  /** The calls of one account; throws TypeError for what is not a secret or restricted key. */
  forAccount(secretKey: string): StripeAccount
  /** Closes idle connections; calls under way end as unknown. */
  close(): void
}

export type StripeGatewayOptions = {
  /** Default https://api.stripe.com; plain http to a loopback address only, and never with a live key. */
  apiBase?: string
  /** The whole of a call: its turn, connecting, sending, and reading the answer. */
  timeoutMs?: number
  maxConnections?: number
  /** For each account in this process; 0 turns pacing off. Default: Stripe's limits of the key's mode. */
  requestsPerSecond?: number
  observe?: (report: StripeCallReport) => void
}

/** The version that the objects of this folder are read by; another pin needs another look at every reader. */
export const STRIPE_API_VERSION = '2026-10-28.endive'

const STRIPE_API_BASE = 'https://api.stripe.com'
const DEFAULT_TIMEOUT_MS = 20_000
const DEFAULT_MAX_CONNECTIONS = 100
// docs.stripe.com/rate-limits
const LIVE_REQUESTS_PER_SECOND = 100
const TEST_REQUESTS_PER_SECOND = 25
// A client object takes about 50 KiB; the least used account's goes first.
const MAX_ACCOUNTS = 1_000
const SECRET_KEY_FORM = /^(?:sk|rk)_(test|live)_[A-Za-z0-9_]{1,240}$/

/** Builds the gateway; opens no connection. Throws TypeError for an address that it must not talk to. */
export function createStripeGateway(options: StripeGatewayOptions = {}): StripeGateway {
  const base = readApiBase(options.apiBase ?? STRIPE_API_BASE)
  const transport = createTransport({
    origin: base.origin,
    maxConnections: options.maxConnections ?? DEFAULT_MAX_CONNECTIONS,
  })
  const accounts = new LRUCache<string, StripeAccount>({ max: MAX_ACCOUNTS })
  const now = () => performance.now()

  function openAccount(secretKey: string): StripeAccount {
    const mode = SECRET_KEY_FORM.exec(secretKey)?.[1]
    if (mode !== 'live' && mode !== 'test') throw new TypeError('not a Stripe secret key')
    if (mode === 'live' && base.protocol !== 'https') throw new TypeError('a live key is never sent over plain http')
    const stripe = new Stripe(secretKey, {
      apiVersion: STRIPE_API_VERSION,
      host: base.host,
      port: base.port,
      protocol: base.protocol,
      httpClient: transport.httpClient,
      maxNetworkRetries: 0,
      telemetry: false,
    })
    // Made anew for each call, only to be left out by the transport.
    Object.assign(stripe, { getClientUserAgent: (done: (text: string) => void) => done('') })
    const requestsPerSecond =
      options.requestsPerSecond ?? (mode === 'live' ? LIVE_REQUESTS_PER_SECOND : TEST_REQUESTS_PER_SECOND)
    const call = createCall({
      live: mode === 'live',
      timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
      pacer: createPacer({ requestsPerSecond, now, sleep: ms => sleep(ms) }),
      observe: options.observe ?? (() => {}),
      now,
    })
    return { mode, ...cardCalls(stripe, call), ...paymentCalls(stripe, call), ...balanceCalls(stripe, call) }
  }

  return {
    forAccount(secretKey) {
      const known = accounts.get(secretKey)
      if (known) return known
      const account = openAccount(secretKey)
      accounts.set(secretKey, account)
      return account
    },
    close: () => transport.close(),
  }
}

type ApiBase = { origin: string; protocol: 'http' | 'https'; host: string; port: string }

function readApiBase(text: string): ApiBase {
  const url = URL.canParse(text) ? new URL(text) : null
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) throw new TypeError('not an http(s) address')
  if (url.pathname !== '/' || url.search || url.hash || url.username) {
    throw new TypeError('the address of Stripe holds only scheme, host and port')
  }
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const { origin } = url
  if (url.protocol === 'https:') return { origin, protocol: 'https', host, port: url.port || '443' }
  if (host !== 'localhost' && host !== '::1' && !/^127\.\d+\.\d+\.\d+$/.test(host)) {
    throw new TypeError('plain http reaches Stripe on loopback only')
  }
  return { origin, protocol: 'http', host, port: url.port || '80' }
}
