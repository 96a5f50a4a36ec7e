// Help on every level: what it does, how it ends, and an example wherever there is something to choose.
import type { Command } from 'commander'
import { expect, test } from 'vitest'
import { cliProgram } from '../../src/cli/run.ts'

type Level = { path: string; command: Command }

const program = await cliProgram([])
const levels = walk('panless', program)

function walk(path: string, command: Command): Level[] {
  return [{ path, command }, ...command.commands.flatMap(child => walk(`${path} ${child.name()}`, child))]
}

function helpOf(command: Command): string {
  const parts: string[] = []
  command.configureOutput({ writeOut: part => parts.push(part) })
  command.outputHelp()
  return parts.join('')
}

test('every command that the contract names is there', () => {
  const names = program.commands.map(command => command.name())
  expect(names).toEqual(
    expect.arrayContaining([
      'serve',
      'worker',
      'dev',
      'migrate',
      'doctor',
      'tenants',
      'sessions',
      'keys',
      'reconcile',
      'pan-scan',
      'audit',
      'token',
      'charges',
      'import',
      'export-tokens',
    ]),
  )
})

test.each(levels)('$path says what it does and how it ends', ({ command }) => {
  const help = helpOf(command)
  expect(command.description().length).toBeGreaterThan(10)
  expect(help).toContain('Exit codes:')
  for (const option of command.options) expect(option.description, option.flags).not.toBe('')
})

const choices = levels.filter(
  ({ command }) =>
    command.commands.length === 0 && (command.registeredArguments.length > 0 || command.options.length > 1),
)

test.each(choices)('$path shows an example', ({ command, path }) => {
  const help = helpOf(command)
  expect(help).toMatch(/Examples?:/)
  expect(help).toContain(path === 'panless dev' ? 'npm start' : path)
})
