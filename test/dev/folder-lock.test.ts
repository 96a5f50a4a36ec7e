// One embedded environment for one folder.
import { spawn } from 'node:child_process'
import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { FolderInUseError, lockFolder } from '../../src/dev/folder-lock.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'panless-lock-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test('a locked folder is refused, by any path to it, until it is unlocked', async () => {
  const link = join(folder, 'link')
  await symlink(folder, link)
  const unlock = await lockFolder(folder)
  await expect(lockFolder(folder)).rejects.toThrow(FolderInUseError)
  await expect(lockFolder(link)).rejects.toThrow(FolderInUseError)
  await unlock()
  await (await lockFolder(link))()
})

test('a holder that is killed leaves no lock behind', async () => {
  const script = `const { lockFolder } = await import(${JSON.stringify(join(import.meta.dirname, '../../src/dev/folder-lock.ts'))})
    await lockFolder(${JSON.stringify(folder)})
    console.log('locked')
    setInterval(() => {}, 1000)`
  const holder = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await new Promise(done => holder.stdout.once('data', done))
  await expect(lockFolder(folder)).rejects.toThrow(FolderInUseError)
  holder.kill('SIGKILL')
  await new Promise(done => holder.once('exit', done))
  await (await lockFolder(folder))()
})
