-- Sessions of people of the company at the console. The browser holds the secret; here is its hash, and no name.
create table staff_sessions (
  tenant_id text not null,
  id text not null,
  secret_hash bytea not null,
  subject text not null,
  roles text[] not null,
  created_at timestamp with time zone not null,
  last_seen_at timestamp with time zone not null,
  expires_at timestamp with time zone not null,
  ended_at timestamp with time zone,
  constraint staff_sessions_tenant_id_id_pk primary key (tenant_id, id)
);
--> statement-breakpoint
create unique index staff_sessions_secret on staff_sessions (tenant_id, secret_hash);
--> statement-breakpoint
create index staff_sessions_subject on staff_sessions (tenant_id, subject, created_at);
--> statement-breakpoint
select panless_guard_table('staff_sessions', 'select, insert, update, delete');
--> statement-breakpoint
create trigger staff_sessions_card_numbers before insert on staff_sessions
  for each row execute function panless_refuse_card_numbers('subject', 'roles');
--> statement-breakpoint
create function panless_keep_session_ended() returns trigger
  language plpgsql set search_path = public, pg_temp as $$
begin
  raise exception 'a session that has ended stays so' using errcode = 'PL002';
end
$$;
--> statement-breakpoint
create trigger staff_sessions_stay_ended before update on staff_sessions
  for each row when (old.ended_at is not null) execute function panless_keep_session_ended();
