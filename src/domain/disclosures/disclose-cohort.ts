// A disclosure about a cohort in which nobody can be known.
import { personOf } from '../audit/entry.ts'
import type { Ctx } from '../context.ts'
import { writeOnce } from '../idempotency/once.ts'
import type { Answer } from '../idempotency/request.ts'
import { newId } from '../ids.ts'
import { sealJson } from '../payers/data-key.ts'
import { requirePermission } from '../permissions.ts'
import { newRowKey } from '../row-key.ts'
import { read } from '../write.ts'
import type { CohortColumnName } from './cohort-columns.ts'
import {
  type DisclosureDetails,
  type DisclosureView,
  disclosureDetailsPlace,
  loadDisclosure,
  type PackageFormat,
  packagePlace,
  showDisclosure,
} from './disclosure.ts'
import { type CohortFilter, deidentifiedCohort, loadCohort, refuseNearTwin } from './load-cohort.ts'
import { PACKAGE_HOURS, packageOfCohort } from './make-package.ts'
import { recipientHashOf } from './recipient-hash.ts'
import { requireCohortPurpose } from './require-covered.ts'

const COHORT_PURPOSE = 'service_improvement'
const HOUR_MS = 3_600_000

type CohortWish = {
  cohort: CohortFilter
  columns: CohortColumnName[]
  recipient: string
  reference: string | null
  purpose?: string
  format: PackageFormat
}

/** @throws what createDisclosure throws for a cohort */
export async function discloseCohort(ctx: Ctx, wish: CohortWish): Promise<Answer<DisclosureView>> {
  requirePermission(ctx, 'createDisclosure')
  const { columns, format } = wish
  const now = ctx.clock.now()
  const id = newId('disclosure', now)
  const own = await newRowKey(ctx, 'disclosures', id)
  const purpose = wish.purpose ?? COHORT_PURPOSE
  const details: DisclosureDetails = {
    recipient: wish.recipient,
    ...(wish.reference === null ? {} : { reference: wish.reference }),
  }
  return writeOnce(ctx, {
    resume: made => read(ctx, tx => loadDisclosure(tx, made)).then(found => showDisclosure(ctx, found)),
    change: async tx => {
      await requireCohortPurpose(tx, purpose)
      const { people, report } = deidentifiedCohort(await loadCohort(tx, wish.cohort, columns, purpose), columns)
      const recipientHash = recipientHashOf(ctx, wish.recipient)
      await refuseNearTwin(tx, recipientHash, people)
      const { region } = ctx.settings
      const told = { id, basis: 'deidentified', purpose, consent_id: null, details, region, at: now } as const
      const { text, sha256 } = packageOfCohort(told, columns, people, format)
      await tx.sql`
        insert into disclosures (tenant_id, id, status, basis, purpose, wrapped_key, key_version, recipient_hash,
                                 details_sealed, fields, cohort, report, people, format, sha256, package_sealed,
                                 package_until, created_by, created_at, decided_at)
        values (${ctx.tenantId}, ${id}, 'made', 'deidentified', ${purpose}, ${own.wrapped}, ${own.keyVersion},
                ${recipientHash}, ${sealJson(ctx, own.key, disclosureDetailsPlace(id), details)}, ${columns},
                ${JSON.stringify(wish.cohort)}::text::jsonb, ${JSON.stringify(report)}::text::jsonb, ${people.length}, ${format}, ${sha256},
                ${sealJson(ctx, own.key, packagePlace(id), text)},
                ${new Date(now.getTime() + PACKAGE_HOURS * HOUR_MS)}, ${personOf(ctx.actor)}, ${now}, ${now})`
      await tx.sql`
        insert into disclosure_people (tenant_id, payer_id, disclosure_id, at)
        select ${ctx.tenantId}, told.payer_id, ${id}, ${now} from unnest(${people.map(person => person.id)}::text[]) as told(payer_id)`
      return {
        result: await showDisclosure(ctx, await loadDisclosure(tx, id)),
        objectId: id,
        payer: null,
        audit: {
          action: 'disclosure.make',
          object: { type: 'disclosure', id },
          details: { basis: 'deidentified', purpose, fields: columns, ...report, sha256: sha256.toString('hex') },
        },
      }
    },
  })
}
