// Files that are served as they are: beside the bundle in an image, beside their owner's source otherwise.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export type Asset = { body: string; integrity: string }

/** `name` is a file of src/checkout/assets. */
export function readAsset(name: string): Asset {
  const beside = fileURLToPath(new URL(`./assets/${name}`, import.meta.url))
  const path = existsSync(beside) ? beside : fileURLToPath(new URL(`../checkout/assets/${name}`, import.meta.url))
  const body = readFileSync(path, 'utf8')
  return { body, integrity: `sha384-${createHash('sha384').update(body).digest('base64')}` }
}
