-- The writes that carry the load, each one call for a batch of one tenant's requests: key, record and audit row together.
-- All of them run with the caller's rights, name their search path and set the tenant before they touch a row.

create function panless_enter_tenant(p_tenant text) returns void
  language plpgsql set search_path = public, pg_temp as $$
begin
  if p_tenant !~ '^[a-z0-9][a-z0-9-]{0,39}$' then
    raise exception 'ill-formed tenant' using errcode = '22023';
  end if;
  execute format('set local app.tenant = %L', p_tenant);
  perform panless_plan_again();
end
$$;
--> statement-breakpoint

-- Plans made while the tables were all but empty take any index that begins with the tenant, and a connection would keep
-- them until the first ANALYZE: so they are made again when the connection is 1, 2, 4, 8 … seconds old.
create function panless_plan_again() returns void
  language plpgsql set search_path = public, pg_temp as $$
declare
  now_s double precision := extract(epoch from clock_timestamp());
  times text := current_setting('panless.plan_times', true);
  began double precision;
begin
  if times is null or times = '' then
    perform set_config('panless.plan_times', now_s || ' ' || now_s + 1, false);
  elsif now_s >= split_part(times, ' ', 2)::double precision then
    began := split_part(times, ' ', 1);
    execute 'discard plans';
    perform set_config('panless.plan_times', began || ' ' || now_s + (now_s - began), false);
  end if;
end
$$;
--> statement-breakpoint

-- Claims a key for a request. `claimed`: ours to carry out; `taken_over`: its owner died, `object` is what it had made.
create function panless_claim_key(
  p_tenant text, p_key bytea, p_request bytea, p_money boolean, p_wall timestamptz, p_lease_until timestamptz,
  out outcome text, out reply_status integer, out reply_sealed bytea, out object text, out payer text)
  language plpgsql set search_path = public, pg_temp as $$
declare
  held idempotency_keys%rowtype;
begin
  for attempt in 1..3 loop
    insert into idempotency_keys (tenant_id, key_hash, request_hash, status, moves_money, lease_until, created_at)
    values (p_tenant, p_key, p_request, 'running', p_money, p_lease_until, p_wall)
    on conflict do nothing;
    if found then
      outcome := 'claimed';
      return;
    end if;
    select * into held from idempotency_keys k where k.tenant_id = p_tenant and k.key_hash = p_key for update;
    continue when not found;
    object := held.object_id;
    payer := held.payer_id;
    if held.request_hash <> p_request then
      outcome := 'mismatch';
    elsif held.status = 'done' and held.reply_sealed is not null then
      outcome := 'replay';
      reply_status := held.reply_status;
      reply_sealed := held.reply_sealed;
    elsif held.status = 'done' then
      outcome := 'forgotten';
    elsif held.lease_until > p_wall then
      outcome := 'running';
    else
      update idempotency_keys k set lease_until = p_lease_until where k.tenant_id = p_tenant and k.key_hash = p_key;
      outcome := 'taken_over';
    end if;
    return;
  end loop;
  outcome := 'running';
end
$$;
--> statement-breakpoint

create function panless_complete_key(
  p_tenant text, p_key bytea, p_object text, p_payer text, p_status integer, p_sealed bytea) returns void
  language sql set search_path = public, pg_temp as $$
  update idempotency_keys
     set status = 'done', object_id = coalesce(p_object, object_id), payer_id = coalesce(p_payer, payer_id),
         reply_status = p_status, reply_sealed = p_sealed
   where tenant_id = p_tenant and key_hash = p_key and status = 'running';
$$;
--> statement-breakpoint

create function panless_append_audit(p_tenant text, p_at timestamptz, p_entry jsonb) returns void
  language sql set search_path = public, pg_temp as $$
  insert into audit_log (tenant_id, id, at, actor_kind, actor_id, action, outcome, object_type, object_id, payer_id,
                         request_id, address_hash, details, transaction_id, row_hash)
  select p_tenant, e.id, p_at, e.actor_kind, e.actor_id, e.action, e.outcome, e.object_type, e.object_id, e.payer_id,
         e.request_id, e.address_hash, coalesce(e.details, '{}'), '', ''
    from jsonb_to_record(p_entry) as e(id text, actor_kind text, actor_id text, action text, outcome text,
         object_type text, object_id text, payer_id text, request_id text, address_hash bytea, details jsonb);
$$;
--> statement-breakpoint

-- Reserves charges: everything that may forbid a charge is read under the lock on its token, then charge, attempt,
-- key and audit row are written. Tokens are locked in the order of their ids before any key is claimed, and keys are
-- claimed in their own order, so that batches cannot wait for each other. Whoever pauses charging takes the same
-- advisory lock alone, so that nothing is reserved once that has been answered. New requests on tokens without limits
-- are written together; what is left, and everything after a race for a key or a reference, goes one by one.
create function charge_reserve(p_tenant text, p_rows jsonb)
  returns table (r_i integer, r_outcome text, r_reply_status integer, r_reply_sealed bytea, r_object text, r_payer text,
                 r_customer text, r_payment_method text)
  language plpgsql set search_path = public, pg_temp
  set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
