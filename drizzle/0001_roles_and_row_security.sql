-- Of indexes that cost the same, as all do while a table is empty, the planner takes the newest, and functions keep such
-- plans. So every primary key is made anew after the other indexes: the first look-ups then go by it.
do $$
declare
  foreign_keys text[];
  key record;
  statement text;
begin
  select array_agg(format('alter table %s add constraint %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)))
    into foreign_keys
    from pg_constraint where contype = 'f' and connamespace = 'public'::regnamespace;
  for key in
    select conrelid::regclass as of_table, conname as name, pg_get_constraintdef(oid) as definition, contype as kind
      from pg_constraint
     where contype in ('f', 'p') and connamespace = 'public'::regnamespace
     order by contype
  loop
    execute format('alter table %s drop constraint %I', key.of_table, key.name);
    if key.kind = 'p' then
      execute format('alter table %s add constraint %I %s', key.of_table, key.name, key.definition);
    end if;
  end loop;
  foreach statement in array foreign_keys loop
    execute statement;
  end loop;
end
$$;
--> statement-breakpoint
-- A key is stored when its request begins and its reply, several times as long, when it ends: room beside it keeps the
-- second write on the same page and out of the indexes.
alter table idempotency_keys set (fillfactor = 20);
--> statement-breakpoint
-- The service's role may use the tables and owns nothing; row security shows it one tenant at a time.
do $$
begin
  create role panless_app nologin nosuperuser nobypassrls;
exception
  when duplicate_object or unique_violation then null;
end
$$;
--> statement-breakpoint
grant usage on schema public to panless_app;
--> statement-breakpoint
do $$
declare
  target record;
begin
  for target in
    select c.relname as name,
           exists (select 1 from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id') as of_tenant
      from pg_class c
     where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
  loop
    execute format('grant select, insert, update on %I to panless_app', target.name);
    if target.of_tenant then
      execute format('alter table %I enable row level security', target.name);
      execute format('alter table %I force row level security', target.name);
      execute format(
        'create policy one_tenant on %I using (tenant_id = current_setting(''app.tenant'', true)) with check (tenant_id = current_setting(''app.tenant'', true))',
        target.name);
      execute format('alter table %I add constraint %I check (tenant_id <> '''')', target.name, target.name || '_tenant_named');
    end if;
  end loop;
end
$$;
--> statement-breakpoint
grant usage on all sequences in schema public to panless_app;
--> statement-breakpoint
grant usage on schema drizzle to panless_app;
--> statement-breakpoint
grant select on drizzle.__drizzle_migrations to panless_app;
--> statement-breakpoint
grant delete on idempotency_keys, tokenize_failures, payout_rows, mirror_cursors, tenant_webhook_secrets to panless_app;
--> statement-breakpoint
revoke update on audit_log, token_sources, charge_attempts from panless_app;
--> statement-breakpoint
grant update (status, failure_code, decline_code, sent_at, decided_at, lease_until, looks, next_look_at, missing_since)
  on charge_attempts to panless_app;
