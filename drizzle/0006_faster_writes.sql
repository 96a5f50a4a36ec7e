-- The settle of a charge written for a whole batch, as its reserve and the token are; and no call for the commonest moves.

-- The plain part of a batch: the first outcome of an attempt that is under way, told once, with nothing to enter or to
-- cancel besides. The caller holds the locks on the charges. An attempt that another transaction has changed meanwhile
-- is not among those that are answered. `sending` is a variable so that no plan goes by an index of open attempts.
create function charge_settle_together(p_tenant text, p_rows jsonb) returns integer[]
  language plpgsql set search_path = public, pg_temp
  set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off
  set enable_hashjoin = off set enable_mergejoin = off as $$
declare
  final constant text[] := array['succeeded', 'declined', 'errored', 'expired', 'cancelled'];
  sending constant text := 'sending';
  done integer[];
begin
  with told as materialized (
    select w.*, count(*) over (partition by w.charge_id) as same_charge
      from jsonb_to_recordset(p_rows) as w(
        i integer, at timestamptz, attempt_id text, charge_id text, take_in text, lease timestamptz, attempt_status text,
        charge_status text, amount_captured bigint, failure_code text, decline_code text, advice_code text, retry text,
        retry_after timestamptz, payment_intent text, stripe_charge text, authenticate_by timestamptz, confirmed boolean,
        next_look_at timestamptz, looks integer, missing_since timestamptz, cancel_attempt_id text,
        key_hash bytea, reply_status integer, reply_sealed text, audit jsonb)
  ), tried as (
    update charge_attempts a
       set status = t.attempt_status, failure_code = t.failure_code, decline_code = t.decline_code,
           decided_at = case when t.attempt_status = any (final) then t.at else a.decided_at end,
           lease_until = null, next_look_at = t.next_look_at, looks = coalesce(t.looks, a.looks),
           missing_since = t.missing_since
      from told t
     where t.same_charge = 1 and t.take_in is null and t.cancel_attempt_id is null and t.charge_status is not null
       and t.attempt_status <> sending and a.tenant_id = p_tenant and a.id = t.attempt_id
       and a.charge_id = t.charge_id and a.status = sending and (t.lease is null or a.lease_until = t.lease)
    returning t.*
  ), booked as (
    update charges c
       set status = t.charge_status, amount_captured = coalesce(t.amount_captured, c.amount_captured),
           failure_code = t.failure_code, decline_code = t.decline_code, advice_code = t.advice_code, retry = t.retry,
           retry_after = t.retry_after,
           stripe_payment_intent_id = coalesce(c.stripe_payment_intent_id, t.payment_intent),
           stripe_charge_id = coalesce(t.stripe_charge, c.stripe_charge_id), authenticate_by = t.authenticate_by,
           settled_at = case when t.confirmed and t.charge_status = any (final) then t.at end, updated_at = t.at
      from tried t
     where c.tenant_id = p_tenant and c.id = t.charge_id
    returning t.i, t.charge_id, c.payer_id, t.key_hash, t.reply_status, t.reply_sealed
  ), answered as (
    update idempotency_keys k
       set status = 'done', object_id = b.charge_id, payer_id = b.payer_id, reply_status = b.reply_status,
           reply_sealed = decode(b.reply_sealed, 'base64')
      from booked b
     where b.reply_sealed is not null and k.tenant_id = p_tenant and k.key_hash = b.key_hash and k.status = 'running'
  ), audited as (
    insert into audit_log (tenant_id, id, at, actor_kind, actor_id, action, outcome, object_type, object_id, payer_id,
                           request_id, address_hash, details, transaction_id, row_hash)
    select p_tenant, e.id, t.at, e.actor_kind, e.actor_id, e.action, e.outcome, e.object_type, e.object_id, e.payer_id,
           e.request_id, e.address_hash, coalesce(e.details, '{}'), '', ''
      from tried t
     cross join lateral jsonb_to_record(t.audit) as e(id text, actor_kind text, actor_id text, action text, outcome text,
           object_type text, object_id text, payer_id text, request_id text, address_hash bytea, details jsonb)
     order by t.i
  )
  select coalesce(array_agg(b.i), '{}') into done from booked b;
  return done;
end
$$;
--> statement-breakpoint

