// The signed row that says to which region a database belongs, and whether everything agrees with it.
import type { Dependencies } from '../context.ts'

type Needs = Pick<Dependencies, 'db' | 'statements' | 'settings'>

export type RegionMarker = { kind: 'absent' } | { kind: 'forged' } | { kind: 'marked'; region: string }

/** The marker is as its signature says, or it is forged. */
export async function readRegionMarker({ db, statements }: Omit<Needs, 'settings'>): Promise<RegionMarker> {
  const [row] = await db.sql<{ region: string; statement: string }[]>`select region, statement from deployment_region`
  if (!row) return { kind: 'absent' }
  const said = statements.read('region', row.statement)
  return said?.region === row.region ? { kind: 'marked', region: row.region } : { kind: 'forged' }
}

/** Why this deployment, its database and its tenants do not agree on a region; null when they do. */
export async function regionFault(needs: Needs): Promise<string | null> {
  const { region } = needs.settings
  const marker = await readRegionMarker(needs)
  if (marker.kind === 'absent') return 'The database is not marked with a region. Start panless once to mark it.'
  if (marker.kind === 'forged')
    return 'The region of the database is not signed by this keyring. Find out who changed it; then: panless region set'
  if (marker.region !== region)
    return `This deployment is of the region ${region}, its database of ${marker.region}. Correct REGION or DATABASE_URL.`
  const [tenant] = await needs.db.sql<{ id: string; region: string }[]>`
    select id, region from tenants where region <> ${region} order by id limit 1`
  return tenant ? `The tenant ${tenant.id} is of the region ${tenant.region}, this deployment of ${region}.` : null
}

/** Marks a database that has no marker yet, when no tenant in it is of another region. Answers whether it did. */
export async function markRegion({ db, statements, settings, clock }: Needs & Pick<Dependencies, 'clock'>) {
  const { region } = settings
  const at = clock.wall()
  const marked = await db.sql`
    insert into deployment_region (region, statement, set_at)
    select ${region}, ${signedRegion(statements, region, at)}, ${at}
     where not exists (select 1 from tenants where region <> ${region})
    on conflict do nothing returning region`
  return marked.length > 0
}

export const signedRegion = (statements: Dependencies['statements'], region: string, at: Date): string =>
  statements.sign('region', { region, at: at.toISOString() })
