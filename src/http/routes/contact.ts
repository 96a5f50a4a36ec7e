// The contact page, for anybody: a form for the default tenant and one for each, and every refusal as a page too.
import { Hono } from 'hono'
import { z } from 'zod'
import {
  type ContactError,
  type ContactFields,
  contactPage,
  contactProblemPage,
  EMPTY_FIELDS,
  thanksPage,
} from '../../checkout/contact-page.ts'
import { addressBlock } from '../../crypto/address-hash.ts'
import { containsCardNumber, MASK, maskCardNumbers } from '../../crypto/pan.ts'
import { DomainError, type FieldError, notFound } from '../../domain/errors.ts'
import { INQUIRY_KINDS } from '../../domain/inquiries/inquiry.ts'
import { readFormStamp, stampForm } from '../../domain/inquiries/inquiry-form.ts'
import { submitInquiry } from '../../domain/inquiries/submit-inquiry.ts'
import type { Tenant } from '../../domain/tenants/tenant-directory.ts'
import { type AppContext, type AppEnv, ctxFor } from '../context.ts'
import { formOf } from '../form-body.ts'
import { PAGE_REFUSALS } from '../middleware/page-errors.ts'
import { operation } from '../openapi.ts'
import { pageLanguage } from '../page-language.ts'
import { FORM_PAGE, setPageHeaders } from '../page-policies.ts'
import { createTokenBuckets } from '../token-buckets.ts'

const PATH = '/contact'
/** A person corrects a form a few times; a machine sends it for ever. */
const POSTS = { burst: 30, perSecond: 1 / 30 }

const formBody = z.object({
  stamp: z.string().describe('From the page.'),
  kind: z.enum(INQUIRY_KINDS),
  message: z.string(),
  email: z.string(),
  name: z.string().optional(),
})

const page = (description: string) => ({ description, mediaType: 'text/html' })
export function contactRoutes() {
  const app = new Hono<AppEnv>()
  const posts = createTokenBuckets(POSTS)

  for (const [path, name] of [
    [PATH, 'Contact'],
    [`${PATH}/:tenant`, 'TenantContact'],
  ] as const) {
    app.get(
      path,
      operation({
        id: `get${name}Page`,
        tag: 'Inquiries',
        summary: 'The form for questions, wishes and complaints, in English, Japanese or Mongolian (`?lang=`)',
        scope: null,
        answers: { 200: page('The page.'), ...PAGE_REFUSALS },
      }),
      async c => c.html(contactPage(await blankPage(c))),
    )
    app.post(
      path,
      operation({
        id: `send${name}Form`,
        tag: 'Inquiries',
        summary: 'Send the form of the contact page',
        description: 'From the page itself, no sooner than a person can write. The same page makes one inquiry.',
        scope: null,
        body: formBody,
        bodyTypes: ['application/x-www-form-urlencoded'],
        answers: { 200: page('Thank you.'), ...PAGE_REFUSALS },
      }),
      async c => {
        const tenant = await tenantOfPage(c)
        refuseElsewhere(c)
        const wait = posts.take(addressBlock(c.var.clientAddress))
        if (wait > 0) throw new DomainError('rate_limited', 'Too many forms came.', { retryAfterSeconds: wait })
        const form = formOf(c)
        await submitInquiry(ctxFor(c, { kind: 'person', reference: 'contact-page' }, tenant.id), {
          ...fieldsOf(form),
          stamp: form.get('stamp') ?? '',
          website: form.get('website') ?? '',
          language: pageLanguage(c),
        })
        setContactHeaders(c)
        return c.html(thanksPage({ language: pageLanguage(c), merchant: tenant.name, path: c.req.path }))
      },
    )
  }

  return app
}

/** The form again where it is the form that was refused. */
export async function contactErrorPage(c: AppContext, error: Error, status: number) {
  setContactHeaders(c)
  const again = await formAgain(c, error)
  return again ?? contactProblemPage(pageLanguage(c), PATH, status === 404 ? 'missing' : 'failed')
}

