// The sealer's round: seals what waits, signs a checkpoint when it is time, and brings checkpoints outside.
import type { Dependencies } from '../context.ts'
import { copyCheckpoints } from './copy-checkpoints.ts'
import { makeCheckpoint } from './make-checkpoint.ts'
import { sealAudit } from './seal-audit.ts'

/** 1 when more waits for sealing, so that the next round comes at once. */
export async function keepAudit(dependencies: Dependencies, tenantId: string): Promise<number> {
  const { more } = await sealAudit(dependencies, tenantId)
  await makeCheckpoint(dependencies, tenantId, dependencies.settings.checkpointEveryMs)
  await copyCheckpoints(dependencies, tenantId)
  return more ? 1 : 0
}
