-- What the database itself refuses: changes to the audit log, moves that a life does not allow, and card numbers.

create function panless_refuse_change() returns trigger
  language plpgsql set search_path = public, pg_temp as $$
begin
  raise exception 'rows of % are never changed nor removed', tg_table_name using errcode = 'PL001';
end
$$;
--> statement-breakpoint
create trigger audit_log_append_only before update or delete on audit_log
  for each row execute function panless_refuse_change();
--> statement-breakpoint
create trigger audit_log_no_truncate before truncate on audit_log
  for each statement execute function panless_refuse_change();
--> statement-breakpoint
create trigger charge_attempts_no_delete before delete on charge_attempts
  for each row execute function panless_refuse_change();
--> statement-breakpoint
create trigger charge_attempts_no_truncate before truncate on charge_attempts
  for each statement execute function panless_refuse_change();
--> statement-breakpoint
create trigger charges_no_delete before delete on charges
  for each row execute function panless_refuse_change();
--> statement-breakpoint
create trigger refunds_no_delete before delete on refunds
  for each row execute function panless_refuse_change();
--> statement-breakpoint
create function panless_keep_money_keys() returns trigger
  language plpgsql set search_path = public, pg_temp as $$
begin
  if old.moves_money and old.object_id is not null then
    raise exception 'the key of a request that moved money is never forgotten' using errcode = 'PL001';
  end if;
  return old;
end
$$;
--> statement-breakpoint
create trigger idempotency_keys_money before delete on idempotency_keys
  for each row execute function panless_keep_money_keys();
--> statement-breakpoint

-- The hash covers every column but itself; times as microseconds, so no setting of the session changes it.
create function panless_seal_audit_row() returns trigger
  language plpgsql set search_path = public, pg_temp as $$
begin
  new.transaction_id := pg_current_xact_id()::text;
  new.row_hash := sha256(convert_to(jsonb_build_array(
    new.tenant_id, new.sequence, new.id, (extract(epoch from new.at) * 1000000)::bigint,
    new.actor_kind, new.actor_id, new.action, new.outcome, new.object_type, new.object_id, new.payer_id,
    new.request_id, encode(new.address_hash, 'hex'), new.details, new.transaction_id)::text, 'UTF8'));
  return new;
end
$$;
--> statement-breakpoint
create trigger audit_log_hash before insert on audit_log
  for each row execute function panless_seal_audit_row();
--> statement-breakpoint

create function panless_allow_moves() returns trigger
  language plpgsql set search_path = public, pg_temp as $$
begin
  if old.status is distinct from new.status and not (old.status || '>' || new.status = any (tg_argv)) then
    raise exception '% cannot go from % to %', tg_table_name, old.status, new.status using errcode = 'PL002';
  end if;
  return new;