declare
  policy tenants%rowtype;
  wanted record;
  claim record;
  saved record;
  refusal text;
  together jsonb;
begin
  perform panless_enter_tenant(p_tenant);
  select * into policy from tenants where id = p_tenant;
  if policy.max_amount_per_hour is null and policy.max_charges_per_hour is null then
    perform pg_advisory_xact_lock_shared(hashtextextended('charging:' || p_tenant, 0));
  else
    perform pg_advisory_xact_lock(hashtextextended('charging:' || p_tenant, 0));
  end if;
  select * into policy from tenants where id = p_tenant;
  perform 1 from tokens t
   where t.tenant_id = p_tenant and t.id = any (array(select distinct w ->> 'token_id' from jsonb_array_elements(p_rows) w))
   order by t.id for no key update;
  if policy.charging_paused_at is null and policy.max_amount_per_hour is null and policy.max_charges_per_hour is null then
    begin
      together := charge_reserve_together(p_tenant, coalesce(policy.max_amount_per_charge, 99999999), p_rows);
    exception
      when sqlstate 'PL009' then together := null;
    end;
  end if;
  return query
    select d.i, 'reserved', null::integer, null::bytea, d.charge_id, d.payer_id, d.customer, d.payment_method
      from jsonb_to_recordset(together)
           as d(i integer, charge_id text, payer_id text, customer text, payment_method text);
  if jsonb_array_length(together) = jsonb_array_length(p_rows) then
    return;
  end if;
  for wanted in
    select * from jsonb_to_recordset(p_rows) as w(
      i integer, at timestamptz, wall timestamptz, lease_until timestamptz, look_at timestamptz,
      key_hash bytea, request_hash bytea, charge_id text, attempt_id text, stripe_key text, token_id text,
      payer_id text, amount bigint, currency text, reference_hash bytea, details_sealed bytea, billing_job text,
      capture_method text, on_session boolean, audit jsonb)
     where w.i not in (select (d ->> 'i')::integer from jsonb_array_elements(together) d)
     order by w.key_hash, w.i
  loop
    r_i := wanted.i;
    r_reply_status := null; r_reply_sealed := null; r_object := null; r_payer := null;
    r_customer := null; r_payment_method := null;
    if wanted.key_hash is not null then
      select * into claim from panless_claim_key(
        p_tenant, wanted.key_hash, wanted.request_hash, true, wanted.wall, wanted.lease_until);
      if claim.outcome <> 'claimed' and not (claim.outcome = 'taken_over' and claim.object is null) then
        r_outcome := claim.outcome; r_reply_status := claim.reply_status; r_reply_sealed := claim.reply_sealed;
        r_object := claim.object; r_payer := claim.payer;
        return next;
        continue;
      end if;
    end if;
    select t.status, t.usage, t.limits, t.payer_id, t.stripe_payment_method_id, t.consent_id
      into saved from tokens t where t.tenant_id = p_tenant and t.id = wanted.token_id;
    if not found or saved.payer_id <> wanted.payer_id then
      refusal := 'not_found';
    else
      refusal := charge_refusal(p_tenant, wanted.at, policy, wanted.token_id, saved.status, saved.usage, saved.limits,
        saved.payer_id, saved.consent_id, wanted.amount, wanted.currency, wanted.billing_job, wanted.on_session, null);
    end if;
    if refusal is null then
      insert into charges (tenant_id, id, payer_id, token_id, status, amount, currency, capture_method, billing_job,
                           reference_hash, details_sealed, created_by, created_at, updated_at)
      values (p_tenant, wanted.charge_id, saved.payer_id, wanted.token_id, 'sending', wanted.amount, wanted.currency,
              wanted.capture_method, wanted.billing_job, wanted.reference_hash, wanted.details_sealed,
              wanted.audit ->> 'actor_id', wanted.at, wanted.at)
      on conflict (tenant_id, reference_hash) do nothing;
      if not found then
        refusal := 'reference_in_use';
      end if;
    -- A reference that was used says more than what forbids the charge now: that charge may well have taken the money.
    elsif refusal <> 'not_found' and exists (
      select 1 from charges c where c.tenant_id = p_tenant and c.reference_hash = wanted.reference_hash)
    then
      refusal := 'reference_in_use';
    end if;
    if refusal is not null then
      delete from idempotency_keys k
       where k.tenant_id = p_tenant and k.key_hash = wanted.key_hash and k.object_id is null;
      r_outcome := refusal;
      return next;
      continue;
    end if;
    insert into charge_attempts (tenant_id, id, charge_id, kind, status, amount, stripe_idempotency_key, created_at,
                                 sent_at, lease_until, next_look_at)
    values (p_tenant, wanted.attempt_id, wanted.charge_id, 'charge', 'sending', wanted.amount, wanted.stripe_key,
            wanted.at, wanted.at, wanted.lease_until, wanted.look_at);
    update idempotency_keys k set object_id = wanted.charge_id, payer_id = saved.payer_id
     where k.tenant_id = p_tenant and k.key_hash = wanted.key_hash;
    perform panless_append_audit(p_tenant, wanted.at, wanted.audit);
    r_outcome := 'reserved';
    r_object := wanted.charge_id;
    r_payer := saved.payer_id;
    r_payment_method := saved.stripe_payment_method_id;
    select p.stripe_customer_id into r_customer from payers p where p.tenant_id = p_tenant and p.id = saved.payer_id;
    return next;
  end loop;