-- The one place where the outcome of an attempt is booked, whoever brings it: reply, event, look or reconciliation.
-- `settled`: booked now; `confirmed`: it was so already; `superseded`: more is known by now than is told here;
-- `contradiction`: a final state says otherwise and stays. `take_in` names the kind of an attempt that was made at
-- Stripe by others and is entered here; `lease`: what is told counts only while its teller owns the attempt. First
-- outcomes of attempts that are under way are booked together; what is left goes one by one.
create or replace function charge_settle(p_tenant text, p_rows jsonb)
  returns table (r_i integer, r_outcome text, r_status text)
  language plpgsql set search_path = public, pg_temp
  set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
declare
  final constant text[] := array['succeeded', 'declined', 'errored', 'expired', 'cancelled'];
  told record;
  held record;
  tried record;
  entries jsonb[] := '{}';
  together integer[];
begin
  perform panless_enter_tenant(p_tenant);
  perform 1 from charges c
   where c.tenant_id = p_tenant and c.id = any (array(select distinct w ->> 'charge_id' from jsonb_array_elements(p_rows) w))
   order by c.id for no key update;
  together := charge_settle_together(p_tenant, p_rows);
  return query
    select w.i, 'settled', w.charge_status
      from jsonb_to_recordset(p_rows) as w(i integer, charge_status text) where w.i = any (together);
  if cardinality(together) = jsonb_array_length(p_rows) then
    return;
  end if;
  for told in
    select * from jsonb_to_recordset(p_rows) as w(
      i integer, at timestamptz, attempt_id text, charge_id text, take_in text, take_in_key text, take_in_amount bigint,
      lease timestamptz, attempt_status text, charge_status text, amount_captured bigint,
      failure_code text, decline_code text, advice_code text, retry text, retry_after timestamptz,
      payment_intent text, stripe_charge text, authenticate_by timestamptz, confirmed boolean,
      next_look_at timestamptz, looks integer, missing_since timestamptz, cancel_attempt_id text, cancel_key text,
      key_hash bytea, reply_status integer, reply_sealed text, audit jsonb)
     where w.i <> all (together)
     order by w.i
  loop
    r_i := told.i;
    if told.take_in is not null then
      insert into charge_attempts (tenant_id, id, charge_id, kind, status, amount, stripe_idempotency_key, created_at)
      values (p_tenant, told.attempt_id, told.charge_id, told.take_in, 'created', told.take_in_amount, told.take_in_key,
              told.at)
      on conflict do nothing;
    end if;
    select c.status, c.amount, c.payer_id into held
      from charges c where c.tenant_id = p_tenant and c.id = told.charge_id;
    select a.charge_id, a.status, a.lease_until into tried
      from charge_attempts a where a.tenant_id = p_tenant and a.id = told.attempt_id for no key update;
    r_status := held.status;
    if tried.charge_id is distinct from told.charge_id then
      r_outcome := 'superseded';
    elsif tried.status = any (final) then
      if tried.status = told.attempt_status then
        r_outcome := 'confirmed';
        update charges c
           set settled_at = case when told.confirmed and told.charge_status = c.status and c.status = any (final)
                                 then coalesce(c.settled_at, told.at) else c.settled_at end,
               stripe_charge_id = coalesce(c.stripe_charge_id, told.stripe_charge),
               stripe_payment_intent_id = coalesce(c.stripe_payment_intent_id, told.payment_intent),
               updated_at = told.at
         where c.tenant_id = p_tenant and c.id = told.charge_id
           and ((c.stripe_charge_id is null and told.stripe_charge is not null)
             or (c.stripe_payment_intent_id is null and told.payment_intent is not null)
             or (told.confirmed and c.settled_at is null and told.charge_status = c.status and c.status = any (final)));
      elsif told.attempt_status = any (final) then
        r_outcome := 'contradiction';
      else
        r_outcome := 'superseded';
      end if;
    elsif told.lease is not null and tried.lease_until is distinct from told.lease then
      r_outcome := 'superseded';
    elsif told.attempt_status = 'unknown' and tried.status not in ('created', 'sending', 'unknown') then
      r_outcome := 'superseded';
    else
      r_outcome := case when tried.status = told.attempt_status then 'confirmed' else 'settled' end;
      update charge_attempts a
         set status = told.attempt_status, failure_code = told.failure_code, decline_code = told.decline_code,
             decided_at = case when told.attempt_status = any (final) then told.at else a.decided_at end,
             lease_until = null, next_look_at = told.next_look_at, looks = coalesce(told.looks, a.looks),
             missing_since = told.missing_since
       where a.tenant_id = p_tenant and a.id = told.attempt_id;
      update charges c
         set status = coalesce(told.charge_status, c.status),
             amount_captured = coalesce(told.amount_captured, c.amount_captured),
             failure_code = case when told.charge_status is null then c.failure_code else told.failure_code end,
             decline_code = case when told.charge_status is null then c.decline_code else told.decline_code end,
             advice_code = case when told.charge_status is null then c.advice_code else told.advice_code end,
             retry = case when told.charge_status is null then c.retry else told.retry end,
             retry_after = case when told.charge_status is null then c.retry_after else told.retry_after end,
             stripe_payment_intent_id = coalesce(c.stripe_payment_intent_id, told.payment_intent),
             stripe_charge_id = coalesce(told.stripe_charge, c.stripe_charge_id),
             authenticate_by = case when told.charge_status is null then c.authenticate_by else told.authenticate_by end,
             settled_at = case when told.charge_status is null then c.settled_at
                               when told.confirmed and told.charge_status = any (final) then told.at
                               else null end,
             updated_at = told.at
       where c.tenant_id = p_tenant and c.id = told.charge_id;
      r_status := coalesce(told.charge_status, held.status);
      if told.cancel_attempt_id is not null then
        insert into charge_attempts (tenant_id, id, charge_id, kind, status, amount, stripe_idempotency_key, created_at,
                                     next_look_at)
        values (p_tenant, told.cancel_attempt_id, told.charge_id, 'cancel', 'created', held.amount, told.cancel_key,
                told.at, told.at)
        on conflict do nothing;
      end if;
    end if;
    if told.reply_sealed is not null and r_outcome in ('settled', 'confirmed') then
      update idempotency_keys k
         set status = 'done', object_id = told.charge_id, payer_id = held.payer_id, reply_status = told.reply_status,
             reply_sealed = decode(told.reply_sealed, 'base64')
       where k.tenant_id = p_tenant and k.key_hash = told.key_hash and k.status = 'running';
    end if;
    if r_outcome = 'settled' then
      entries := entries || (told.audit || jsonb_build_object('at', told.at));
    elsif r_outcome = 'contradiction' then
      entries := entries || (told.audit || jsonb_build_object('at', told.at, 'outcome', 'contradicted'));
    end if;
    return next;
  end loop;
  insert into audit_log (tenant_id, id, at, actor_kind, actor_id, action, outcome, object_type, object_id, payer_id,
                         request_id, address_hash, details, transaction_id, row_hash)
  select p_tenant, e.id, e.at, e.actor_kind, e.actor_id, e.action, e.outcome, e.object_type, e.object_id, e.payer_id,
         e.request_id, e.address_hash, coalesce(e.details, '{}'), '', ''
    from unnest(entries) entry
   cross join lateral jsonb_to_record(entry) as e(id text, at timestamptz, actor_kind text, actor_id text, action text,
         outcome text, object_type text, object_id text, payer_id text, request_id text, address_hash bytea,
         details jsonb);
