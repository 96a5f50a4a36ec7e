create table erasures (
  tenant_id text not null,
  id text not null,
  payer_id text not null,
  request_id text,
  restored boolean not null default false,
  status text not null default 'running',
  step text not null,
  waits_for jsonb not null default '[]',
  attempts integer not null default 0,
  error_code text,
  next_attempt_at timestamp with time zone not null,
  lease_until timestamp with time zone,
  counts jsonb not null default '{}',
  key_version integer,
  key_destroyed_at timestamp with time zone,
  receipt text,
  started_at timestamp with time zone not null,
  finished_at timestamp with time zone,
  constraint erasures_status check (status in ('running', 'done')),
  constraint erasures_receipt check ((status = 'done') = (receipt is not null))
);
--> statement-breakpoint
create unique index erasures_payer on erasures (tenant_id, payer_id);
--> statement-breakpoint
create index erasures_due on erasures (tenant_id, next_attempt_at) where status = 'running';
--> statement-breakpoint
alter table erasures add primary key (tenant_id, id);
--> statement-breakpoint
alter table erasures add constraint erasures_tenant_id_payer_id_payers_tenant_id_id_fk
  foreign key (tenant_id, payer_id) references payers (tenant_id, id);
--> statement-breakpoint
select panless_guard_table('erasures');
--> statement-breakpoint
-- The same moves stand in src/domain/erasures/state.ts.
create trigger erasures_moves before update of status on erasures
  for each row execute function panless_allow_moves('running>done');
--> statement-breakpoint
create trigger erasures_no_delete before delete on erasures
  for each row execute function panless_refuse_change();
--> statement-breakpoint
-- The row of an erased payer holds nothing that opens or finds anything, whoever writes it.
create function panless_empty_erased_payer() returns trigger
  language plpgsql set search_path = public, pg_temp as $$
begin
  new.wrapped_key := '';
  new.key_version := 0;
  new.profile_sealed := '';
  new.identity_sealed := null;
  new.identity_fields := '{}';
  new.short_name_hash := '';
  new.external_ref_hash := null;
  new.email_hash := null;
  new.contact_changed_at := null;
  return new;
end
$$;
--> statement-breakpoint
create trigger payers_erased before insert or update on payers
  for each row when (new.status = 'erased') execute function panless_empty_erased_payer();
--> statement-breakpoint
-- An erasure refuses charges and cards from its first moment on, not from its last. The functions are taken as they are
-- in this database, so that other migrations may write them anew.
do $$
declare
  change record;
  before text;
  after text;
begin
  for change in
    select * from (values
      ('charge_refusal', 'p.status = ''erased''', 'p.status <> ''active'''),
      ('tokenize_commit', 'payer_status = ''erased''', 'payer_status <> ''active''')) as c(name, old, new)
  loop
    select pg_get_functiondef(p.oid) into strict before
      from pg_proc p where p.pronamespace = 'public'::regnamespace and p.proname = change.name;
    after := replace(before, change.old, change.new);
    if position(change.new in after) = 0 then
      raise exception '% does not ask for the payer''s status', change.name;
    end if;
    execute after;
  end loop;
end
$$;
