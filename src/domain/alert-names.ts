// What a person should look at, by the names that docs/operations.md tells what to do about.

export const ALERT_NAMES = [
  'archive_not_sound',
  'card_number_from_stripe',
  'charge_refused',
  'checkpoint_contradicted',
  'contradiction',
  'correction_not_at_stripe',
  'dispute_opened',
  'erasure_delayed',
  'events_out_of_reach',
  'failed_event',
  'key_nearly_used_up',
  'key_used_up',
  'keyring_not_taken',
  'mail_failed',
  'missing_events',
  'needs_review',
  'privacy_request_overdue',
  'quarantined_event',
  'reconciliation_exceptions',
  'refund_failed',
  'refund_needs_review',
  'reply_not_booked',
  'second_intent',
  'status_mismatch',
] as const

export type AlertName = (typeof ALERT_NAMES)[number]
