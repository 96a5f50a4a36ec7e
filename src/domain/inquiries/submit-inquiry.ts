// Takes in what somebody wrote into the form of the contact page. Nobody signs in for it, so floods are kept off: by the
// form's stamp, a field that people do not see, and counts for each address and for the tenant.
import { z } from 'zod'
import type { Ctx, Tx } from '../context.ts'
import { DomainError, invalidField } from '../errors.ts'
import { LANGUAGES } from '../languages.ts'
import { parseInput } from '../parse-input.ts'
import { payerFields } from '../payers/payer.ts'
import { read, write } from '../write.ts'
import { INQUIRY_KINDS, type InquiryContact, messageSchema } from './inquiry.ts'
import { type FormStamp, readFormStamp } from './inquiry-form.ts'
import { storeInquiry } from './store-inquiry.ts'

/** Nobody reads the page and writes a sentence faster. */
export const FILLED_AT_LEAST_MS = 3_000
/** A page that was open for longer is to be looked at again. */
export const STAMP_MAX_MS = 24 * 3_600_000
/** A household writes a few times an hour, a school's office perhaps a dozen times. */
const PER_ADDRESS_AND_HOUR = 15
/** More than this is a flood from many addresses; who writes then is asked to come back. */
const PER_TENANT_AND_HOUR = 500
const HOUR_MS = 3_600_000

export const submitInquiryInput = z.strictObject({
  stamp: z.string().max(200).default(''),
  /** Hidden from people: what is in it was put there by a machine. */
  website: z.string().max(2_000).default(''),
  kind: z.enum(INQUIRY_KINDS),
  message: messageSchema,
  email: payerFields.email,
  name: z.string().trim().max(200).default(''),
  language: z.enum(LANGUAGES),
})

export type Submitted = 'received' | 'again' | 'trapped'

/** @throws insufficient_scope, validation_failed (with `/stamp` for a form that came too soon or too late), rate_limited */
export async function submitInquiry(ctx: Ctx, input: unknown): Promise<Submitted> {
  if (ctx.actor.kind !== 'person') throw new DomainError('insufficient_scope', 'This is for the contact page.')
  const { stamp: text, website, ...wanted } = parseInput(submitInquiryInput, input)
  const stamp = await fitStamp(ctx, text)
  if (website !== '') {
    ctx.meter.count('inquiries', { source: 'page', outcome: 'trapped' })
    return 'trapped'
  }
  if (await read(ctx, tx => isKnown(tx, stamp))) return 'again'
  const contact: InquiryContact = { email: wanted.email, ...(wanted.name === '' ? {} : { name: wanted.name }) }
  return write<Submitted>(ctx, async tx => {
    await refuseFlood(tx, ctx)
    const id = await storeInquiry(tx, ctx, {
      kind: wanted.kind,
      source: 'page',
      language: wanted.language,
      message: wanted.message,
      contact,
      payer: null,
      addressHash: ctx.addressHash,
      formHash: stamp.formHash,
    })
    ctx.meter.count('inquiries', { source: 'page', outcome: id === null ? 'again' : 'received' })
    return {
      value: id === null ? 'again' : 'received',
      audit: {
        action: 'inquiry.submit',
        object: { type: 'inquiry', id },
        details: { kind: wanted.kind, contact: Object.keys(contact), again: id === null },
      },
    }
  })
}

async function fitStamp(ctx: Ctx, text: string): Promise<FormStamp> {
  const stamp = await readFormStamp(ctx.keyring, ctx.tenantId, text)
  if (!stamp) throw invalidField('/stamp', 'is not of a page of ours', 'stale')
  const ageMs = ctx.clock.now().getTime() - stamp.openedAt.getTime()
  if (ageMs < FILLED_AT_LEAST_MS) throw invalidField('/stamp', 'came sooner than anybody can write', 'too_soon')
  if (ageMs > STAMP_MAX_MS) throw invalidField('/stamp', 'is of a page that was open for too long', 'stale')
  return stamp
}

async function isKnown(tx: Tx, { formHash }: FormStamp): Promise<boolean> {
  const known = await tx.sql`select 1 from inquiries where tenant_id = ${tx.tenantId} and form_hash = ${formHash}`
  return known.length > 0
}

/** A few that come at the same moment may slip by; the door lets no more than a burst of them in. @throws rate_limited */
async function refuseFlood(tx: Tx, ctx: Ctx): Promise<void> {
  const since = new Date(ctx.clock.now().getTime() - HOUR_MS)
  const address = ctx.addressHash
  const [count] = await tx.sql<{ of_address: number; of_tenant: number }[]>`
    select (select count(*)::int from inquiries
             where tenant_id = ${tx.tenantId} and address_hash is not distinct from ${address} and created_at > ${since}
               and source = 'page') as of_address,
           (select count(*)::int from inquiries
             where tenant_id = ${tx.tenantId} and source = 'page' and created_at > ${since}) as of_tenant`
  if (count && count.of_address < PER_ADDRESS_AND_HOUR && count.of_tenant < PER_TENANT_AND_HOUR) return
  ctx.meter.count('inquiries', { source: 'page', outcome: 'limited' })
  throw new DomainError('rate_limited', 'Too many messages came within an hour. Send this one later.', {
    retryAfterSeconds: HOUR_MS / 1000,
  })
}
