// Files that are served as they are: beside the bundle in an image, beside their owner's source otherwise.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export type Asset = { body: string; integrity: string }

const BASE_STYLE = 'modern-normalize.css'

/** `name` is a file of src/checkout/assets or src/console/assets, or the base that our styles stand on. */
export function readAsset(name: string): Asset {
  const near = ['./assets', '../checkout/assets', '../console/assets'].map(folder =>
    fileURLToPath(new URL(`${folder}/${name}`, import.meta.url)),
  )
  const path = near.find(existsSync) ?? fileURLToPath(import.meta.resolve(`modern-normalize/${BASE_STYLE}`))
  const body = readFileSync(path, 'utf8')
  return { body, integrity: `sha384-${createHash('sha384').update(body).digest('base64')}` }
}

/** The one stylesheet of a page for people outside the company: what all of them share, and its own. */
export const readPageStyle = (name: string): string => `${readAsset('page.css').body}${readAsset(name).body}`