end
$$;
--> statement-breakpoint
-- The same tables stand in src/domain/*/state.ts; test/domain/state-moves.test.ts holds the two against each other.
create trigger charges_moves before update of status on charges
  for each row execute function panless_allow_moves(
    'created>sending', 'created>unknown', 'created>errored', 'created>cancelled', 'created>needs_review',
    'sending>succeeded', 'sending>processing', 'sending>requires_action', 'sending>requires_capture',
    'sending>declined', 'sending>errored', 'sending>unknown', 'sending>needs_review', 'sending>cancelled',
    'sending>expired',
    'processing>succeeded', 'processing>requires_action', 'processing>requires_capture', 'processing>declined',
    'processing>needs_review', 'processing>cancelled', 'processing>expired',
    'requires_action>succeeded', 'requires_action>processing', 'requires_action>requires_capture',
    'requires_action>declined', 'requires_action>expired', 'requires_action>cancelled', 'requires_action>needs_review',
    'requires_capture>succeeded', 'requires_capture>cancelled', 'requires_capture>expired',
    'unknown>sending', 'unknown>succeeded', 'unknown>processing', 'unknown>requires_action',
    'unknown>requires_capture', 'unknown>declined', 'unknown>errored', 'unknown>cancelled', 'unknown>expired',
    'unknown>needs_review',
    'needs_review>succeeded', 'needs_review>processing', 'needs_review>requires_action',
    'needs_review>requires_capture', 'needs_review>declined', 'needs_review>errored', 'needs_review>cancelled',
    'needs_review>expired');
--> statement-breakpoint
create trigger charge_attempts_moves before update of status on charge_attempts
  for each row execute function panless_allow_moves(
    'created>sending', 'created>unknown', 'created>succeeded', 'created>errored', 'created>cancelled',
    'created>needs_review',
    'sending>succeeded', 'sending>processing', 'sending>requires_action', 'sending>declined', 'sending>errored',
    'sending>unknown', 'sending>needs_review', 'sending>cancelled',
    'sending>expired',
    'processing>succeeded', 'processing>requires_action', 'processing>declined', 'processing>errored',
    'processing>needs_review', 'processing>cancelled', 'processing>expired',
    'requires_action>succeeded', 'requires_action>processing', 'requires_action>declined', 'requires_action>expired',
    'requires_action>cancelled', 'requires_action>needs_review',
    'unknown>sending', 'unknown>succeeded', 'unknown>processing', 'unknown>requires_action', 'unknown>declined',
    'unknown>errored', 'unknown>cancelled', 'unknown>expired',
    'unknown>needs_review',
    'needs_review>succeeded', 'needs_review>processing', 'needs_review>requires_action', 'needs_review>declined',
    'needs_review>errored', 'needs_review>cancelled',
    'needs_review>expired');
--> statement-breakpoint
create trigger refunds_moves before update of status on refunds
  for each row execute function panless_allow_moves(
    'sending>unknown', 'sending>pending', 'sending>succeeded', 'sending>failed', 'sending>cancelled',
    'sending>needs_review',
    'unknown>sending', 'unknown>pending', 'unknown>succeeded', 'unknown>failed', 'unknown>cancelled',
    'unknown>needs_review',
    'pending>succeeded', 'pending>failed', 'pending>cancelled', 'pending>needs_review',
    'succeeded>failed', 'succeeded>cancelled',
    'needs_review>pending', 'needs_review>succeeded', 'needs_review>failed', 'needs_review>cancelled');
--> statement-breakpoint
create trigger tokens_moves before update of status on tokens
  for each row execute function panless_allow_moves(
    'pending>active', 'pending>detached', 'pending>erased',
    'active>frozen', 'active>expired', 'active>detached', 'active>erased',
    'frozen>active', 'frozen>expired', 'frozen>detached', 'frozen>erased',
    'expired>active', 'expired>frozen', 'expired>detached', 'expired>erased', 'detached>erased');
--> statement-breakpoint
create trigger payers_moves before update of status on payers
  for each row execute function panless_allow_moves('active>erased');
--> statement-breakpoint
-- card-number-net:begin
-- The second net against card numbers: plain and printed forms only, in ASCII and the commonest other digits. It never
-- refuses what the door (src/crypto/pan.ts) lets pass: fewer forms, narrower surroundings, the same issuers and lengths.
create function panless_is_card_number(digits text) returns boolean
  language sql immutable strict parallel safe set search_path = public, pg_temp as $$
  select (
    case length(digits)
      when 12 then digits ~ '^(50|5[6-9]|63|67)'
      when 13 then digits ~ '^(4|50|5[6-9]|63|67)'
      when 14 then digits ~ '^(30[0-5]|309|36|38|39|50|5[6-9]|62|63|67)'
      when 15 then digits ~ '^(1|2131|30[0-5]|309|34|36|37|38|39|50|5[6-9]|62|63|67)'
      when 16 then digits ~ ('^(220[0-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720|30[0-5]|309|352[89]|35[3-8]|36|38|39|4|50|5[1-9]|'
        || '60|62|63|64[4-9]|65|67|81|82|8600|9792|9860|9891)')
      when 17 then digits ~ '^(220[0-4]|30[0-5]|309|352[89]|35[3-8]|36|38|39|50|5[6-9]|60|62|63|64[4-9]|65|67|81|82)'
      when 18 then digits ~ '^(220[0-4]|30[0-5]|309|352[89]|35[3-8]|36|38|39|4|50|5[6-9]|60|62|63|64[4-9]|65|67|81|82)'
      when 19 then digits ~ '^(220[0-4]|30[0-5]|309|352[89]|35[3-8]|36|38|39|4|50|5[6-9]|60|62|63|64[4-9]|65|67|81|82)'
      else false
    end
  ) and (
    select sum(case when (length(digits) - place) % 2 = 0 then digit when digit > 4 then digit * 2 - 9 else digit * 2 end) % 10 = 0
    from (select place, substr(digits, place, 1)::int as digit from generate_series(1, length(digits)) as place) as places
  )
$$;
--> statement-breakpoint
create function panless_holds_card_number(value text) returns boolean
  language plpgsql immutable strict parallel safe set search_path = public, pg_temp as $$
declare
  folded text := value;
  found text;
begin
  if folded ~ '[^\x01-\x7f]' then
    -- Full-width, Arabic-Indic, extended Arabic-Indic and Devanagari digits; no-break spaces and typographic dashes; the
    -- zero-width characters at the end of the first list have no partner and vanish.
    folded := translate(folded,
      E'\uff10\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18\uff19'
      '\u0660\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668\u0669'
      '\u06f0\u06f1\u06f2\u06f3\u06f4\u06f5\u06f6\u06f7\u06f8\u06f9'
      '\u0966\u0967\u0968\u0969\u096a\u096b\u096c\u096d\u096e\u096f'
      '\u00a0\u202f\u2007\u3000\u2010\u2011\u2012\u2013\u2014\u2212\u200b\u200c\u200d\u2060\ufeff\u00ad',
      '0123456789012345678901234567890123456789    ------');
  end if;
  -- Nearly every text ends here: it has no twelve digits that at most one gap each parts.
  if folded !~ '[0-9]([ .-]?[0-9]){11}' then
    return false;
  end if;
  -- UUIDs, trace contexts and printed IBANs hold digits that are never a card number.
  folded := regexp_replace(folded,
    '[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}|[0-9A-Fa-f]{2}-[0-9A-Fa-f]{32}-[0-9A-Fa-f]{16}-[0-9A-Fa-f]{2}|[A-Z]{2}[0-9]{2}( [0-9A-Z]{4}){2,7}( [0-9A-Z]{1,3})?',
    'x', 'g');
  for found in
    select matched[1] from regexp_matches(folded,
      '(?<![0-9A-Za-z+.-])(?<!\+[0-9 .-]{1,12})([0-9]{12,19}|[0-9]{4}([ -])[0-9]{4}\2[0-9]{4}\2[0-9]{4}(?:\2[0-9]{3})?|'
      '[0-9]{4}([ -])[0-9]{6}\3[0-9]{4,5})(?![0-9A-Za-z])', 'g') as matched
  loop
    if public.panless_is_card_number(translate(found, ' -', '')) then
      return true;
    end if;
  end loop;
  return false;
end
$$;
--> statement-breakpoint
create function panless_holds_card_number(value jsonb) returns boolean
  language plpgsql immutable strict parallel safe set search_path = public, pg_temp as $$
declare
  piece text;
begin
  if value::text !~ '[0-9]([ .-]?[0-9]){11}|[^\x01-\x7f]' then
    return false;
  end if;
  for piece in
    select part #>> '{}' from jsonb_path_query(value, 'strict $.**') as part
    where jsonb_typeof(part) in ('string', 'number')
    union all
    select name from jsonb_path_query(value, 'strict $.**') as part,
      lateral jsonb_object_keys(case when jsonb_typeof(part) = 'object' then part else '{}' end) as name
  loop
    if public.panless_holds_card_number(piece) then
      return true;
    end if;
  end loop;
  return false;
end
$$;
-- card-number-net:end
--> statement-breakpoint
-- A trigger for any table: the names of the columns that callers fill are its arguments. A trigger and no CHECK, because
-- the message of a broken CHECK repeats the row.
create function panless_refuse_card_numbers() returns trigger
  language plpgsql set search_path = public, pg_temp as $$
declare
  filled jsonb := to_jsonb(new);
  name text;
begin
  foreach name in array tg_argv loop
    if panless_holds_card_number(filled -> name) then
      raise exception 'a card number is never stored' using errcode = 'PL003', table = tg_table_name, column = name;
    end if;
  end loop;
  return new;
end
$$;
--> statement-breakpoint
-- Columns that callers fill in the clear; everything else that they write is sealed. The conditions keep texts that are
-- too short, or hold no digits, from costing the hot writes anything.
create trigger tenants_card_numbers before insert or update on tenants
  for each row execute function panless_refuse_card_numbers('name', 'allowed_origins');
--> statement-breakpoint
create trigger consents_card_numbers before insert or update of text_version, locale on consents
  for each row when (length(new.text_version) >= 12 or length(new.locale) >= 12)
  execute function panless_refuse_card_numbers('text_version', 'locale');
--> statement-breakpoint
create trigger checkout_sessions_card_numbers before insert or update on checkout_sessions
  for each row execute function panless_refuse_card_numbers('consent_text_version', 'consent_locale', 'limits', 'origin');
--> statement-breakpoint
create trigger tokens_card_numbers before insert or update of limits on tokens
  for each row when (new.limits is not null) execute function panless_refuse_card_numbers('limits');
--> statement-breakpoint
create trigger charges_card_numbers before insert on charges
  for each row when (new.billing_job is not null) execute function panless_refuse_card_numbers('billing_job');
--> statement-breakpoint
create trigger audit_log_card_numbers before insert on audit_log
  for each row when (new.request_id ~ '[0-9]([ .-]?[0-9]){11}|[^\x01-\x7f]' or new.details::text ~ '[0-9]([ .-]?[0-9]){11}|[^\x01-\x7f]')
  execute function panless_refuse_card_numbers('request_id', 'details');
--> statement-breakpoint
create trigger stripe_events_card_numbers before insert on stripe_events
  for each row when (new.facts::text ~ '[0-9]([ .-]?[0-9]){11}|[^\x01-\x7f]') execute function panless_refuse_card_numbers('facts');
