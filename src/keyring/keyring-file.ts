// The keyring's file on disk: readable by its owner alone, made without overwriting, replaced as a whole.
import { constants } from 'node:fs'
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { KeyringError } from './keyring.ts'

const OWNER_ONLY = 0o600
const GROUP_AND_OTHERS = 0o077
// A thousand keys take 250 KiB in the clear, and less than 2 MiB as key services wrap them.
const MAX_FILE_BYTES = 2 * 1024 * 1024

/** Makes the file (mode 0600); throws `keyring_exists` rather than overwrite one. */
export async function makePrivateFile(path: string, text: string): Promise<void> {
  await writeNew(path, 'wx', text)
  await syncDirectory(dirname(path))
}

/**
 * Puts another text in the place of the one that was read: whoever opens the file finds one of both, whole, also after a
 * crash. Only one at a time may do this; what a killed one left beside it is overwritten. A key service may take its time
 * to wrap, so a file that was changed meanwhile stays: throws `keyring_changed`.
 */
export async function replacePrivateFile(path: string, read: string, text: string): Promise<void> {
  const beside = `${path}.new`
  await writeNew(beside, 'w', text)
  if ((await readPrivateFile(path)) !== read) {
    await rm(beside)
    throw new KeyringError(
      'keyring_changed',
      'the keyring file was changed meanwhile; nothing was replaced: run this again',
    )
  }
  await rename(beside, path)
  await syncDirectory(dirname(path))
}

/** What tells that the file was replaced; null when it cannot be looked at. */
export async function fileStamp(path: string): Promise<string | null> {
  try {
    const { ino, size, mtimeMs } = await stat(path)
    return `${ino} ${size} ${mtimeMs}`
  } catch {
    return null
  }
}

export async function readPrivateFile(path: string): Promise<string> {
  let file: FileHandle
  try {
    file = await open(path, constants.O_RDONLY)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') {
      throw new KeyringError('keyring_missing', 'the keyring file does not exist; make one with `panless keys init`')
    }
    throw new KeyringError('keyring_unreadable', `the keyring file cannot be opened (${codeOf(error)})`)
  }
  try {
    // The open file is judged, not its name, so that it cannot be exchanged between the check and the read.
    const stat = await file.stat()
    if (!stat.isFile()) throw new KeyringError('keyring_unreadable', 'the keyring is not a regular file')
    if ((stat.mode & GROUP_AND_OTHERS) !== 0) {
      const mode = (stat.mode & 0o777).toString(8).padStart(4, '0')
      throw new KeyringError('keyring_readable_by_others', `the keyring file has mode ${mode}; set it to 0600`)
    }
    if (stat.size > MAX_FILE_BYTES) throw new KeyringError('keyring_malformed', 'the keyring file is too large')
    return await file.readFile('utf8')
  } finally {
    await file.close()
  }
}

async function writeNew(path: string, flags: 'wx' | 'w', text: string): Promise<void> {
  let file: FileHandle
  try {
    file = await open(path, flags, OWNER_ONLY)
  } catch (error) {
    if (codeOf(error) === 'EEXIST') {
      throw new KeyringError(
        'keyring_exists',
        'the keyring file exists already; what it sealed would be lost without it',
      )
    }
    if (flags === 'wx')
      throw new KeyringError('keyring_unreadable', `the keyring file cannot be made (${codeOf(error)})`)
    throw new KeyringError(
      'keyring_unwritable',
      `the keyring file cannot be replaced (${codeOf(error)}); run this where its folder may be written`,
    )
  }
  try {
    await file.chmod(OWNER_ONLY)
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, constants.O_RDONLY)
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
}
