// `npm run bundle`: what the image holds. One ES module with everything but Node, the migrations, the served assets;
// nothing of the embedded environment. `--out FOLDER` says where to (default: dist).
import { cp, mkdir, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { build, type Plugin } from 'esbuild'

const root = join(import.meta.dirname, '..', '..')

/** Optional native parts that packages look for and do without. */
const NOT_SHIPPED = ['pg-native']

/** What a command that needs the embedded environment says in the image. */
const LEFT_OUT = `throw new Error('The embedded environment is not part of the image. Use a checkout: npm ci && npm start')`

/** CommonJS packages inside an ES module still call require for Node's own modules. */
const REQUIRE = `import { createRequire as panlessCreateRequire } from 'node:module'
const require = panlessCreateRequire(import.meta.url)`

/** The command line loads `dev/` on demand; in the bundle there is nothing behind that door. */
const withoutDev: Plugin = {
  name: 'without-dev',
  setup(builder) {
    builder.onResolve({ filter: /^\.\.\/dev\// }, ({ path }) => ({ path, namespace: 'left-out' }))
    builder.onLoad({ filter: /.*/, namespace: 'left-out' }, () => ({ contents: LEFT_OUT, loader: 'js' }))
  },
}

export interface Bundle {
  file: string
  bytes: number
}

/** Empties the folder's earlier bundle and writes a new one. */
export async function writeBundle(out: string): Promise<Bundle> {
  await mkdir(out, { recursive: true })
  for (const name of ['panless.mjs', 'drizzle', 'assets']) await rm(join(out, name), { recursive: true, force: true })
  const file = join(out, 'panless.mjs')
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ['src/main.ts'],
    outfile: file,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    metafile: true,
    external: NOT_SHIPPED,
    plugins: [withoutDev],
    banner: { js: REQUIRE },
    logLevel: 'warning',
  })
  await cp(join(root, 'drizzle'), join(out, 'drizzle'), { recursive: true })
  await cp(join(root, 'src', 'checkout', 'assets'), join(out, 'assets'), { recursive: true })
  const bytes = Object.values(metafile.outputs).reduce((sum, output) => sum + output.bytes, 0)
  return { file, bytes }
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { out: { type: 'string', default: join(root, 'dist') } } })
  const { file, bytes } = await writeBundle(resolve(values.out))
  console.log(`${file}: ${(bytes / 1024 / 1024).toFixed(1)} MiB`)
}
