// Opening the package of a granted request at the desk: a look at everything, with its reason, as a page or as a file.
import { Hono } from 'hono'
import type { Ctx } from '../../domain/context.ts'
import { requirePermission } from '../../domain/permissions.ts'
import { getAccessPackage } from '../../domain/rights/get-access-package.ts'
import { findPrivacyRequest } from '../../domain/rights/get-privacy-request.ts'
import { type ActionContent, addLook } from '../action.ts'
import type { ConsoleContext, ConsoleDoor, ConsoleEnv } from '../door.ts'
import { leftOf } from '../revealed.ts'
import { DESK_TEXTS } from '../texts/desk-texts.ts'
import { REQUEST_TEXTS } from '../texts/request-texts.ts'

const PATH = '/console/requests/:id/package'

export function requestPackagePages(door: ConsoleDoor) {
  const app = new Hono<ConsoleEnv>()

  addLook(app, door, PATH, {
    page: c => askPage(c, door),
    look: (c, ctx, form) => packageOf(c, door, ctx, form),
  })
  return app
}

async function askPage(c: ConsoleContext, door: ConsoleDoor): Promise<ActionContent> {
  const { view } = c.var
  const ctx = door.ctxOf(c)
  requirePermission(ctx, 'getAccessPackage')
  const { id, kind } = await findPrivacyRequest(ctx, c.req.param('id') as string)
  const texts = DESK_TEXTS[view.language]
  return {
    name: texts.packageTitle,
    title: texts.packageTitle,
    lead: texts.packageLead,
    section: 'requests',
    back: { path: `/console/requests/${id}`, label: REQUEST_TEXTS[view.language].kinds[kind] },
    fields: [
      {
        kind: 'radio',
        name: 'format',
        label: texts.packageFormat,
        options: (['html', 'json'] as const).map(value => ({ value, label: texts.packageFormats[value] })),
      },
      { kind: 'area', name: 'reason', label: view.words.form.reason, hint: texts.packageHint, maxLength: 500 },
    ],
    button: texts.packageButton,
  }
}

/** The page leaves for the request's when its time is up; what is to be handed over is printed, or taken as a file. */
async function packageOf(c: ConsoleContext, door: ConsoleDoor, ctx: Ctx, form: URLSearchParams): Promise<Response> {
  const { language } = c.var.view
  const id = c.req.param('id') as string
  const wanted = { format: form.get('format') ?? '', locale: language, reason: form.get('reason') ?? '' }
  const { held, format, expiresAt } = await getAccessPackage(ctx, id, wanted)
  if (format === 'json') {
    c.header('Content-Disposition', `attachment; filename="${id}.json"`)
    return c.json(held)
  }
  c.header('Refresh', `${Math.ceil(leftOf(door, expiresAt) / 1000)}; url=/console/requests/${id}`)
  return c.html(door.accessPackagePage(held, language))
}
