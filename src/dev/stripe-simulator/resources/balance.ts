/** /v1/balance and /v1/balance_transactions. */
import { id, paging, timeRange } from '../api/common-parameters.ts'
import { inRange, listPage } from '../api/list.ts'
import { string } from '../api/parameters.ts'
import { type ApiRoute, route } from '../api/route.ts'
import { missing } from '../api/stripe-error.ts'
import { balanceView } from '../money/balance-transactions.ts'
import type { Account } from '../state/account.ts'
import type { BalanceTransactionRecord } from '../state/records.ts'

const listTable = {
  ...paging,
  available_on: timeRange,
  created: timeRange,
  currency: string({ max: 3 }),
  payout: id,
  source: id,
  type: string({ max: 100 }),
}

export const balanceRoutes: ApiRoute[] = [
  route('GET', '/v1/balance', {}, ({ account }) => balanceView(account)),
  route('GET', '/v1/balance_transactions', listTable, ({ account, params, url }) => {
    const { payout, source, type, currency, created, available_on } = params
    const listed = payout === undefined ? () => true : listedUnder(account, payout)
    const matches = (record: BalanceTransactionRecord) =>
      listed(record) &&
      inRange(record.view.created, created) &&
      inRange(record.view.available_on, available_on) &&
      (source === undefined || record.view.source === source) &&
      (type === undefined || record.view.type === type) &&
      (currency === undefined || record.view.currency === currency)
    return listPage(url, params, account.tables.balance_transactions.all(), matches, record => record.view)
  }),
  route('GET', '/v1/balance_transactions/:id', {}, ({ account, ids }) => {
    const record = account.tables.balance_transactions.get(ids.id!)
    if (!record) throw missing('balance transaction', ids.id!, 'id')
    return record.view
  }),
]

/** The rows of an automatic payout, its own among them; a manual payout has no list. */
function listedUnder(account: Account, payoutId: string): (record: BalanceTransactionRecord) => boolean {
  const payout = account.tables.payouts.get(payoutId)
  if (!payout) throw missing('payout', payoutId, 'payout', 400)
  const own = payout.view.balance_transaction
  return record => record.payout === payoutId && (account.settings.payoutListsItself || record.id !== own)
}
