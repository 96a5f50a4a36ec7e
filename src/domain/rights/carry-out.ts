// What granting a request does, kind by kind, in the transaction of the decision.
import type { Ctx, Tx } from '../context.ts'
import { startErasure } from '../erasures/start-erasure.ts'
import { queueMail } from '../mail/queue-mail.ts'
import type { MailTemplate } from '../mail/templates.ts'
import { CHECK_LINK_MS, PACKAGE_LINK_MS } from './deadlines.ts'
import type { DecidedValues } from './decided-values.ts'
import { objectToPurposes } from './object-to-purposes.ts'
import type { RequestRow } from './privacy-request.ts'
import { rectifyPayer } from './rectify-payer.ts'
import { rightsLinkUrl } from './rights-link.ts'
import type { RequestKind } from './state.ts'

export type Granted = {
  merchant: string
  values: DecidedValues
}

/** `done` when nothing is left to do, `executing` when it goes on by itself. */
type Carried = 'done' | 'executing'
type Executor = (tx: Tx, ctx: Ctx, row: RequestRow, payerId: string, granted: Granted) => Promise<Carried>

const EXECUTORS: Readonly<Record<RequestKind, Executor>> = {
  // The package is made when it is opened: what is held by then is what it tells.
  async access(tx, ctx, row, _payerId, { merchant }) {
    await tell(tx, ctx, row, merchant, 'request_package')
    return 'done'
  },

  async rectify(tx, ctx, row, payerId, { values, merchant }) {
    await rectifyPayer(tx, ctx, row, payerId, { changes: values.changes ?? {}, merchant })
    await tell(tx, ctx, row, merchant, 'request_done')
    return 'done'
  },

  async object(tx, ctx, row, payerId, { values, merchant }) {
    await objectToPurposes(tx, ctx, payerId, values.purposes ?? [])
    await tell(tx, ctx, row, merchant, 'request_done')
    return 'done'
  },

  async erase(tx, ctx, row, payerId, { merchant }) {
    // Queued while there is somebody to write to; the erasure waits for it.
    await tell(tx, ctx, row, merchant, 'request_erasing')
    await startErasure(tx, ctx, payerId, row.id)
    return 'executing'
  },
}

export const carryOut = (tx: Tx, ctx: Ctx, row: RequestRow, granted: Granted): Promise<Carried> =>
  EXECUTORS[row.kind](tx, ctx, row, row.payer_id as string, granted)

type Told = Extract<MailTemplate, 'request_package' | 'request_done' | 'request_erasing'>

/** By mail to the address on file, with a link of its own that only that mailbox learns. */
async function tell(tx: Tx, ctx: Ctx, row: RequestRow, merchant: string, template: Told): Promise<void> {
  const now = ctx.clock.now().getTime()
  const link = rightsLinkUrl(ctx, 'open', row.id, new Date(now + CHECK_LINK_MS))
  const until = new Date(now + PACKAGE_LINK_MS).toISOString().slice(0, 10)
  await queueMail(tx, ctx, {
    template,
    locale: row.language,
    to: { payerId: row.payer_id as string },
    data: { merchant, request: row.id, link, until },
  })
}
