// panless keys: the keyring, without which nothing sealed can be read again.
import { resolve } from 'node:path'
import { Command } from 'commander'
import { keyringPath } from '../config.ts'
import { createKeyringFile } from '../keyring/file-keyring.ts'
import { printJson } from './output.ts'

const EXIT_HELP = '\nExit codes: 0 made, 2 wrong usage, 78 the file exists already or cannot be made.'

export function keysCommand(): Command {
  return new Command('keys')
    .description('The keyring that seals personal data and secrets.')
    .addHelpText('after', EXIT_HELP)
    .addCommand(initCommand())
}

function initCommand(): Command {
  return new Command('init')
    .description('Make a keyring file with fresh keys, readable by its owner alone. An existing file is never touched.')
    .argument('[file]', 'where; default: KEYRING_FILE, or keyring.json in this folder')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `
Keep a copy in a place of its own, apart from the database's backups: without the keyring nothing sealed opens again,
and whoever has both has the data.

Examples:
  panless keys init /etc/panless/keyring.json
  KEYRING_FILE=/etc/panless/keyring.json panless keys init
${EXIT_HELP}`,
    )
    .action(async (file: string | undefined, options: { json?: boolean }) => {
      const path = resolve(file ?? keyringPath())
      await createKeyringFile(path)
      if (options.json) printJson({ file: path, mode: '0600' })
      else
        console.log(
          `Made ${path} (mode 0600). Set KEYRING_FILE to it, and keep a copy apart from the database's backups.`,
        )
    })
}
