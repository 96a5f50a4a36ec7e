/** Form encoding as Stripe takes it: `a=1`, `a[b]=1`, `a[]=1`, `a[0]=1`, nested, in bodies and in queries. */
import { invalidParameter } from './stripe-error.ts'

export type FormValue = string | FormMap
export interface FormMap {
  [key: string]: FormValue
}

/** More than any real request has; what is beyond is a mistake or an attack. */
const MAX_PAIRS = 1000
const MAX_DEPTH = 8

/** Reads pairs into nested maps without a prototype; lists become maps whose keys are whole numbers. */
export function parseForm(text: string): FormMap {
  const root = newMap()
  if (text === '') return root
  const pairs = text.split('&')
  if (pairs.length > MAX_PAIRS) throw invalidParameter('Too many parameters in one request.')
  for (const pair of pairs) {
    if (pair === '') continue
    const equals = pair.indexOf('=')
    const name = decode(equals < 0 ? pair : pair.slice(0, equals))
    place(root, pathOf(name), equals < 0 ? '' : decode(pair.slice(equals + 1)))
  }
  return root
}

export function newMap(): FormMap {
  return Object.create(null) as FormMap
}

function decode(text: string): string {
  const spaced = text.replaceAll('+', ' ')
  if (!spaced.includes('%')) return spaced
  try {
    return decodeURIComponent(spaced)
  } catch {
    throw invalidParameter('Invalid encoding of a parameter: it is not UTF-8.')
  }
}

/** `a[b][]` → ['a', 'b', '']. Brackets that do not match belong to the name. */
function pathOf(name: string): string[] {
  const open = name.indexOf('[')
  if (open <= 0 || !name.endsWith(']')) return [name]
  const path = [name.slice(0, open), ...name.slice(open + 1, -1).split('][')]
  if (path.length > MAX_DEPTH) throw invalidParameter('Parameters are nested too deeply.')
  return path
}

function place(root: FormMap, path: string[], value: string): void {
  let map = root
  for (let i = 0; i < path.length - 1; i++) {
    const key = listKey(map, path[i]!)
    const next = map[key]
    if (typeof next === 'string') throw invalidParameter('A parameter is both a value and an object.')
    map[key] = next ?? newMap()
    map = map[key] as FormMap
  }
  const last = listKey(map, path.at(-1)!)
  if (typeof map[last] === 'object') throw invalidParameter('A parameter is both a value and an object.')
  map[last] = value
}

/** `[]` stands for the next free place of a list. */
function listKey(map: FormMap, key: string): string {
  return key === '' ? String(Object.keys(map).length) : key
}