end
$$;
--> statement-breakpoint

-- Nearly every attempt and charge makes this one move, so it is let pass without a call; the table of all of them
-- stands in 0002_guards.sql.
do $$
declare
  moves record;
begin
  for moves in
    select tgname as name, tgrelid::regclass as of_table, pg_get_triggerdef(oid) as definition
      from pg_trigger where tgname in ('charges_moves', 'charge_attempts_moves')
  loop
    execute format('drop trigger %I on %s', moves.name, moves.of_table);
    execute replace(moves.definition, ' FOR EACH ROW ',
      ' FOR EACH ROW WHEN (old.status is distinct from new.status and not (old.status = ''sending'' and new.status = ''succeeded'')) ');
  end loop;
end
$$;
--> statement-breakpoint

-- A request id is a UUID unless its caller names another, and one in sixteen of them has twelve digits in a row: it says
-- so of itself that it is no card number.
drop trigger audit_log_card_numbers on audit_log;
--> statement-breakpoint
create trigger audit_log_card_numbers before insert on audit_log
  for each row when (
    new.request_id ~ '[0-9]([ .-]?[0-9]){11}|[^\x01-\x7f]'
      and new.request_id !~ '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$'
    or new.details::text ~ '[0-9]([ .-]?[0-9]){11}|[^\x01-\x7f]')
  execute function panless_refuse_card_numbers('request_id', 'details');
