// Changes of a keyring file, for one at a time: who calls takes care of that. Keys that are there are not opened for it.
import type { KeyService } from './key-service.ts'
import { KeyringError } from './keyring.ts'
import {
  documentText,
  type KeyringDocument,
  readKeyringDocument,
  refuseOtherService,
  withActiveVersion,
  withNewVersion,
  withoutVersion,
  wrappedBy,
} from './keyring-document.ts'
import { readPrivateFile, replacePrivateFile } from './keyring-file.ts'

export type KeyringEditor = {
  /** Adds a version that opens and does not seal yet. */
  prepare(at: Date): Promise<void>
  /** Makes the version that waits the one that seals, or adds one that does. */
  advance(at: Date): Promise<void>
  /** Removes the key of a version for ever. */
  retire(version: number, at: Date): Promise<void>
}

export function keyringEditor(path: string, service: KeyService | null): KeyringEditor {
  async function change(edit: (document: KeyringDocument) => Promise<KeyringDocument> | KeyringDocument) {
    const text = await readPrivateFile(path)
    const document = readKeyringDocument(text)
    refuseOtherService(document, service)
    await replacePrivateFile(path, text, documentText(await edit(document)))
  }

  return {
    prepare: at =>
      change(document => {
        if (pendingOf(document) !== null)
          throw new KeyringError('keyring_exists', 'a version waits already; begin with it by `panless keys rotate`')
        return withNewVersion(document, service, { state: 'pending', createdAt: at })
      }),
    advance: at =>
      change(document => {
        const pending = pendingOf(document)
        return pending === null
          ? withNewVersion(document, service, { state: 'active', createdAt: at })
          : withActiveVersion(document, pending)
      }),
    retire: (version, at) => change(document => withoutVersion(document, version, at)),
  }
}

/** Wraps the keys of a file that holds them in the clear; what was in the clear is overwritten nowhere but there. */
export async function protectKeyringFile(path: string, service: KeyService): Promise<void> {
  const text = await readPrivateFile(path)
  const document = await wrappedBy(readKeyringDocument(text), service)
  await replacePrivateFile(path, text, documentText(document))
}

const pendingOf = (document: KeyringDocument): number | null =>
  document.wrapping_keys.find(entry => entry.state === 'pending')?.version ?? null
