// The front page: the sections that the reader's roles open, and the switches of language and colours.
import { Hono } from 'hono'
import { html } from 'hono/html'
import { isLanguage } from '../../domain/languages.ts'
import { show } from '../answer.ts'
import { titleLine } from '../detail.ts'
import type { ConsoleDoor, ConsoleEnv } from '../door.ts'
import { openSections } from '../layout.ts'
import { holdChoice, ownPath } from '../session.ts'
import { SCHEMES } from '../view.ts'

export function homePage(door: ConsoleDoor) {
  const app = new Hono<ConsoleEnv>()

  app.get('/console', c => {
    const { view } = c.var
    const { words } = view
    const sections = openSections(view).filter(({ name }) => name !== 'home')
    const body = html`${titleLine({ title: words.homeTitle })}
${
  sections.length === 0
    ? html`<p>${words.homeNone}</p>`
    : html`<ul class="cards">${sections.map(({ name, path }) => html`<li><h2><a href="${path}">${words.sectionNames[name]}</a></h2><p>${words.sectionHints[name as keyof typeof words.sectionHints]}</p></li>`)}</ul>`
}`
    return show(c, door, { title: words.homeTitle, section: 'home', body })
  })

  return app
}

/** Language and colours are nobody's secret: they are switched before sign-in as well. */
export function preferences(door: ConsoleDoor) {
  const app = new Hono<ConsoleEnv>()

  app.post('/console/preferences', c => {
    const form = door.formOf(c)
    const { view } = c.var
    const language = form.get('language') ?? ''
    const scheme = SCHEMES.find(one => one === form.get('scheme'))
    holdChoice(c, `${isLanguage(language) ? language : view.language}.${scheme ?? view.scheme}`)
    return c.redirect(ownPath(form.get('to')), 303)
  })

  return app
}
