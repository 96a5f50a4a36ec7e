// The purposes of the register in force, by the titles that it gives them in the reader's language.
import { listPurposes, type PurposeView } from '../domain/privacy/list-purposes.ts'
import type { ConsoleContext, ConsoleDoor } from './door.ts'

export type PurposesInWords = {
  list: readonly PurposeView[]
  /** The title; the name itself for a purpose that an earlier register had. */
  title: (name: string) => string
}

/** A register has 60 purposes at most, which is one page of it. */
const ALL = '100'

export async function purposesInWords(c: ConsoleContext, door: ConsoleDoor): Promise<PurposesInWords> {
  const { language } = c.var.view
  const { data } = await listPurposes(door.ctxOf(c), { limit: ALL })
  const titles = new Map(data.map(purpose => [purpose.name, purpose.title[language]]))
  return { list: data, title: name => titles.get(name) ?? name }
}