end
$$;
--> statement-breakpoint

-- The plain part of a batch, written at once: keys and references that nobody has used, active tokens without limits,
-- standing consents. The caller holds the locks. Another transaction's key or reference that came between fails it all.
create function charge_reserve_together(p_tenant text, p_max_amount bigint, p_rows jsonb) returns jsonb
  language plpgsql set search_path = public, pg_temp
  set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
declare
  done jsonb;
  planned bigint;
begin
  with plain as materialized (
    select w.*, t.stripe_payment_method_id, p.stripe_customer_id
      from (select w.*, count(*) over (partition by w.key_hash) as same_key,
                   count(*) over (partition by w.reference_hash) as same_reference
              from jsonb_to_recordset(p_rows) as w(
                i integer, at timestamptz, lease_until timestamptz, look_at timestamptz, key_hash bytea,
                request_hash bytea, charge_id text, attempt_id text, stripe_key text, token_id text, payer_id text,
                amount bigint, currency text, reference_hash bytea, details_sealed bytea, billing_job text,
                capture_method text, wall timestamptz, audit jsonb)) w
     cross join lateral (
       select * from tokens tt where tt.tenant_id = p_tenant and tt.id = w.token_id limit 1) t
     cross join lateral (
       select * from payers pp where pp.tenant_id = p_tenant and pp.id = w.payer_id limit 1) p
     cross join lateral (
       select * from consents cc where cc.tenant_id = p_tenant and cc.id = t.consent_id limit 1) c
     where w.same_key = 1 and w.same_reference = 1 and w.key_hash is not null and w.amount <= p_max_amount
       and t.status = 'active' and t.usage = 'off_session' and t.limits is null and t.payer_id = w.payer_id
       and p.status = 'active' and c.withdrawn_at is null
       and not exists (
         select 1 from idempotency_keys k where k.tenant_id = p_tenant and k.key_hash = w.key_hash offset 0)
  ), keys as (
    insert into idempotency_keys (tenant_id, key_hash, request_hash, status, moves_money, object_id, payer_id, lease_until,
                                  created_at)
    select p_tenant, w.key_hash, w.request_hash, 'running', true, w.charge_id, w.payer_id, w.lease_until, w.wall
      from plain w order by w.key_hash
    on conflict do nothing
    returning key_hash
  ), made as (
    insert into charges (tenant_id, id, payer_id, token_id, status, amount, currency, capture_method, billing_job,
                         reference_hash, details_sealed, created_by, created_at, updated_at)
    select p_tenant, w.charge_id, w.payer_id, w.token_id, 'sending', w.amount, w.currency, w.capture_method,
           w.billing_job, w.reference_hash, w.details_sealed, w.audit ->> 'actor_id', w.at, w.at
      from plain w
    on conflict (tenant_id, reference_hash) do nothing
    returning id
  ), tried as (
    insert into charge_attempts (tenant_id, id, charge_id, kind, status, amount, stripe_idempotency_key, created_at,
                                 sent_at, lease_until, next_look_at)
    select p_tenant, w.attempt_id, w.charge_id, 'charge', 'sending', w.amount, w.stripe_key, w.at, w.at, w.lease_until,
           w.look_at
      from plain w join made on made.id = w.charge_id
  ), audited as (
    insert into audit_log (tenant_id, id, at, actor_kind, actor_id, action, outcome, object_type, object_id, payer_id,
                           request_id, address_hash, details, transaction_id, row_hash)
    select p_tenant, e.id, w.at, e.actor_kind, e.actor_id, e.action, e.outcome, e.object_type, e.object_id, e.payer_id,
           e.request_id, e.address_hash, coalesce(e.details, '{}'), '', ''
      from plain w
     cross join lateral jsonb_to_record(w.audit) as e(id text, actor_kind text, actor_id text, action text, outcome text,
           object_type text, object_id text, payer_id text, request_id text, address_hash bytea, details jsonb)
  )
  select jsonb_agg(jsonb_build_object('i', w.i, 'charge_id', w.charge_id, 'payer_id', w.payer_id,
                                      'customer', w.stripe_customer_id, 'payment_method', w.stripe_payment_method_id)),
         2 * count(*) - (select count(*) from keys) - (select count(*) from made)
    into done, planned
    from plain w;
  if planned <> 0 then
    raise exception 'another request was first' using errcode = 'PL009';
  end if;
  return done;
