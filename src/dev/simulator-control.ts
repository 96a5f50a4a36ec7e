// The Stripe simulator's control API, as far as the embedded environment steers it.
import type { StripeKeys } from './environment.ts'

export interface SimulatorControl {
  setClock(now: Date): Promise<void>
  /** Gives the account this endpoint; one of the same address is replaced. */
  setWebhookEndpoint(account: StripeKeys, url: string, caFile: string): Promise<void>
  /** Pays out what is available at the simulator's time. */
  payOut(account: StripeKeys): Promise<void>
  setAutomaticPayouts(account: StripeKeys, automatic: boolean): Promise<void>
}

const ANSWER_TIMEOUT_MS = 10_000

export function simulatorControl(controlUrl: string): SimulatorControl {
  const post = async (path: string, body: unknown) => {
    const answer = await fetch(`${controlUrl}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    })
    if (!answer.ok) throw new Error(`the simulator's ${path} answered ${answer.status}: ${await answer.text()}`)
    await answer.arrayBuffer()
  }
  return {
    setClock: now => post('/clock', { set: now.toISOString() }),
    setWebhookEndpoint: (account, url, caFile) =>
      post('/webhook_endpoints', {
        account_key: account.secretKey,
        url,
        secret: account.webhookSecret,
        ca_file: caFile,
      }),
    payOut: account => post('/payouts', { account_key: account.secretKey }),
    setAutomaticPayouts: (account, automatic) =>
      post('/settings', { account_key: account.secretKey, automatic_payouts: automatic }),
  }
}
