// The source as text: its files, and what each of them imports.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

export const ROOT = new URL('../../', import.meta.url).pathname

export type Import = {
  /** A path from src (`db/client.ts`), or the name of a package with its subpath. */
  target: string
  package: boolean
  kind: 'value' | 'type' | 'dynamic'
}

export type SourceFile = {
  /** From src, such as `domain/write.ts`. */
  path: string
  /** The folder below src, or the file itself where it stands at the top. */
  room: string
  text: string
  imports: Import[]
}

const STATIC = /^(?:import|export)\s+(type\s)?(?:[\w*{}\s,$]+?\sfrom\s+)?'([^']+)'/gm
const DYNAMIC = /\bimport\(\s*'([^']+)'\s*\)/g

export function sourceFiles(): SourceFile[] {
  const src = join(ROOT, 'src')
  return readdirSync(src, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && entry.name.endsWith('.ts'))
    .map(entry => readSource(src, join(entry.parentPath, entry.name)))
    .toSorted((a, b) => a.path.localeCompare(b.path))
}

function readSource(src: string, file: string): SourceFile {
  const text = readFileSync(file, 'utf8')
  const path = relative(src, file)
  const importOf = (specifier: string, kind: Import['kind']): Import =>
    specifier.startsWith('.')
      ? { target: relative(src, join(dirname(file), specifier)), package: false, kind }
      : { target: specifier, package: true, kind }
  const imports = [
    ...[...text.matchAll(STATIC)].map(([, type, specifier]) => importOf(specifier as string, type ? 'type' : 'value')),
    ...[...text.matchAll(DYNAMIC)].map(([, specifier]) => importOf(specifier as string, 'dynamic')),
  ]
  return { path, room: path.split('/')[0] as string, text, imports }
}

export const roomOf = (path: string): string => path.split('/')[0] as string

/** The package of an import: `hono/html` is of `hono`, `@hono/node-server` of itself. */
export const packageOf = (target: string): string => /^(@[^/]+\/)?[^/]+/.exec(target)?.[0] ?? target