end
$$;
--> statement-breakpoint

-- Why a token may not be charged now, or null. `p_charge` is left out of the sums: it is the charge that asks again.
create function charge_refusal(
  p_tenant text, p_now timestamptz, p_policy tenants, p_token text, p_status text, p_usage text, p_limits jsonb,
  p_payer text, p_consent text, p_amount bigint, p_currency text, p_billing_job text, p_on_session boolean, p_charge text)
  returns text
  language plpgsql set search_path = public, pg_temp set plan_cache_mode = force_generic_plan as $$
declare
  spent bigint;
  made bigint;
begin
  if p_policy.charging_paused_at is not null then return 'charging_paused'; end if;
  if p_status = 'erased' or exists (
    select 1 from payers p where p.tenant_id = p_tenant and p.id = p_payer and p.status = 'erased')
  then
    return 'payer_erased';
  end if;
  if p_status = 'detached' then return 'token_detached'; end if;
  if p_status = 'frozen' then return 'token_frozen'; end if;
  if p_status <> 'active' then return 'token_not_active'; end if;
  if exists (
    select 1 from consents c
     where c.tenant_id = p_tenant and c.id = p_consent and c.withdrawn_at is not null)
  then
    return 'consent_withdrawn';
  end if;
  if p_usage = 'on_session' and not p_on_session then return 'off_session_not_allowed'; end if;
  if p_amount > p_policy.max_amount_per_charge then return 'limit_tenant_amount'; end if;
  if p_policy.max_amount_per_hour is not null or p_policy.max_charges_per_hour is not null then
    select coalesce(sum(c.amount), 0), count(*) into spent, made from charges c
     where c.tenant_id = p_tenant and c.created_at > p_now - interval '1 hour' and c.id is distinct from p_charge;
    if made >= p_policy.max_charges_per_hour then return 'rate_tenant_charges'; end if;
    if spent + p_amount > p_policy.max_amount_per_hour then return 'limit_tenant_hour'; end if;
  end if;
  if p_limits is null then return null; end if;
  if p_limits ->> 'currency' <> p_currency then return 'limit_currency'; end if;
  if p_amount > (p_limits ->> 'max_amount_per_charge')::bigint then return 'limit_charge'; end if;
  if p_limits ->> 'billing_job' is not null and p_limits ->> 'billing_job' is distinct from p_billing_job then
    return 'limit_billing_job';
  end if;
  if p_limits ->> 'max_amount_per_window' is not null then
    select coalesce(sum(case when c.status = 'succeeded' then c.amount_captured else c.amount end), 0) into spent
      from charges c
     where c.tenant_id = p_tenant and c.token_id = p_token
       and c.created_at > p_now - make_interval(days => coalesce((p_limits ->> 'window_days')::integer, 30))
       and c.status not in ('declined', 'errored', 'expired', 'cancelled') and c.id is distinct from p_charge;
    if spent + p_amount > (p_limits ->> 'max_amount_per_window')::bigint then return 'limit_window'; end if;
  end if;
  return null;
end
$$;
--> statement-breakpoint

-- Whether a charge that was reserved earlier may be sent (again): the same question, asked anew under the same locks.
create function charge_resend_refusal(p_tenant text, p_now timestamptz, p_charge text) returns text
  language plpgsql set search_path = public, pg_temp as $$
declare
  policy tenants%rowtype;
  wanted charges%rowtype;
  saved tokens%rowtype;
begin
  perform pg_advisory_xact_lock_shared(hashtextextended('charging:' || p_tenant, 0));
  select * into policy from tenants where id = p_tenant;
  select * into wanted from charges c where c.tenant_id = p_tenant and c.id = p_charge;
  select * into saved from tokens t where t.tenant_id = p_tenant and t.id = wanted.token_id for no key update;
  return charge_refusal(p_tenant, p_now, policy, saved.id, saved.status, saved.usage, saved.limits, saved.payer_id,
    saved.consent_id, wanted.amount, wanted.currency, wanted.billing_job, false, wanted.id);
end
$$;
--> statement-breakpoint

-- The one place where the outcome of an attempt is booked, whoever brings it: reply, event, look or reconciliation.
-- `settled`: booked now; `confirmed`: it was so already; `superseded`: more is known by now than is told here;
-- `contradiction`: a final state says otherwise and stays. `take_in` names the kind of an attempt that was made at
-- Stripe by others and is entered here; `lease`: what is told counts only while its teller owns the attempt.
create function charge_settle(p_tenant text, p_rows jsonb)
  returns table (r_i integer, r_outcome text, r_status text)
  language plpgsql set search_path = public, pg_temp
  set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
declare
  final constant text[] := array['succeeded', 'declined', 'errored', 'expired', 'cancelled'];
  told record;
  held record;
  tried record;
  entries jsonb[] := '{}';
