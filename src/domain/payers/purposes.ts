// The closed list of purposes for which sealed data of a person may be revealed, each with what must cover it.

export type Purpose = {
  /** Contract and law cover by themselves; a consent must be living. */
  basis: 'contract' | 'law' | 'consent'
  fields: readonly ('real_name' | 'email' | 'phone')[]
  words: string
}

export const PURPOSES = {
  settle_payments: { basis: 'contract', fields: ['real_name', 'email'], words: 'Settling a payment with the payer.' },
  collect_money: { basis: 'contract', fields: ['real_name', 'email', 'phone'], words: 'Collecting money that is due.' },
  service_notices: { basis: 'contract', fields: ['real_name', 'email', 'phone'], words: 'A notice about the service.' },
  answer_messages: {
    basis: 'contract',
    fields: ['real_name', 'email', 'phone'],
    words: 'Answering a message of the person.',
  },
  legal_request: {
    basis: 'law',
    fields: ['real_name', 'email', 'phone'],
    words: 'A request that the law obliges us to answer.',
  },
  rights_request: {
    basis: 'law',
    fields: ['real_name', 'email', 'phone'],
    words: "A person's own request about their data.",
  },
  marketing: { basis: 'consent', fields: ['real_name', 'email'], words: 'Introducing services, campaigns and gifts.' },
  interviews: { basis: 'consent', fields: ['real_name', 'email', 'phone'], words: 'Surveys and interviews.' },
} as const satisfies Record<string, Purpose>

export type PurposeName = keyof typeof PURPOSES

export const isPurpose = (name: string): name is PurposeName => Object.hasOwn(PURPOSES, name)