/** The form with what was typed and what is wrong; null where the refusal is not about the form. */
async function formAgain(c: AppContext, error: Error) {
  if (c.req.method !== 'POST' || !(error instanceof DomainError)) return null
  const errors = errorsOf(error)
  if (errors.length === 0) return null
  try {
    const form = formOf(c)
    const blank = await blankPage(c)
    const { keyring } = c.var.dependencies
    const given = form.get('stamp') ?? ''
    const keeps = !errors.some(({ fault }) => fault === 'stale') && (await readFormStamp(keyring, tenantIdOf(c), given))
    return contactPage({
      ...blank,
      stamp: keeps ? given : blank.stamp,
      fields: withoutCardNumbers(fieldsOf(form)),
      errors,
    })
  } catch (failure) {
    if (failure instanceof DomainError) return null
    throw failure
  }
}

function errorsOf({ code, errors = [] }: DomainError): ContactError[] {
  switch (code) {
    case 'card_number_refused':
      return [{ at: fieldNamed(errors[0]?.pointer), fault: 'card' }]
    case 'rate_limited':
      return [{ at: null, fault: 'busy' }]
    case 'validation_failed':
      return errors.map(faultOf)
    default:
      return []
  }
}

function faultOf({ pointer, code }: FieldError): ContactError {
  const at = fieldNamed(pointer)
  if (at === null) return { at, fault: code === 'too_soon' ? 'tooSoon' : 'stale' }
  return { at, fault: at === 'message' && code === 'too_big' ? 'messageLong' : at }
}

function fieldNamed(pointer = ''): keyof ContactFields | null {
  const name = pointer.split('/').at(-1) ?? ''
  return name in EMPTY_FIELDS ? (name as keyof ContactFields) : null
}

/** A card number is not even shown to the one who typed it; what stands around it stays. */
function withoutCardNumbers(fields: ContactFields): ContactFields {
  const kept = { ...fields }
  for (const name of Object.keys(kept) as (keyof ContactFields)[]) {
    const masked = maskCardNumbers(kept[name]).replaceAll(MASK, '…')
    kept[name] = containsCardNumber(masked) ? '' : masked
  }
  return containsCardNumber(Object.values(kept).join('\n')) ? EMPTY_FIELDS : kept
}

const fieldsOf = (form: URLSearchParams): ContactFields => ({
  kind: form.get('kind') ?? '',
  message: (form.get('message') ?? '').replaceAll('\r\n', '\n'),
  email: (form.get('email') ?? '').trim(),
  name: form.get('name') ?? '',
})

async function blankPage(c: AppContext) {
  const { name } = await tenantOfPage(c)
  const { keyring, clock } = c.var.dependencies
  setContactHeaders(c)
  return {
    language: pageLanguage(c),
    merchant: name,
    path: c.req.path,
    stamp: stampForm(keyring, tenantIdOf(c), clock.now()),
    fields: EMPTY_FIELDS,
    errors: [],
  }
}

const tenantIdOf = (c: AppContext): string => c.req.path.split('/')[2] || c.var.dependencies.settings.defaultTenant

/** @throws not_found */
async function tenantOfPage(c: AppContext): Promise<Tenant> {
  const tenant = await c.var.dependencies.tenants.find(tenantIdOf(c))
  if (!tenant) throw notFound()
  return tenant
}

/** @throws origin_not_allowed for a form of another site; an old browser says nothing, and the stamp is proof enough */
function refuseElsewhere(c: AppContext): void {
  const origin = c.req.header('origin')
  const site = c.req.header('sec-fetch-site')
  const own = [new URL(c.var.dependencies.settings.publicUrl).host, c.req.header('host') ?? new URL(c.req.url).host]
  const fits = origin === undefined || (URL.canParse(origin) && own.includes(new URL(origin).host))
  if (fits && (site === undefined || site === 'same-origin' || site === 'none')) return
  throw new DomainError('origin_not_allowed', 'The form came from another site.')
}

/** With no referrer at all, browsers would not say either where a form comes from. */
function setContactHeaders(c: AppContext): void {
  setPageHeaders(c, FORM_PAGE)
  c.header('Referrer-Policy', 'same-origin')
}