begin
  perform panless_enter_tenant(p_tenant);
  perform 1 from charges c
   where c.tenant_id = p_tenant and c.id = any (array(select distinct w ->> 'charge_id' from jsonb_array_elements(p_rows) w))
   order by c.id for no key update;
  for told in
    select * from jsonb_to_recordset(p_rows) as w(
      i integer, at timestamptz, attempt_id text, charge_id text, take_in text, take_in_key text, take_in_amount bigint,
      lease timestamptz, attempt_status text, charge_status text, amount_captured bigint,
      failure_code text, decline_code text, advice_code text, retry text, retry_after timestamptz,
      payment_intent text, stripe_charge text, authenticate_by timestamptz, confirmed boolean,
      next_look_at timestamptz, looks integer, missing_since timestamptz, cancel_attempt_id text, cancel_key text,
      key_hash bytea, reply_status integer, reply_sealed text, audit jsonb)
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

-- What a tokenize must know before it asks Stripe: its key, the session, the payer, the tokens that may answer it, and
-- whether there are failures since `p_since`. A session is bound to the first allowed origin that uses it. Look-ups are
-- lateral and by index, planned once for a connection, even if that was while the tables were empty.
create function tokenize_prepare(p_tenant text, p_now timestamptz, p_wall timestamptz, p_since timestamptz, p_rows jsonb)
  returns table (r_i integer, r_key text, r_reply_status integer, r_reply_sealed bytea, r_object text, r_reply_payer text,
                 r_session jsonb, r_payer text, r_payer_status text, r_wrapped_key bytea, r_key_version integer,
                 r_customer text, r_known text, r_known_payer text, r_prints text, r_tokens jsonb, r_failures jsonb)
  language plpgsql set search_path = public, pg_temp
  set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off
  set enable_hashjoin = off set enable_mergejoin = off as $$
declare
  binding record;
  some_failed boolean;
begin
  perform panless_enter_tenant(p_tenant);
  for binding in
    select w ->> 'session_id' as id, w ->> 'origin' as origin, w -> 'audit' as audit
      from jsonb_array_elements(p_rows) w where w ->> 'origin_allowed' = 'true' order by 1
  loop
    update checkout_sessions s set origin = binding.origin
     where s.tenant_id = p_tenant and s.id = binding.id and s.origin is null;
    if found then
      perform panless_append_audit(p_tenant, p_now, binding.audit);
    end if;
  end loop;
  some_failed := exists (select 1 from tokenize_failures f where f.tenant_id = p_tenant and f.failed_at > p_since);
  return query
  select w.i,
         case when k.key_hash is null then null
              when k.request_hash <> w.request_hash then 'mismatch'
              when k.status = 'done' and k.reply_sealed is not null then 'replay'
              when k.status = 'done' then 'forgotten'
              when k.lease_until > p_wall then 'running' end,
         k.reply_status, k.reply_sealed, k.object_id, k.payer_id,
         s.shown, p.id, p.status, p.wrapped_key, p.key_version, p.stripe_customer_id,
         o.token_id, o.payer_id, t.prints, x.tokens,
         case when some_failed then jsonb_build_object(
           'payer', (select count(*) from tokenize_failures ff
                      where ff.tenant_id = p_tenant and ff.payer_id = p.id and ff.failed_at > p_since),
           'address', (select count(*) from tokenize_failures ff
                        where ff.tenant_id = p_tenant and ff.address_hash = w.address_hash and ff.failed_at > p_since)) end
    from jsonb_to_recordset(p_rows) as w(
           i integer, key_hash bytea, request_hash bytea, payer_id text, session_id text, stripe_id text, token_id text,
           fingerprint_hash bytea, address_hash bytea)
    left join lateral (
      select kk.* from idempotency_keys kk where kk.tenant_id = p_tenant and kk.key_hash = w.key_hash limit 1) k on true
    left join lateral (
      select ss.payer_id, ss.token_id, to_jsonb(ss) as shown
        from checkout_sessions ss where ss.tenant_id = p_tenant and ss.id = w.session_id limit 1) s on true
    left join lateral (
      select pp.* from payers pp where pp.tenant_id = p_tenant and pp.id = case when s.payer_id is null then w.payer_id else s.payer_id end limit 1) p on true
    left join lateral (
      select s.token_id, s.payer_id where s.token_id is not null
      union all
      select oo.token_id, oo.payer_id from token_sources oo
       where s.token_id is null and oo.tenant_id = p_tenant and oo.stripe_id = w.stripe_id
       limit 1) o on true
    left join lateral (
      select string_agg(encode(substr(tt.fingerprint_hash, 1, 8), 'hex'), ' ') as prints from (
        select ttt.fingerprint_hash from tokens ttt
         where ttt.tenant_id = p_tenant and ttt.payer_id = p.id and ttt.fingerprint_hash is not null limit 200) tt) t on true
    left join lateral (
      select jsonb_agg(tokenize_shown(tt, c) order by (tt.status = 'frozen') desc, tt.sequence) as tokens
        from tokens tt join consents c on c.tenant_id = p_tenant and c.id = tt.consent_id
       where (o.token_id is not null or w.token_id is not null or w.fingerprint_hash is not null)
         and tt.tenant_id = p_tenant and tt.payer_id = p.id
         and (tt.id in (o.token_id, w.token_id)
              or (tt.fingerprint_hash = w.fingerprint_hash and tt.status in ('pending', 'active', 'frozen')))) x on true;
