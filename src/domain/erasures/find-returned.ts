// Finds payers on the list of erasures who are alive in the database: it was restored from before their erasure.
import type { Dependencies } from '../context.ts'
import { internalContext } from '../tenants/operator-context.ts'
import { read } from '../write.ts'
import { type ListedErasure, peekListed, readListed } from './keep-apart.ts'

export type PlaceOfPayer = ListedErasure & { here: 'alive' | 'erasing' | 'erased' | 'absent' }

const nameOf = ({ tenant, payer }: Pick<ListedErasure, 'tenant' | 'payer'>) => `${tenant} ${payer}`

/** Payers of one look-up. */
const BATCH = 1_000

/** The list as it stands, each payer once, and how many of its lines are not ours. */
export function readErasureList(
  { statements }: Pick<Dependencies, 'statements'>,
  lines: readonly string[],
): { listed: ListedErasure[]; unreadable: number } {
  const listed = new Map<string, ListedErasure>()
  let unreadable = 0
  for (const line of lines) {
    const one = readListed(statements, line)
    if (one === null) unreadable++
    else listed.set(nameOf(one), one)
  }
  return { listed: [...listed.values()], unreadable }
}

/**
 * Listed payers who are alive, who count once one of the lines that name them is ours. Whoever is erased here is let be
 * without a look at the signature: a list of many years would hold up a start. A line that was damaged may name nobody.
 */
export async function findReturned(
  dependencies: Dependencies,
  lines: readonly string[],
): Promise<{ returned: ListedErasure[]; unreadable: number }> {
  const peeked = lines.map(line => ({ line, listed: peekListed(line) }))
  const named = peeked.flatMap(({ listed }) => listed ?? [])
  const placed = await placePayers(dependencies, named)
  const alive = new Set(placed.filter(({ here }) => here === 'alive').map(nameOf))
  const gone = new Set(placed.filter(({ here }) => here === 'erasing' || here === 'erased').map(nameOf))
  const suspected = peeked.filter(({ listed }) => listed === null || !gone.has(nameOf(listed))).map(({ line }) => line)
  const { listed, unreadable } = readErasureList(dependencies, suspected)
  return { returned: listed.filter(one => alive.has(nameOf(one))), unreadable }
}

/** How each listed payer stands in this database. */
export async function placePayers(
  dependencies: Dependencies,
  listed: readonly ListedErasure[],
): Promise<PlaceOfPayer[]> {
  const placed: PlaceOfPayer[] = []
  for (const [tenant, ofTenant] of Map.groupBy(listed, one => one.tenant)) {
    const ctx = internalContext(dependencies, tenant, { kind: 'worker' })
    for (let at = 0; at < ofTenant.length; at += BATCH) {
      const some = ofTenant.slice(at, at + BATCH)
      const rows = await read(
        ctx,
        tx => tx.sql<{ id: string; status: string }[]>`
          select id, status from payers where tenant_id = ${tenant} and id = any(${some.map(({ payer }) => payer)})`,
      )
      const statuses = new Map(rows.map(({ id, status }) => [id, status]))
      placed.push(...some.map(one => ({ ...one, here: hereOf(statuses.get(one.payer)) })))
    }
  }
  return placed
}

function hereOf(status: string | undefined): PlaceOfPayer['here'] {
  if (status === undefined) return 'absent'
  return status === 'active' ? 'alive' : (status as 'erasing' | 'erased')
}
