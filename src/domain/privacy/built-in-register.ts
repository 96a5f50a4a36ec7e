// The register that a tenant starts with: version 1, in force until the tenant publishes one of its own.
import type { PersonalField, Texts } from './personal-fields.ts'
import { PURPOSE_WORDS } from './purpose-words.ts'
import type { Purpose, Register } from './register.ts'

type Name = keyof typeof PURPOSE_WORDS
type More = Partial<Pick<Purpose, 'recipients' | 'retention'>>

const STRIPE = {
  name: 'Stripe',
  does: {
    en: 'holds the card and carries out the payment',
    ja: 'カードの保管と決済の実行',
    mn: 'картыг хадгалж, төлбөрийг гүйцэтгэнэ',
  } satisfies Texts,
}
const MAIL = {
  name: 'E-mail provider',
  label: { en: 'E-mail provider', ja: 'メール配信事業者', mn: 'И-мэйл үйлчилгээ үзүүлэгч' } satisfies Texts,
  does: { en: 'delivers the e-mail', ja: 'メールの配送', mn: 'и-мэйлийг хүргэнэ' } satisfies Texts,
}

const purpose = (name: Name, basis: Purpose['basis'], fields: PersonalField[], more: More = {}): Purpose => ({
  name,
  basis,
  fields,
  recipients: more.recipients ?? [],
  retention: more.retention ?? [],
  ...PURPOSE_WORDS[name],
})

const NAME_AND_CONTACT: PersonalField[] = ['payer.short_name', 'payer.real_name', 'payer.email', 'payer.phone']
const NAME_AND_EMAIL: PersonalField[] = ['payer.short_name', 'payer.real_name', 'payer.email']
const PAYMENT: PersonalField[] = [
  'charge.reference',
  'charge.description',
  'charge.metadata',
  'charge.review_reason',
  'refund.reason',
  'money.records',
]

/** Ten years, as Japan's Companies Act (article 432) asks for account books; a tenant under another law publishes its own. */
const ACCOUNTING_DAYS = 3_653
const THREE_YEARS_DAYS = 1_096
const TWO_YEARS_DAYS = 731

export const BUILT_IN_REGISTER: Register = {
  version: 1,
  purposes: [
    purpose(
      'settle_payments',
      'contract',
      [
        ...NAME_AND_EMAIL,
        'payer.external_ref',
        'payer.metadata',
        'payer.stripe_customer',
        'token.card',
        'token.metadata',
        ...PAYMENT,
        'stripe.facts',
      ],
      {
        recipients: [STRIPE],
        retention: [
          { record: 'payer_data', days: null },
          { record: 'money_records', days: ACCOUNTING_DAYS },
          { record: 'stripe_event_facts', days: 90 },
        ],
      },
    ),
    purpose('charge_saved_card', 'consent', ['token.card', 'payer.stripe_customer', 'consent.record'], {
      recipients: [STRIPE],
      retention: [
        { record: 'checkout_sessions', days: 30 },
        { record: 'detached_card_notes', days: 30 },
      ],
    }),
    purpose('collect_money', 'contract', [...NAME_AND_CONTACT, 'payer.external_ref', ...PAYMENT]),
    purpose('service_notices', 'contract', [...NAME_AND_CONTACT, 'payer.locale', 'mail.message'], {
      recipients: [MAIL],
      retention: [{ record: 'mails', days: 365 }],
    }),
    purpose('warnings', 'contract', [...NAME_AND_CONTACT, 'payer.locale', 'token.card', 'mail.message'], {
      recipients: [MAIL],
    }),
    purpose('service_news', 'legitimate_interest', [...NAME_AND_EMAIL, 'payer.locale']),
    purpose('service_improvement', 'legitimate_interest', ['payer.locale', 'money.records', 'inquiry.message']),
    purpose('marketing', 'consent', [...NAME_AND_EMAIL, 'payer.locale']),
    purpose('surveys', 'consent', [...NAME_AND_EMAIL, 'payer.locale']),
    purpose('gifts', 'consent', NAME_AND_CONTACT),
    purpose('campaigns', 'consent', [...NAME_AND_EMAIL, 'payer.locale']),
    purpose('interviews', 'consent', NAME_AND_CONTACT),
    purpose(
      'answer_messages',
      'contract',
      [...NAME_AND_CONTACT, 'payer.locale', 'inquiry.message', 'inquiry.contact', 'mail.message'],
      { recipients: [MAIL], retention: [{ record: 'inquiries', days: TWO_YEARS_DAYS }] },
    ),
    purpose(
      'keep_service_running',
      'law',
      ['payer.short_name', 'token.freeze_reason', 'address.hash', 'audit.record'],
      {
        retention: [
          { record: 'audit_records', days: ACCOUNTING_DAYS },
          { record: 'idempotency_replies', days: 30 },
          { record: 'tokenize_failures', days: 2 },
        ],
      },
    ),
    purpose(
      'legal_request',
      'law',
      [
        ...NAME_AND_CONTACT,
        'payer.external_ref',
        'payer.locale',
        'payer.metadata',
        'token.card',
        ...PAYMENT,
        'disclosure.record',
      ],
      { retention: [{ record: 'disclosure_records', days: ACCOUNTING_DAYS }] },
    ),
    purpose(
      'rights_request',
      'law',
      [
        ...NAME_AND_CONTACT,
        'payer.locale',
        'request.contact',
        'request.statement',
        'identity.evidence',
        'consent.record',
        'consent.evidence',
        'objection.record',
        'disclosure.record',
        'reveal.record',
        'mail.message',
      ],
      {
        recipients: [MAIL],
        retention: [
          { record: 'consent_evidence', days: THREE_YEARS_DAYS },
          { record: 'objections', days: null },
          { record: 'reveal_records', days: THREE_YEARS_DAYS },
          { record: 'privacy_requests', days: THREE_YEARS_DAYS },
        ],
      },
    ),
  ],
}
