/** Which account a key opens. `pk_test_X` belongs to the account of `sk_test_X` unless it was given otherwise. */
import { lettersFrom } from './ids.ts'

export interface ConfiguredAccount {
  secretKey: string
  publishableKey: string
  accountId?: string
}

export type KeyKind = 'secret' | 'publishable'

export interface OpenedAccount {
  accountId: string
  kind: KeyKind
}

const TEST_KEY = /^(sk|rk|pk)_test_([A-Za-z0-9_]{4,250})$/
const LIVE_KEY = /^(sk|rk|pk)_live_/
const ACCOUNT_ID = /^acct_[A-Za-z0-9]{8,30}$/

export class KeyTable {
  #given = new Map<string, OpenedAccount>()
  #allowAnyTestKey: boolean

  constructor(accounts: readonly ConfiguredAccount[], allowAnyTestKey: boolean) {
    this.#allowAnyTestKey = allowAnyTestKey
    for (const { secretKey, publishableKey, accountId = accountIdOf(secretKey) } of accounts) {
      if (LIVE_KEY.test(secretKey) || LIVE_KEY.test(publishableKey)) {
        throw new Error('The Stripe simulator never takes a live key')
      }
      if (!/^(sk|rk)_test_/.test(secretKey) || !TEST_KEY.test(secretKey) || !/^pk_test_/.test(publishableKey)) {
        throw new Error('An account of the Stripe simulator needs keys such as sk_test_… and pk_test_…')
      }
      if (!ACCOUNT_ID.test(accountId)) throw new Error('An account id of the Stripe simulator is acct_ and letters')
      this.#given.set(secretKey, { accountId, kind: 'secret' })
      this.#given.set(publishableKey, { accountId, kind: 'publishable' })
    }
  }

  /** The account that a key opens, or null: unknown, ill-formed or live. */
  open(key: string): OpenedAccount | null {
    const given = this.#given.get(key)
    if (given) return given
    if (!this.#allowAnyTestKey || !TEST_KEY.test(key)) return null
    const secretTwin = this.#given.get(key.replace(/^pk_/, 'sk_'))
    const kind = key.startsWith('pk_') ? 'publishable' : 'secret'
    return { accountId: secretTwin?.accountId ?? accountIdOf(key), kind }
  }
}

/** An account id that depends on the key alone, so that it is the same after every start. */
function accountIdOf(key: string): string {
  return `acct_${lettersFrom(`account|${key.replace(/^pk_/, 'sk_')}`, 16)}`
}