end
$$;
--> statement-breakpoint

-- A token with its consent, as the service shows it.
create function tokenize_shown(p_token tokens, p_consent consents) returns jsonb
  language sql stable set search_path = public, pg_temp as $$
  select to_jsonb(p_token) || jsonb_build_object('consent_text_version', p_consent.text_version,
    'consent_locale', p_consent.locale, 'consent_accepted_at', p_consent.accepted_at,
    'consent_withdrawn_at', p_consent.withdrawn_at);
$$;
--> statement-breakpoint

-- Keeps Stripe's customer of a payer, once; gives back the one that is kept.
create function payer_keep_customer(p_tenant text, p_now timestamptz, p_rows jsonb)
  returns table (r_i integer, r_customer text)
  language plpgsql set search_path = public, pg_temp
  set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off
  set enable_hashjoin = off set enable_mergejoin = off as $$
declare
  wanted record;
begin
  perform panless_enter_tenant(p_tenant);
  for wanted in
    select * from jsonb_to_recordset(p_rows) as w(i integer, payer_id text, customer text, audit jsonb)
    order by w.payer_id, w.i
  loop
    r_i := wanted.i;
    update payers p set stripe_customer_id = wanted.customer, updated_at = p_now
     where p.tenant_id = p_tenant and p.id = wanted.payer_id and p.stripe_customer_id is null;
    if found then
      perform panless_append_audit(p_tenant, p_now, wanted.audit);
    end if;
    select p.stripe_customer_id into r_customer from payers p where p.tenant_id = p_tenant and p.id = wanted.payer_id;
    return next;
  end loop;
end
$$;
--> statement-breakpoint

-- Stores vault tokens. The payers' rows are locked in the order of their ids, so that one card of one payer becomes one
-- token. The caller has made its reply already, either for a new token or for the older one in `answer_token` as it saw
-- it; `stale`: that is not what the database holds now, and the caller looks again, at `r_object` too. New cards with
-- nothing unusual about them go in together; what is left goes one by one.
create function tokenize_commit(p_tenant text, p_now timestamptz, p_wall timestamptz, p_lease_until timestamptz, p_rows jsonb)
  returns table (r_i integer, r_outcome text, r_reply_status integer, r_reply_sealed bytea, r_object text, r_payer text)
  language plpgsql set search_path = public, pg_temp
  set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off
  set enable_hashjoin = off set enable_mergejoin = off as $$
declare
  payer_ids text[];
  living text[];
  stored integer[];
  wanted record;
  claim record;
  known record;
  twin record;
  session checkout_sessions%rowtype;
  payer_status text;
