/** Rules for the parameters of an endpoint: each turns a form value into a typed one, or refuses it as Stripe does. */
import type { FormMap, FormValue } from './form-parser.ts'
import { invalidParameter } from './stripe-error.ts'

export interface Rule<T> {
  readonly parse: (value: FormValue, param: string) => T
}
export interface RequiredRule<T> extends Rule<T> {
  readonly required: true
}

export type Table = Readonly<Record<string, Rule<unknown>>>
type Out<R> = R extends Rule<infer T> ? T : never
type RequiredNames<T extends Table> = { [K in keyof T]: T[K] extends RequiredRule<unknown> ? K : never }[keyof T]
export type Parsed<T extends Table> = { [K in RequiredNames<T>]: Out<T[K]> } & {
  [K in Exclude<keyof T, RequiredNames<T>>]?: Out<T[K]>
}

const DEFAULT_STRING_LENGTH = 5000
const PARAMETER_NAME = /^[A-Za-z_][\w[\]]{0,99}$/

/** Checks `form` against `table`: unknown names first, then missing ones, then each value. */
export function parseParameters<T extends Table>(table: T, form: FormMap, prefix = ''): Parsed<T> {
  const nameOf = (key: string) => (prefix === '' ? key : `${prefix}[${key}]`)
  const unknown = Object.keys(form).filter(key => !Object.hasOwn(table, key))
  if (unknown.length > 0) throw unknownParameters(unknown.map(nameOf))
  const parsed: Record<string, unknown> = {}
  for (const [key, rule] of Object.entries(table)) {
    const value = form[key]
    if (value !== undefined) parsed[key] = rule.parse(value, nameOf(key))
    else if ('required' in rule) {
      throw invalidParameter(`Missing required param: ${nameOf(key)}.`, nameOf(key), 'parameter_missing')
    }
  }
  return parsed as Parsed<T>
}

function unknownParameters(names: string[]): Error {
  const shown = names.map(name => (PARAMETER_NAME.test(name) && !/\d{7}/.test(name) ? name : '…'))
  const message = `Received unknown parameter${names.length > 1 ? 's' : ''}: ${shown.join(', ')}`
  return invalidParameter(message, shown[0], 'parameter_unknown')
}

export function required<T>(rule: Rule<T>): RequiredRule<T> {
  return { ...rule, required: true }
}

/** An empty value clears the parameter: null. */
export function clearable<T>(rule: Rule<T>): Rule<T | null> {
  return { parse: (value, param) => (value === '' ? null : rule.parse(value, param)) }
}

export function string(options: { max?: number } = {}): Rule<string> {
  const max = options.max ?? DEFAULT_STRING_LENGTH
  return {
    parse(value, param) {
      if (typeof value !== 'string') throw invalidParameter('Invalid string: a list or an object was given.', param)
      if (value === '') {
        const message = `You passed an empty string for '${param}'. We assume empty values are an attempt to unset a parameter; however '${param}' cannot be unset. You should remove '${param}' from your request or supply a non-empty value.`
        throw invalidParameter(message, param, 'parameter_invalid_empty')
      }
      if (value.length > max) {
        throw invalidParameter(`Invalid string: must be at most ${max} characters`, param, 'parameter_invalid_string')
      }
      return value
    },
  }
}

export function integer(options: { min?: number; max?: number } = {}): Rule<number> {
  const { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = options
  return {
    parse(value, param) {
      if (typeof value !== 'string' || !/^-?\d{1,15}$/.test(value)) {
        throw invalidParameter('Invalid integer', param, 'parameter_invalid_integer')
      }
      const number = Number(value)
      if (number < min) {
        const message = `This value must be greater than or equal to ${min}.`
        throw invalidParameter(message, param, 'parameter_invalid_integer')
      }
      if (number > max) {
        const message = `This value must be less than or equal to ${max}.`
        throw invalidParameter(message, param, 'parameter_invalid_integer')
      }
      return number
    },
  }
}

export const boolean: Rule<boolean> = {
  parse(value, param) {
    if (value === 'true' || value === '1') return true
    if (value === 'false' || value === '0') return false
    throw invalidParameter('Invalid boolean: must be true or false', param, 'parameter_invalid_boolean')
  },
}

export function oneOf<const V extends string>(...values: V[]): Rule<V> {
  return {
    parse(value, param) {
      const found = values.find(candidate => candidate === value)
      if (found === undefined) throw invalidParameter(`Invalid ${param}: must be one of ${values.join(', ')}`, param)
      return found
    },
  }
}

export function list<T>(rule: Rule<T>, options: { max?: number } = {}): Rule<T[]> {
  const { max = 100 } = options
  return {
    parse(value, param) {
      if (value === '') return []
      if (typeof value === 'string' || Object.keys(value).some(key => !/^\d{1,4}$/.test(key))) {
        throw invalidParameter('Invalid array', param, 'parameter_invalid_array')
      }
      const keys = Object.keys(value).sort((a, b) => Number(a) - Number(b))
      if (keys.length > max) throw invalidParameter(`Array too long: at most ${max} items`, param)
      return keys.map(key => rule.parse(value[key]!, `${param}[${key}]`))
    },
  }
}

export function object<T extends Table>(table: T): Rule<Parsed<T>> {
  return {
    parse(value, param) {
      if (typeof value === 'string') throw invalidParameter('Invalid object', param, 'parameter_invalid_object')
      return parseParameters(table, value, param)
    },
  }
}

/** The first rule that takes the value; the last one's refusal if none does. */
export function either<A, B>(first: Rule<A>, second: Rule<B>): Rule<A | B> {
  return {
    parse(value, param) {
      try {
        return first.parse(value, param)
      } catch {
        return second.parse(value, param)
      }
    },
  }
}

/** What Stripe takes and this simulator has no use for: its form is not looked at. */
export const ignored: Rule<undefined> = { parse: () => undefined }
