// `npm run bundle`: one file of everything that production runs, the migrations and assets beside it, and no dev code.
import { chmod, cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { parseArgs } from 'node:util'
import { build, type Plugin } from 'esbuild'

const ROOT = resolve(import.meta.dirname, '..', '..')
/** Read by the console as it is, so no import names it. */
const BASE_STYLE = 'node_modules/modern-normalize/modern-normalize.css'
const DEV = join(ROOT, 'src', 'dev') + sep

export type Bundle = { folder: string; bytes: number; packages: string[] }

/** Writes the layout of the image into a folder, which is emptied first. */
export async function bundle(folder: string): Promise<Bundle> {
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  const built = await build({
    absWorkingDir: ROOT,
    entryPoints: { panless: 'src/main.ts', healthcheck: 'src/cli/healthcheck.ts' },
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    minify: true,
    keepNames: true,
    // The modules of packages that have both kinds, so that what nobody uses is left out.
    mainFields: ['module', 'main'],
    legalComments: 'none',
    // The drivers are asked for inside try blocks and are not needed; key services' libraries are installed beside it.
    external: ['pg-native', 'cloudflare:sockets', '@aws-sdk/client-kms', '@google-cloud/kms'],
    banner: { js: COMMONJS_NAMES },
    plugins: [withoutDev, oneLanguage],
    metafile: true,
    logLevel: 'silent',
  })
  const file = join(folder, 'panless.mjs')
  await chmod(file, 0o755)
  await copyMigrations(join(folder, 'drizzle'))
  for (const room of ['checkout', 'console']) {
    await cp(join(ROOT, 'src', room, 'assets'), join(folder, 'assets'), { recursive: true })
  }
  await cp(join(ROOT, BASE_STYLE), join(folder, 'assets', basename(BASE_STYLE)))
  const inputs = [...Object.keys(built.metafile.inputs), BASE_STYLE]
  const packages = await writeLicences(inputs, join(folder, 'LICENCES.txt'))
  const bytes = Object.entries(built.metafile.outputs).find(([name]) => name.endsWith('panless.mjs'))?.[1].bytes ?? 0
  return { folder, bytes, packages }
}

/** What CommonJS packages take for granted. */
const COMMONJS_NAMES = [
  `import { createRequire as $createRequire } from 'node:module'`,
  `const require = $createRequire(import.meta.url)`,
  `const __filename = import.meta.filename`,
  `const __dirname = import.meta.dirname`,
].join(';')

/** In place of each file of `src/dev` that a command would load. */
const NOT_HERE = `throw new Error('This command runs in a checkout of panless only: npm start')`

const withoutDev: Plugin = {
  name: 'without-dev',
  setup(setup) {
    setup.onResolve({ filter: /^\.{1,2}\// }, ({ resolveDir, path }) => {
      const target = resolve(resolveDir, path)
      return target.startsWith(DEV) ? { path: relative(ROOT, target), namespace: 'not-here' } : null
    })
    setup.onLoad({ filter: /.*/, namespace: 'not-here' }, () => ({ contents: NOT_HERE }))
  },
}

/** Our messages are written here, so zod's words in 50 languages would only be parsed at each start. */
const oneLanguage: Plugin = {
  name: 'one-language',
  setup(setup) {
    setup.onLoad({ filter: /zod\/v4\/locales\/index\.js$/ }, () => ({
      contents: `export { default as en } from './en.js'`,
    }))
  },
}

/** The SQL and its journal; the snapshots are for making the next migration. */
async function copyMigrations(folder: string): Promise<void> {
  const from = join(ROOT, 'drizzle')
  await mkdir(join(folder, 'meta'), { recursive: true })
  for (const name of await readdir(from)) if (name.endsWith('.sql')) await cp(join(from, name), join(folder, name))
  await cp(join(from, 'meta', '_journal.json'), join(folder, 'meta', '_journal.json'))
}

/** The licences of panless and of every package whose code is in the bundle. */
async function writeLicences(inputs: string[], file: string): Promise<string[]> {
  const folders = new Set(inputs.map(packageFolder).filter(folder => folder !== null))
  const packages: string[] = []
  const texts = [`panless\n\n${await readFile(join(ROOT, 'LICENSE'), 'utf8')}`]
  for (const folder of [...folders].toSorted()) {
    const { name, version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
    const licence = (await readdir(folder)).find(entry => /^licen[cs]e/i.test(entry))
    packages.push(`${name}@${version}`)
    texts.push(`${name} ${version} (${license})\n\n${licence ? await readFile(join(folder, licence), 'utf8') : ''}`)
  }
  await writeFile(file, texts.join(`\n${'-'.repeat(80)}\n\n`))
  return packages
}

function packageFolder(input: string): string | null {
  const match = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)
  return match ? join(ROOT, match[1] as string) : null
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { out: { type: 'string', default: join(ROOT, 'dist') } } })
  const { folder, bytes, packages } = await bundle(resolve(values.out))
  console.log(
    `Bundled ${(bytes / 1024 / 1024).toFixed(1)} MiB from ${packages.length} packages into ${relative(process.cwd(), folder) || dirname(folder)}`,
  )
}
