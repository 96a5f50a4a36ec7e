// Whether the database is marked with this deployment's region.
import type { Dependencies } from '../context.ts'
import { readRegionMarker } from '../region/region-marker.ts'
import { type Finding, failed, ok, warning } from './finding.ts'

const CHECK = 'region of the database'

export async function examineRegion(
  needs: Pick<Dependencies, 'db' | 'statements'>,
  region: string,
): Promise<Finding[]> {
  const marker = await readRegionMarker(needs)
  if (marker.kind === 'absent')
    return [warning(CHECK, 'is not marked yet', 'Start panless serve or worker once: it marks the database.')]
  if (marker.kind === 'forged')
    return [failed(CHECK, 'is not signed by this keyring', 'Find out who changed it, then run: panless region set')]
  if (marker.region !== region)
    return [
      failed(
        CHECK,
        `is ${marker.region}, of this deployment ${region}`,
        'Correct REGION or DATABASE_URL, or run: panless region set',
      ),
    ]
  return [ok(CHECK, region)]
}
