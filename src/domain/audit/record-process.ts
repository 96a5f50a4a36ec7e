// Records that a process of the service began to work, and stopped, in the log of every tenant that it works for.
import type { Dependencies } from '../context.ts'
import { workerContext } from '../tenants/operator-context.ts'
import { write } from '../write.ts'

export async function recordProcess(
  dependencies: Dependencies,
  process: 'serve' | 'worker',
  what: 'start' | 'stop',
): Promise<void> {
  for (const { id } of await dependencies.tenants.list()) {
    await write(workerContext(dependencies, id), async () => ({
      value: null,
      audit: { action: `service.${what}`, object: { type: 'process', id: process } },
    }))
  }
}
