/** What an endpoint is: method, path, its parameters as a table, and the function that carries it out. */
import type { Account } from '../state/account.ts'
import type { KeyKind } from '../state/keys.ts'
import { expand } from './common-parameters.ts'
import type { Parsed, Table } from './parameters.ts'

export interface ApiRequest<P> {
  account: Account
  params: P
  /** The ids of the path. */
  ids: Readonly<Record<string, string>>
  keyKind: KeyKind
  /** The path without its query, as lists name it. */
  url: string
}

export interface ApiRoute {
  method: 'GET' | 'POST' | 'DELETE'
  path: string
  table: Table
  /** What a publishable key may do: nothing, all of it, or only with the object's client secret. */
  browser: 'no' | 'open' | 'client_secret'
  handle: (request: ApiRequest<never>) => object
}

type WithExpand<T extends Table> = T & { expand: typeof expand }

/** Puts an endpoint together; `expand` is a parameter of every one. */
export function route<T extends Table>(
  method: ApiRoute['method'],
  path: string,
  table: T,
  handle: (request: ApiRequest<Parsed<T>>) => object,
  browser: ApiRoute['browser'] = 'no',
): ApiRoute {
  const whole: WithExpand<T> = { ...table, expand }
  return { method, path, table: whole, browser, handle: handle as ApiRoute['handle'] }
}
