-- Sealed blocks leave for archive files after a while. Their entries are deleted by one path only: a function of the owner's
-- that takes a block which an archive holds, named with its root. Blocks, checkpoints and the records of archives stay.
create table audit_archives (
  tenant_id text not null,
  first_block bigint not null,
  last_block bigint not null,
  row_count bigint not null,
  file text not null,
  digest bytea not null,
  statement text not null,
  created_at timestamp with time zone not null,
  constraint audit_archives_tenant_id_first_block_pk primary key (tenant_id, first_block),
  constraint audit_archives_range check (last_block >= first_block)
);
--> statement-breakpoint
select panless_guard_table('audit_archives', 'select, insert');
--> statement-breakpoint
create trigger audit_archives_append_only before update or delete on audit_archives
  for each row execute function panless_refuse_change();
--> statement-breakpoint
create trigger audit_archives_no_truncate before truncate on audit_archives
  for each statement execute function panless_refuse_change();
--> statement-breakpoint
create function panless_keep_audit_row() returns trigger
  language plpgsql set search_path = public, pg_temp as $$
begin
  if exists (
    select 1 from audit_archives c
     where c.tenant_id = old.tenant_id
       and (select b.number from audit_blocks b
             where b.tenant_id = old.tenant_id
               and (b.end_transaction, b.end_sequence) >= (old.transaction_number, old.sequence)
             order by b.end_transaction, b.end_sequence limit 1) between c.first_block and c.last_block) then
    return old;
  end if;
  raise exception 'rows of % are never changed nor removed', tg_table_name using errcode = 'PL001';
end
$$;
--> statement-breakpoint
drop trigger audit_log_append_only on audit_log;
--> statement-breakpoint
create trigger audit_log_append_only before update on audit_log
  for each row execute function panless_refuse_change();
--> statement-breakpoint
create trigger audit_log_kept before delete on audit_log
  for each row execute function panless_keep_audit_row();
--> statement-breakpoint
-- Deletes the entries of one archived block; answers how many there were. The tenant is the transaction's.
create function panless_remove_archived(p_tenant text, p_block bigint, p_root bytea) returns integer
  language plpgsql security definer set search_path = public, pg_temp as $$
declare
  block audit_blocks%rowtype;
  before audit_blocks%rowtype;
  head audit_blocks%rowtype;
  removed integer;
begin
  if p_tenant is distinct from current_setting('app.tenant', true) then
    raise exception 'another tenant' using errcode = '42501';
  end if;
  select * into block from audit_blocks b where b.tenant_id = p_tenant and b.number = p_block and b.root = p_root;
  select * into head from audit_blocks b where b.tenant_id = p_tenant order by b.number desc limit 1;
  if block.number is null or block.sealed_at > head.sealed_at - interval '90 days' or not exists (
      select 1 from audit_archives c where c.tenant_id = p_tenant and p_block between c.first_block and c.last_block) then
    raise exception 'the block is not archived, or too young' using errcode = 'PL001';
  end if;
  select * into before from audit_blocks b where b.tenant_id = p_tenant and b.number = p_block - 1;
  delete from audit_log a
   where a.tenant_id = p_tenant
     and (a.transaction_number, a.sequence) > (coalesce(before.end_transaction, 0), coalesce(before.end_sequence, 0))
     and (a.transaction_number, a.sequence) <= (block.end_transaction, block.end_sequence);
  get diagnostics removed = row_count;
  return removed;
end
$$;
--> statement-breakpoint
revoke execute on function panless_remove_archived(text, bigint, bytea) from public;
--> statement-breakpoint
grant execute on function panless_remove_archived(text, bigint, bytea) to panless_app;