begin
  perform panless_enter_tenant(p_tenant);
  select array_agg(distinct w ->> 'payer_id' order by w ->> 'payer_id') into payer_ids from jsonb_array_elements(p_rows) w;
  select array_agg(p.id) into living
    from unnest(payer_ids) u(id) cross join lateral (
      select pp.id, pp.status from payers pp where pp.tenant_id = p_tenant and pp.id = u.id
       limit 1 for no key update) p
   where p.status = 'active';
  with sent as materialized (
    select w.*, row_number() over (partition by w.key_hash order by w.i) as use_of_key,
           row_number() over (partition by w.payer_id, w.fingerprint_hash order by w.i) as use_of_card
      from jsonb_to_recordset(p_rows) as w(
        i integer, key_hash bytea, request_hash bytea, token_id text, payer_id text, payment_method text, sources text[],
        fingerprint_hash bytea, brand text, last4 text, exp_month integer, exp_year integer, funding text, country text,
        usage text, limits jsonb, seen_duplicate text, session_id text, consent jsonb, at timestamptz,
        reply_status integer, reply_sealed bytea, audit jsonb)
  ), plain as materialized (
    select s.* from sent s
     where s.token_id is not null and s.key_hash is not null and s.fingerprint_hash is not null
       and s.session_id is null and s.seen_duplicate is null and s.use_of_key = 1 and s.use_of_card = 1
       and s.payer_id = any (living)
       and (select o.token_id from token_sources o
             where o.tenant_id = p_tenant and o.stripe_id = any (s.sources) limit 1) is null
       and (select t.id from tokens t
             where t.tenant_id = p_tenant and t.payer_id = s.payer_id and t.fingerprint_hash = s.fingerprint_hash
             limit 1) is null
  ), claimed as (
    insert into idempotency_keys (tenant_id, key_hash, request_hash, status, moves_money, object_id, payer_id,
                                  reply_status, reply_sealed, lease_until, created_at)
    select p_tenant, s.key_hash, s.request_hash, 'done', false, s.token_id, s.payer_id, s.reply_status, s.reply_sealed,
           p_lease_until, p_wall
      from plain s
    on conflict do nothing
    returning key_hash
  ), made as materialized (
    select s.* from plain s where s.key_hash in (select c.key_hash from claimed c)
  ), agreed as (
    insert into consents (tenant_id, id, payer_id, purpose, text_version, locale, accepted_at, evidence_sealed, source, created_at)
    select p_tenant, c.id, s.payer_id, c.purpose, c.text_version, c.locale, c.accepted_at, c.evidence_sealed, c.source, s.at
      from made s cross join lateral jsonb_to_record(s.consent) as c(id text, purpose text, text_version text, locale text,
           accepted_at timestamptz, evidence_sealed bytea, source text)
  ), saved as (
    insert into tokens (tenant_id, id, payer_id, status, stripe_payment_method_id, fingerprint_hash, brand, last4,
                        exp_month, exp_year, funding, country, usage, consent_id, limits, created_at, updated_at)
    select p_tenant, s.token_id, s.payer_id, 'active', s.payment_method, s.fingerprint_hash, s.brand, s.last4,
           s.exp_month, s.exp_year, s.funding, s.country, s.usage, s.consent ->> 'id', s.limits, s.at, s.at
      from made s order by s.i
  ), named as (
    insert into token_sources (tenant_id, stripe_id, token_id, payer_id, created_at)
    select p_tenant, o.id, s.token_id, s.payer_id, s.at from made s cross join lateral unnest(s.sources) as o(id)
  ), told as (
    insert into audit_log (tenant_id, id, at, actor_kind, actor_id, action, outcome, object_type, object_id, payer_id,
                           request_id, address_hash, details, transaction_id, row_hash)
    select p_tenant, e.id, p_now, e.actor_kind, e.actor_id, e.action, e.outcome, e.object_type, e.object_id, e.payer_id,
           e.request_id, e.address_hash, coalesce(e.details, '{}'), '', ''
      from made s cross join lateral jsonb_to_record(s.audit) as e(id text, actor_kind text, actor_id text, action text,
           outcome text, object_type text, object_id text, payer_id text, request_id text, address_hash bytea, details jsonb)
     order by s.i
  )
  select coalesce(array_agg(s.i), '{}') into stored from made s;
  return query
  select s.i, 'created', null::integer, null::bytea, s.token_id, s.payer_id
    from jsonb_to_recordset(p_rows) as s(i integer, token_id text, payer_id text) where s.i = any (stored);
  if cardinality(stored) = jsonb_array_length(p_rows) then
    return;
  end if;
  for wanted in
    select * from jsonb_to_recordset(p_rows) as w(
      i integer, key_hash bytea, request_hash bytea, token_id text, payer_id text, payment_method text, sources text[],
      fingerprint_hash bytea, brand text, last4 text, exp_month integer, exp_year integer, funding text, country text,
      usage text, limits jsonb, on_duplicate text, seen_duplicate text, differs text[], session_id text, consent jsonb,
      answer_token text, answer_seen timestamptz, at timestamptz, reply_status integer, reply_sealed bytea, audit jsonb)
     where w.i <> all (stored)
     order by w.payer_id, w.i
  loop
    r_i := wanted.i;
    r_reply_status := null; r_reply_sealed := null; r_object := null; r_payer := wanted.payer_id;
    if wanted.key_hash is not null then
      select * into claim from panless_claim_key(p_tenant, wanted.key_hash, wanted.request_hash, false, p_wall, p_lease_until);
      if claim.outcome <> 'claimed' and not (claim.outcome = 'taken_over' and claim.object is null) then
        r_outcome := claim.outcome; r_reply_status := claim.reply_status; r_reply_sealed := claim.reply_sealed;
        r_object := claim.object; r_payer := claim.payer;
        return next;
        continue;
      end if;
    end if;
    r_outcome := 'created';
    select p.status into payer_status from payers p where p.tenant_id = p_tenant and p.id = wanted.payer_id;
    if not found then
      r_outcome := 'not_found';
    elsif payer_status = 'erased' then
      r_outcome := 'payer_erased';
    end if;
    if r_outcome = 'created' then
      select s.token_id, s.payer_id into known from token_sources s
       where s.tenant_id = p_tenant and s.stripe_id = any (wanted.sources) limit 1;
      if found and known.payer_id <> wanted.payer_id then
        r_outcome := 'wrong_payer';
      elsif found then
        r_outcome := 'known';
        r_object := known.token_id;
      end if;
    end if;
    if wanted.session_id is not null and r_outcome in ('created', 'known') then
      select * into session from checkout_sessions s
       where s.tenant_id = p_tenant and s.id = wanted.session_id for no key update;
      if session.token_id is distinct from r_object and session.token_id is not null then
        r_outcome := 'session_used';
      end if;
    end if;
    if r_outcome = 'created' then
      select t.id, t.status into twin from tokens t
        join consents c on c.tenant_id = t.tenant_id and c.id = t.consent_id
       where t.tenant_id = p_tenant and t.payer_id = wanted.payer_id and t.fingerprint_hash = wanted.fingerprint_hash
         and (t.status = 'frozen' or (t.status in ('pending', 'active') and c.withdrawn_at is null))
       order by (t.status = 'frozen') desc, t.sequence limit 1;
      if found and (twin.status = 'frozen' or wanted.on_duplicate = 'reject') then
        r_outcome := 'duplicate_card';
      elsif twin.id is distinct from wanted.seen_duplicate then
        r_outcome := 'stale';
        r_object := twin.id;
      elsif found and wanted.on_duplicate = 'reuse' and not ('usage' = any (wanted.differs)) then
        r_outcome := 'reused';
        r_object := twin.id;
      end if;
    end if;
    if r_outcome in ('created', 'known', 'reused') and r_object is distinct from wanted.answer_token then
      r_outcome := 'stale';
    elsif r_outcome in ('known', 'reused') then
      perform 1 from tokens t where t.tenant_id = p_tenant and t.id = r_object and t.updated_at = wanted.answer_seen;
      if not found then
        r_outcome := 'stale';
      end if;
    end if;
    if r_outcome not in ('created', 'known', 'reused') then
      delete from idempotency_keys k where k.tenant_id = p_tenant and k.key_hash = wanted.key_hash;
      return next;
      continue;
    end if;
    if r_outcome = 'created' then
      insert into consents (tenant_id, id, payer_id, purpose, text_version, locale, accepted_at, evidence_sealed, source, created_at)
      select p_tenant, c.id, wanted.payer_id, c.purpose, c.text_version, c.locale, c.accepted_at, c.evidence_sealed, c.source, wanted.at
        from jsonb_to_record(wanted.consent) as c(id text, purpose text, text_version text, locale text,
             accepted_at timestamptz, evidence_sealed bytea, source text);
      insert into tokens (tenant_id, id, payer_id, status, stripe_payment_method_id, fingerprint_hash, brand, last4,
                          exp_month, exp_year, funding, country, usage, consent_id, limits, duplicate_of,
                          duplicate_differs, created_at, updated_at)
      values (p_tenant, wanted.token_id, wanted.payer_id, 'active', wanted.payment_method, wanted.fingerprint_hash,
              wanted.brand, wanted.last4, wanted.exp_month, wanted.exp_year, wanted.funding, wanted.country, wanted.usage,
              wanted.consent ->> 'id', wanted.limits, wanted.seen_duplicate, wanted.differs, wanted.at, wanted.at);
      r_object := wanted.token_id;
    end if;
    insert into token_sources (tenant_id, stripe_id, token_id, payer_id, created_at)
    select p_tenant, s, r_object, wanted.payer_id, p_now from unnest(wanted.sources) s
    on conflict do nothing;
    if wanted.session_id is not null then
      update checkout_sessions s set token_id = r_object
       where s.tenant_id = p_tenant and s.id = wanted.session_id and s.token_id is null;
    end if;
    if wanted.key_hash is not null then
      perform panless_complete_key(p_tenant, wanted.key_hash, r_object, wanted.payer_id, wanted.reply_status, wanted.reply_sealed);
    end if;
    perform panless_append_audit(p_tenant, p_now, wanted.audit);
    return next;
  end loop;
