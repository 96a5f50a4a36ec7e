// Documents say what is there: links lead somewhere, paths and commands that are named exist, every setting is listed.
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { expect, test } from 'vitest'
import { ALERT_NAMES } from '../src/domain/alert-names.ts'
import { ROOT } from './support/source-files.ts'

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')
const documents = globSync(['*.md', 'docs/**/*.md'], { cwd: ROOT }).toSorted()
const scripts = Object.keys(JSON.parse(read('package.json')).scripts)

/** Without fenced code, where brackets and paths mean other things. */
const prose = (path: string) => read(path).replace(/^```[\s\S]*?^```/gm, '')

/** The anchor that GitHub makes of a heading. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(/\s/g, '-')

function anchorsOf(path: string): string[] {
  return [...read(path).matchAll(/^#+ (.+)$/gm)].map(([, heading]) => anchorOf(heading as string))
}

test('the documents of the repository are there', () => {
  expect(documents).toEqual(
    expect.arrayContaining([
      'README.md',
      'SECURITY.md',
      'CONTRIBUTING.md',
      'CHANGELOG.md',
      'docs/operations.md',
      'docs/glossary.md',
    ]),
  )
  expect(existsSync(join(ROOT, 'LICENSE'))).toBe(true)
})

test.each(documents)('%s has no dead link', path => {
  const dead = [...prose(path).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link]) => link as string)
    .filter(link => !/^[a-z]+:/.test(link))
    .filter(link => {
      const [file = '', anchor] = link.split('#')
      const target = file === '' ? path : relative(ROOT, join(ROOT, dirname(path), file))
      if (!existsSync(join(ROOT, target))) return true
      return anchor !== undefined && target.endsWith('.md') && !anchorsOf(target).includes(anchor)
    })
  expect(dead).toEqual([])
})

test.each(documents)('%s names no path that is not there', path => {
  const named = [...prose(path).matchAll(/`((?:src|test|docs|drizzle|\.ci)\/[^`\s:]*)`/g)].map(
    ([, file]) => file as string,
  )
  expect(named.filter(file => globSync(file, { cwd: ROOT }).length === 0)).toEqual([])
})

test.each(documents)('%s names no npm script and no command that is not there', path => {
  const commands = [...read('src/cli/run.ts').matchAll(/^ {2}\['([\w-]+)',/gm)].map(([, name]) => name)
  const subcommandsOf = (command: string) =>
    globSync(`src/cli/${command}*.ts`, { cwd: ROOT }).flatMap(file =>
      [...read(file).matchAll(/(?:Command|alias)\('([\w-]+)'/g)].map(([, name]) => name),
    )
  const text = read(path)
  const wrong = [
    ...[...text.matchAll(/\bnpm run ([\w:-]+)/g)].filter(([, name]) => !scripts.includes(name as string)),
    ...[...text.matchAll(/`(?:npx )?panless ([a-z][\w-]*)/g)].filter(([, name]) => !commands.includes(name as string)),
    ...[...text.matchAll(/`(?:npx )?panless ([a-z][\w-]*) ([a-z][\w-]*)(?=[ `])/g)].filter(
      ([, command, name]) => !subcommandsOf(command as string).includes(name),
    ),
  ]
  expect(wrong.map(([found]) => found)).toEqual([])
})

test('the README lists every setting, and none that is not read', () => {
  const config = read('src/config.ts')
  const groups = [/const schema = z\.object\(\{([\s\S]*?)\n\}\)/, /const keyService = \{([\s\S]*?)\n\}/]
  const schema = groups.map(group => group.exec(config)?.[1] ?? '').join('\n')
  const settings = [...schema.matchAll(/^ {2}([A-Z][A-Z0-9_]+):/gm)].map(([, name]) => name as string)
  expect(settings.length).toBeGreaterThan(30)
  const listed = [...read('README.md').matchAll(/^\| `([A-Z][A-Z0-9_]+)`/gm)].map(([, name]) => name as string)
  expect(listed.toSorted()).toEqual(settings.toSorted())
})

test('the page on operations lists every metric and names every alert', () => {
  const operations = read('docs/operations.md')
  const metrics = [
    ...[...read('src/observability/metrics.ts').matchAll(/^ {2}(\w+): \{\s*kind: '(\w+)'/gm)].map(
      ([, name, kind]) => `${name}${kind === 'counter' ? '_total' : ''}`,
    ),
    ...[...read('src/observability/gauges.ts').matchAll(/^ {4}name: '(\w+)'/gm)].map(([, name]) => name as string),
    'process_…',
    'nodejs_…',
  ]
  expect(metrics.length).toBeGreaterThan(20)
  const table = operations.slice(operations.indexOf('| metric | says |'), operations.indexOf('Wake somebody for'))
  const listed = [...table.matchAll(/^\| (`.*`) \|/gm)].flatMap(([, cell]) =>
    [...(cell as string).matchAll(/`([^`]+)`/g)].map(([, name]) => name as string),
  )
  expect(listed.toSorted()).toEqual(metrics.toSorted())
  const [advice = ''] = operations.slice(operations.indexOf('Wake somebody for')).split('\n## ')
  const advised = [...advice.matchAll(/`(\w+)`|name=~?"([^"]+)"/g)].flatMap(([, name, names]) =>
    (name ?? (names as string)).split('\\|'),
  )
  expect(ALERT_NAMES.filter(name => !advised.includes(name))).toEqual([])
})

test('the privacy page names every GET of the API with the purpose that it reads for', () => {
  const routes = globSync('src/http/routes/*.ts', { cwd: ROOT }).flatMap(file =>
    [...read(file).matchAll(/app\.get\(\s*'(\/v1\/[^']+)'/g)].map(([, path]) =>
      (path as string).replaceAll(/:(\w+)/g, '{$1}'),
    ),
  )
  const rows = [...read('docs/privacy.md').matchAll(/^\| (`\/v1\/.*) \| .+ \|$/gm)].map(([, paths]) => paths as string)
  const named = rows.flatMap(paths => [...paths.matchAll(/`([^`]+)`/g)].map(([, path]) => path as string))
  expect(named.toSorted()).toEqual(routes.toSorted())
})

test('the version is the same everywhere', () => {
  const { version } = JSON.parse(read('package.json'))
  expect(read('src/http/version.ts')).toContain(`'${version}'`)
  expect(read('CHANGELOG.md')).toContain(`## ${version}`)
})
