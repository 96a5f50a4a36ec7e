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
