// Sends what waits in the outbox. A mail that may have arrived is sent again under the same Message-ID, by which mailboxes
// tell a repeat; a mail is never dropped without its final state.
import { type Mailer, MailFailure } from '../../outbound/mail.ts'
import { claimRows } from '../../queue/claim-rows.ts'
import type { Ctx, Dependencies } from '../context.ts'
import { errorShape } from '../error-shape.ts'
import { DomainError } from '../errors.ts'
import type { Language } from '../languages.ts'
import { openDataKey, openJson, type SealingKey } from '../payers/data-key.ts'
import { payerErased } from '../payers/payer-erased.ts'
import { requirePurpose } from '../privacy/require-purpose.ts'
import { openRowKey } from '../row-key.ts'
import { workerContext } from '../tenants/operator-context.ts'
import { read, write } from '../write.ts'
import { dataPlace, MAIL_TABLE, recipientPlace } from './queue-mail.ts'
import type { MailStatus } from './state.ts'
import { MAIL_TEMPLATES, type MailTemplate, renderMail } from './templates.ts'

/** Sent one after the other, each within its deadline, while the lease lasts. */
const BATCH = 1
const MINUTE_MS = 60_000
/** Waits between the tries: two days all together, as long as a mail server is commonly waited for. */
const RETRY_AFTER_MINUTES = [1, 5, 15, 60, 180, 360, 720, 1_440] as const
/** Mails of one pass. */
const MAILS_MAX = 20

type MailRow = {
  id: string
  template: MailTemplate
  language: Language
  payer_id: string | null
  wrapped_key: Buffer | null
  key_version: number | null
  recipient_sealed: Buffer
  data_sealed: Buffer
  attempts: number
  expires_at: Date | null
}

type Outcome =
  | { status: 'queued'; errorCode: string; retryAt: Date }
  | { status: Exclude<MailStatus, 'queued'>; errorCode: string | null }

/** How many were dealt with. Without a mail server they wait. */
export async function sendDueMails(dependencies: Dependencies, tenantId: string): Promise<number> {
  const { mailer, db, clock } = dependencies
  if (mailer === null) return 0
  const ctx = workerContext(dependencies, tenantId)
  let done = 0
  while (done < MAILS_MAX) {
    const [row] = await claimRows<MailRow>(
      db,
      tenantId,
      {
        table: MAIL_TABLE,
        due: `status = 'queued' and next_attempt_at <= $now`,
        orderBy: 'next_attempt_at',
        set: 'attempts = attempts + 1',
        columns:
          't.id, t.template, t.language, t.payer_id, t.wrapped_key, t.key_version, t.recipient_sealed, t.data_sealed, t.attempts, t.expires_at',
      },
      { now: clock.now(), wall: clock.wall() },
      BATCH,
    )
    if (!row) break
    await keepOutcome(ctx, row, await send(ctx, mailer, row))
    done++
  }
  return done
}

async function send(ctx: Ctx, mailer: Mailer, row: MailRow): Promise<Outcome> {
  const now = ctx.clock.now()
  if (row.expires_at !== null && row.expires_at <= now) return { status: 'expired', errorCode: 'too_late' }
  try {
    const key = await keyOf(ctx, row)
    const data = openJson<Record<string, string>>(ctx, key, dataPlace(row.id), row.data_sealed)
    const address = openJson<string>(ctx, key, recipientPlace(row.id), row.recipient_sealed)
    await mailer.send({
      to: address,
      ...renderMail(row.template, row.language, data),
      messageId: `<${row.id}@${new URL(ctx.settings.publicUrl).hostname}>`,
      language: row.language,
    })
    return { status: 'sent', errorCode: null }
  } catch (error) {
    if (error instanceof DomainError && (error.code === 'payer_erased' || error.code === 'purpose_not_allowed'))
      return { status: 'expired', errorCode: error.code }
    const refused = error instanceof MailFailure ? error : null
    // Whatever else it is, one mail holds up no other.
    if (!refused) ctx.log.error({ mail: row.id, ...errorShape(error) }, 'a mail could not be made')
    const errorCode = refused?.code ?? 'internal_error'
    const wait = RETRY_AFTER_MINUTES[row.attempts - 1]
    return refused?.permanent || wait === undefined
      ? { status: 'failed', errorCode }
      : { status: 'queued', errorCode, retryAt: new Date(now.getTime() + wait * MINUTE_MS) }
  }
}

/**
 * Also while the payer is being erased: that it has begun is told to the person. Whether the purpose still holds is asked
 * again, for the payer may have objected since the mail was queued. @throws payer_erased, purpose_not_allowed
 */
async function keyOf(ctx: Ctx, row: MailRow): Promise<SealingKey> {
  if (row.payer_id !== null) {
    const { payer_id: payerId } = row
    const payer = await read(ctx, async tx => {
      const [found] = await tx.sql<{ status: string; wrapped_key: Buffer; key_version: number }[]>`
        select status, wrapped_key, key_version from payers where tenant_id = ${ctx.tenantId} and id = ${payerId}`
      if (!found || found.status === 'erased') throw payerErased()
      await requirePurpose(tx, payerId, MAIL_TEMPLATES[row.template].purpose, [])
      return found
    })
    return openDataKey(ctx, { payerId, wrapped: payer.wrapped_key, keyVersion: payer.key_version })
  }
  return openRowKey(ctx, MAIL_TABLE, row.id, {
    wrapped: row.wrapped_key as Buffer,
    keyVersion: row.key_version as number,
  })
}

async function keepOutcome(ctx: Ctx, row: MailRow, outcome: Outcome): Promise<void> {
  const { status, errorCode } = outcome
  ctx.meter.count('mails', { outcome: status === 'queued' ? 'retried' : status })
  if (status === 'queued') {
    await ctx.db.transaction(
      ctx.tenantId,
      tx => tx.sql`
        update mail_outbox set next_attempt_at = ${outcome.retryAt}, error_code = ${errorCode}, lease_until = null
         where tenant_id = ${ctx.tenantId} and id = ${row.id} and status = 'queued'`,
    )
    return
  }
  if (status === 'failed') ctx.meter.count('alerts', { name: 'mail_failed' })
  await write(ctx, async tx => {
    await tx.sql`
      update mail_outbox set status = ${status}, error_code = ${errorCode}, finished_at = ${ctx.clock.now()},
                             data_sealed = null, lease_until = null
       where tenant_id = ${ctx.tenantId} and id = ${row.id} and status = 'queued'`
    return {
      value: undefined,
      audit: {
        action: `mail.${status}`,
        object: { type: 'mail', id: row.id },
        outcome: status === 'failed' ? 'failed' : 'ok',
        payerId: row.payer_id,
        details: { template: row.template, ...(errorCode ? { code: errorCode } : {}) },
      },
    }
  })
}
