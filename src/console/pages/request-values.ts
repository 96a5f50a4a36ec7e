// The fields of a request's values at the desk: what is right where something is to be corrected, and the purposes objected to.
import { CHARGE_PURPOSE } from '../../domain/privacy/register.ts'
import type { PrivacyRequestView } from '../../domain/rights/privacy-request.ts'
import type { ConsoleContext, ConsoleDoor } from '../door.ts'
import type { Field } from '../form.ts'
import { purposesInWords } from '../purposes-in-words.ts'
import { DESK_TEXTS } from '../texts/desk-texts.ts'
import { REQUEST_TEXTS } from '../texts/request-texts.ts'
import type { View } from '../view.ts'

const CORRECTED = ['short_name', 'real_name', 'email', 'phone'] as const

export const correctionFields = (view: View, hint?: string): Field[] =>
  CORRECTED.map(field => ({
    kind: 'text',
    name: `changes.${field}`,
    label: REQUEST_TEXTS[view.language].right[field],
    maxLength: 254,
    optional: true,
    ...(hint === undefined ? {} : { hint }),
  }))

/** For whoever decides, where the request itself names no values; empty also for a second person. */
export async function valueFields(
  c: ConsoleContext,
  door: ConsoleDoor,
  { kind, changes, changes_needed, purposes }: PrivacyRequestView,
): Promise<Field[]> {
  const { view } = c.var
  if (changes_needed)
    return correctionFields(view, changes.length > 0 ? DESK_TEXTS[view.language].typedAgain : undefined)
  if (kind === 'object' && purposes.length === 0) return [await purposesField(c, door)]
  return []
}

async function purposesField(c: ConsoleContext, door: ConsoleDoor): Promise<Field> {
  const { language } = c.var.view
  const { list } = await purposesInWords(c, door)
  return {
    kind: 'boxes',
    name: 'purposes',
    label: REQUEST_TEXTS[language].purposes,
    hint: DESK_TEXTS[language].purposesHint,
    options: list
      .filter(({ basis }) => basis === 'consent' || basis === 'legitimate_interest')
      .map(({ name, title }) => ({
        value: name,
        label: title[language],
        ...(name === CHARGE_PURPOSE ? { hint: DESK_TEXTS[language].endsMandate } : {}),
      })),
    optional: true,
  }
}

/** What was filled in; nothing of what was left empty. */
export function valuesOf(form: URLSearchParams): { changes?: Record<string, string>; purposes?: string[] } {
  const typed = CORRECTED.map(field => [field, form.get(`changes.${field}`)?.trim() ?? ''] as const)
  const changes = Object.fromEntries(typed.filter(([, value]) => value !== ''))
  const purposes = form.getAll('purposes')
  return {
    ...(Object.keys(changes).length > 0 ? { changes } : {}),
    ...(purposes.length > 0 ? { purposes } : {}),
  }
}