end
$$;
--> statement-breakpoint

-- Stores Stripe's events; one that is known already changes nothing.
create function stripe_event_ingest(p_tenant text, p_now timestamptz, p_rows jsonb)
  returns table (r_i integer, r_outcome text)
  language sql set search_path = public, pg_temp as $$
  select panless_enter_tenant(p_tenant);
  with told as (
    select * from jsonb_to_recordset(p_rows) as w(
      i integer, id text, stripe_event_id text, type text, object_id text, object_type text, livemode boolean,
      account text, api_version text, stripe_created_at timestamptz, facts jsonb, payload_hash bytea, source text,
      status text, error_code text)
  ), stored as (
    insert into stripe_events (tenant_id, id, stripe_event_id, type, object_id, object_type, livemode, account,
                               api_version, stripe_created_at, facts, payload_hash, source, status, error_code,
                               next_attempt_at, received_at)
    select distinct on (stripe_event_id) p_tenant, id, stripe_event_id, type, object_id, object_type, livemode, account,
           api_version, stripe_created_at, facts, payload_hash, source, status, error_code, p_now, p_now
      from told order by stripe_event_id, i
    on conflict (tenant_id, stripe_event_id) do nothing
    returning id
  )
  select told.i, case when stored.id is null then 'known' else 'stored' end
    from told left join stored using (id);
$$;
