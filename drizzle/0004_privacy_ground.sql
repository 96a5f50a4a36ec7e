alter table payers drop constraint payers_status;
--> statement-breakpoint
alter table payers add column contact_changed_at timestamp with time zone;
--> statement-breakpoint
alter table payers add constraint payers_status check (status in ('active', 'erasing', 'erased'));
--> statement-breakpoint
drop trigger payers_moves on payers;
--> statement-breakpoint
create trigger payers_moves before update of status on payers
  for each row execute function panless_allow_moves('active>erasing', 'active>erased', 'erasing>erased');
--> statement-breakpoint
-- What every new table needs: the service's rights to it and, where it is a tenant's, forced row security.
create function panless_guard_table(p_table text, p_rights text default 'select, insert, update') returns void
  language plpgsql set search_path = public, pg_temp as $$
begin
  execute format('grant %s on %I to panless_app', p_rights, p_table);
  grant usage on all sequences in schema public to panless_app;
  if exists (select 1 from pg_attribute where attrelid = p_table::regclass and attname = 'tenant_id') then
    execute format('alter table %I enable row level security', p_table);
    execute format('alter table %I force row level security', p_table);
    execute format(
      'create policy one_tenant on %I using (tenant_id = current_setting(''app.tenant'', true)) with check (tenant_id = current_setting(''app.tenant'', true))',
      p_table);
    execute format('alter table %I add constraint %I check (tenant_id <> '''')', p_table, p_table || '_tenant_named');
  end if;
end
$$;
--> statement-breakpoint
revoke execute on function panless_guard_table(text, text) from public;
