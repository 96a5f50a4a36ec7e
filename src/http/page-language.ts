// The language of a page for people outside: that of `?lang=`, which its links and forms keep, or of the browser.
import { isLanguage, type Language, languageOf } from '../domain/languages.ts'
import type { AppContext } from './context.ts'

export function pageLanguage(c: AppContext): Language {
  const wanted = c.req.query('lang')
  return isLanguage(wanted) ? wanted : languageOf(c.req.header('accept-language'))
}
