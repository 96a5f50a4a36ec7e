/** What each kind of due work does: the table behind the clock. */
import { StripeApiError } from '../api/stripe-error.ts'
import type { Account } from '../state/account.ts'
import type { TaskHandlers } from '../state/due-work.ts'
import { retryDelivery } from '../webhooks/delivery.ts'
import { releaseFunds } from './balance-transactions.ts'
import { expireAuthorization } from './capture-payment.ts'
import { resumePayment } from './confirm-payment.ts'
import { decideDispute, openDisputes } from './disputes.ts'
import { makeDailyPayout, payPayout, reconcilePayout, sendPayout } from './payouts.ts'
import { failRefund, finishRefund } from './refunds.ts'
import { settleChargeById } from './settle-charge.ts'

export const SCHEDULED_WORK: TaskHandlers = {
  settle_charge: settleChargeById,
  release_funds: account => releaseFunds(account),
  daily_payout: makeDailyPayout,
  payout_in_transit: sendPayout,
  payout_reconciled: reconcilePayout,
  payout_paid: payPayout,
  finish_processing: finishProcessing,
  expire_authorization: expireAuthorization,
  finish_refund: finishRefund,
  fail_refund: failRefund,
  open_disputes: openDisputes,
  decide_dispute: decideDispute,
  deliver_webhook: retryDelivery,
}

function finishProcessing(account: Account, id: string): void {
  const record = account.tables.payment_intents.get(id)
  if (record?.view.status === 'processing') withoutAnswer(() => resumePayment(account, record, false))
}

/** A decline is an answer to a request; where there is none, the events alone tell of it. */
export function withoutAnswer(work: () => void): void {
  try {
    work()
  } catch (error) {
    if (!(error instanceof StripeApiError)) throw error
  }
}
