// What a disclosure or a correction names, in the reader's language: a field of a person, or a column of a group.
import { DISCLOSURE_FIELDS } from '../domain/disclosures/disclosure-fields.ts'
import { PERSONAL_FIELDS, type PersonalField } from '../domain/privacy/personal-fields.ts'
import { DISCLOSURE_TEXTS } from './texts/disclosure-texts.ts'
import type { View } from './view.ts'

const OF_PERSON: Readonly<Record<string, readonly PersonalField[]>> = DISCLOSURE_FIELDS

export function fieldInWords({ language }: View, name: string): string {
  const ofGroup: Readonly<Record<string, string>> = DISCLOSURE_TEXTS[language].columns
  return OF_PERSON[name]?.map(field => PERSONAL_FIELDS[field][language]).join(', ') ?? ofGroup[name] ?? name
}
