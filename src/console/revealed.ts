// What was revealed: marked, with the time that is left, and gone by itself when it is over.
import { html } from 'hono/html'
import type { ConsoleContext, ConsoleDoor } from './door.ts'
import { icon } from './icons.ts'
import { PAYER_TEXTS } from './texts/payer-texts.ts'
import type { Html } from './view.ts'

/** How long what was revealed may still be shown; what is not there for no time. */
export const leftOf = ({ dependencies }: ConsoleDoor, expiresAt: string | Date | null): number =>
  expiresAt === null ? 0 : Math.max(0, new Date(expiresAt).getTime() - dependencies.clock.now().getTime())

/** `goTo` is the page that stands in its place afterwards; the seconds are for a browser without scripts. */
export function revealedSection(
  c: ConsoleContext,
  given: {
    what: string
    values: readonly (readonly [label: string, value: string | null])[]
    leftMs: number
    goTo: string
  },
): { section: Html; seconds: number } {
  const texts = PAYER_TEXTS[c.var.view.language]
  const { what, values, leftMs, goTo } = given
  const seconds = Math.ceil(leftMs / 1000)
  const [before, after] = texts.revealedHelp('\u0000').split('\u0000')
  const section = html`<section class="revealed" data-vanishes-in="${seconds}" data-then="${goTo}"><h2>${icon('open')} ${texts.revealed}: ${what}</h2>
<p role="status">${before}<span data-left>${seconds}</span>${after}</p>
<dl>${values.map(([label, value]) => html`<div><dt>${label}</dt><dd>${value ?? texts.notGiven}</dd></div>`)}</dl></section>`
  return { section, seconds }
}
