create table key_versions (
  version integer primary key,
  keyring_check bytea not null,
  version_check bytea not null,
  created_at timestamp with time zone not null,
  rewrapped_at timestamp with time zone,
  retiring_at timestamp with time zone,
  retired_at timestamp with time zone
);
--> statement-breakpoint
create table signing_keys (
  kid text primary key,
  use text not null,
  version integer not null,
  public_key bytea not null,
  created_at timestamp with time zone not null,
  constraint signing_keys_use check (use in ('statement', 'session')),
  constraint signing_keys_length check (length(public_key) = 32)
);
--> statement-breakpoint
create table key_usage (
  version integer not null,
  use text not null,
  reserved bigint not null,
  leased_until timestamp with time zone not null,
  constraint key_usage_version_use_pk primary key (version, use)
);
--> statement-breakpoint
create table key_rotations (
  tenant_id text not null,
  version integer not null,
  total bigint not null,
  done bigint default 0 not null,
  after text default '' not null,
  started_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  finished_at timestamp with time zone,
  constraint key_rotations_tenant_id_version_pk primary key (tenant_id, version)
);
--> statement-breakpoint
select panless_guard_table('key_versions');
--> statement-breakpoint
select panless_guard_table('signing_keys', 'select, insert');
--> statement-breakpoint
select panless_guard_table('key_usage');
--> statement-breakpoint
select panless_guard_table('key_rotations');
--> statement-breakpoint
create trigger signing_keys_append_only before update or delete on signing_keys
  for each row execute function panless_refuse_change();
--> statement-breakpoint
create trigger signing_keys_no_truncate before truncate on signing_keys
  for each statement execute function panless_refuse_change();
--> statement-breakpoint
create trigger key_versions_no_delete before delete on key_versions
  for each row execute function panless_refuse_change();
--> statement-breakpoint
-- Who a keyring is, and that a version is gone, is never unsaid.
create function panless_keep_key_version() returns trigger
  language plpgsql set search_path = public, pg_temp as $$
begin
  if (new.version, new.keyring_check, new.version_check) is distinct from (old.version, old.keyring_check, old.version_check)
     or (old.retired_at is not null and new.retired_at is distinct from old.retired_at) then
    raise exception 'rows of % keep what they check', tg_table_name using errcode = 'PL001';
  end if;
  return new;
end
$$;
--> statement-breakpoint
create trigger key_versions_kept before update on key_versions
  for each row execute function panless_keep_key_version();
--> statement-breakpoint
-- Reserves encryptions of one key, and says until when they may be used. Called outside of any tenant.
create function panless_lease_encryptions(
  p_version integer, p_use text, p_count bigint, p_bound bigint, p_lease_ms integer,
  out outcome text, out total bigint)
  language plpgsql set search_path = public, pg_temp as $$
declare
  -- Shared with nobody who retires the version: its mark is set before this reads, or after this has booked.
  known key_versions;
begin
  select * into known from key_versions where version = p_version for share;
  if known.retiring_at is not null or known.retired_at is not null then
    outcome := 'retired';
    return;
  end if;
  insert into key_usage as u (version, use, reserved, leased_until)
  values (p_version, p_use, p_count, clock_timestamp() + p_lease_ms * interval '1 millisecond')
  on conflict (version, use) do update
     set reserved = u.reserved + excluded.reserved, leased_until = greatest(u.leased_until, excluded.leased_until)
   where u.reserved + excluded.reserved <= p_bound
  returning reserved into total;
  outcome := case when total is null then 'used_up' else 'granted' end;
end
$$;
