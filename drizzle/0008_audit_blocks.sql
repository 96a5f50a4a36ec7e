-- The audit log proves itself: rows are gathered into blocks with a Merkle root, blocks are chained, and checkpoints of
-- the chain are signed and leave the database. docs/audit.md says what that proves.

-- Version 2 of the hashed text is for rows whose texts need no escaping in JSON, which is nearly all of them, and costs
-- half of version 1, by which the others and earlier rows go.
alter table audit_log add column hash_version smallint default 1 not null;
--> statement-breakpoint
-- The order of sealing is that of transactions, since below the oldest one that runs nothing can be added any more; of
-- sequences that cannot be said. A column of its own, for row security lets no index with a cast in it be used.
alter table audit_log add column transaction_number bigint generated always as (transaction_id::bigint) stored;
--> statement-breakpoint
create index audit_log_transaction on audit_log (tenant_id, transaction_number, sequence);
--> statement-breakpoint
create index audit_log_actor on audit_log (tenant_id, actor_id, sequence);
--> statement-breakpoint
-- The text that a row's hash is of: one JSON array of everything that the row says. In version 2 the details come first,
-- since an object ends where its bracket closes; no text after it holds a quote, so no two rows have one text. A time that
-- no row can have is null, for the arithmetic would fail on some. Put together by ||, which costs a sixth less than concat;
-- a null where none can be makes all of it empty, which no row's hash is of.
create view audit_texts with (security_invoker = true) as
select a.tenant_id, a.sequence, a.id, a.transaction_number, a.row_hash,
       case a.hash_version
         when 2 then coalesce('[2,' || a.details::text || ',"' || a.tenant_id || '",' || a.sequence::text || ',' ||
           coalesce((case when a.at >= '1970-01-01Z' and a.at < '3000-01-01Z' then round(date_part('epoch', a.at) * 1e6)::bigint end)::text, '') ||
           ',"' || a.id || '","' || a.actor_kind || '","' || a.actor_id || '","' || a.action || '","' || a.outcome || '","' ||
           a.object_type || '",' || coalesce('"' || a.object_id || '"', 'null') || ',' || coalesce('"' || a.payer_id || '"', 'null') ||
           ',"' || a.request_id || '",' || coalesce('"' || encode(a.address_hash, 'hex') || '"', 'null') || ',"' || a.transaction_id || '"]', '')
         else jsonb_build_array(a.tenant_id, a.sequence, a.id,
           case when a.at >= '1970-01-01Z' and a.at < '3000-01-01Z' then (extract(epoch from a.at) * 1000000)::bigint end,
           a.actor_kind, a.actor_id, a.action, a.outcome, a.object_type, a.object_id, a.payer_id,
           a.request_id, encode(a.address_hash, 'hex'), a.details, a.transaction_id)::text
       end as text
  from audit_log a;
--> statement-breakpoint
grant select on audit_texts to panless_app;
--> statement-breakpoint
create or replace function panless_seal_audit_row() returns trigger
  language plpgsql set search_path = public, pg_temp as $$
declare
  hashed text;
begin
  new.transaction_id := pg_current_xact_id()::text;
  if concat(new.tenant_id, new.id, new.actor_kind, new.actor_id, new.action, new.outcome, new.object_type, new.object_id,
            new.payer_id, new.request_id) ~ '["\\\x01-\x1f]' then
    new.hash_version := 1;
    hashed := jsonb_build_array(
      new.tenant_id, new.sequence, new.id, (extract(epoch from new.at) * 1000000)::bigint,
      new.actor_kind, new.actor_id, new.action, new.outcome, new.object_type, new.object_id, new.payer_id,
      new.request_id, encode(new.address_hash, 'hex'), new.details, new.transaction_id);
  else
    new.hash_version := 2;
    hashed := concat('[2,', new.details, ',"', new.tenant_id, '",', new.sequence, ',', round(date_part('epoch', new.at) * 1e6)::bigint,
      ',"', new.id, '","', new.actor_kind, '","', new.actor_id, '","', new.action, '","', new.outcome, '","', new.object_type, '",',
      coalesce('"' || new.object_id || '"', 'null'), ',', coalesce('"' || new.payer_id || '"', 'null'), ',"', new.request_id, '",',
      coalesce('"' || encode(new.address_hash, 'hex') || '"', 'null'), ',"', new.transaction_id, '"]');
  end if;
  new.row_hash := sha256(convert_to(hashed, 'UTF8'));
  return new;
end
$$;
--> statement-breakpoint
-- A block holds the rows whose (transaction, sequence) is above the end of the block before it and up to its own end.
create table audit_blocks (
  tenant_id text not null,
  number bigint not null,
  row_count integer not null,
  rows_through bigint not null,
  end_transaction bigint not null,
  end_sequence bigint not null,
  root bytea not null,
  previous_hash bytea not null,
  hash bytea not null,
  sealed_at timestamp with time zone not null,
  constraint audit_blocks_tenant_id_number_pk primary key (tenant_id, number)
);
--> statement-breakpoint
create unique index audit_blocks_end on audit_blocks (tenant_id, end_transaction, end_sequence);
--> statement-breakpoint
create table audit_checkpoints (
  tenant_id text not null,
  number bigint not null,
  id text not null,
  block_number bigint not null,
  rows_through bigint not null,
  head bytea not null,
  statement text not null,
  created_at timestamp with time zone not null,
  constraint audit_checkpoints_tenant_id_number_pk primary key (tenant_id, number)
);
--> statement-breakpoint
create unique index audit_checkpoints_block on audit_checkpoints (tenant_id, block_number);
--> statement-breakpoint
-- What became of a checkpoint at each place outside; `evidence` is what the place gave back, such as a time stamp.
create table audit_checkpoint_copies (
  tenant_id text not null,
  sink text not null,
  checkpoint_number bigint not null,
  status text not null,
  attempts integer default 0 not null,
  next_attempt_at timestamp with time zone not null,
  written_at timestamp with time zone,
  error_code text,
  evidence bytea,
  constraint audit_checkpoint_copies_tenant_id_sink_checkpoint_number_pk primary key (tenant_id, sink, checkpoint_number),
  constraint audit_checkpoint_copies_status check (status in ('waiting', 'written', 'contradicted'))
);
--> statement-breakpoint
alter table audit_checkpoint_copies add constraint audit_checkpoint_copies_checkpoint_fk
  foreign key (tenant_id, checkpoint_number) references audit_checkpoints (tenant_id, number);
--> statement-breakpoint
create index audit_checkpoint_copies_waiting on audit_checkpoint_copies (tenant_id, next_attempt_at) where status = 'waiting';
--> statement-breakpoint
select panless_guard_table('audit_blocks', 'select, insert');
--> statement-breakpoint
select panless_guard_table('audit_checkpoints', 'select, insert');
--> statement-breakpoint
select panless_guard_table('audit_checkpoint_copies');
--> statement-breakpoint
create trigger audit_blocks_append_only before update or delete on audit_blocks
  for each row execute function panless_refuse_change();
--> statement-breakpoint
create trigger audit_blocks_no_truncate before truncate on audit_blocks
  for each statement execute function panless_refuse_change();
--> statement-breakpoint
create trigger audit_checkpoints_append_only before update or delete on audit_checkpoints
  for each row execute function panless_refuse_change();
--> statement-breakpoint
create trigger audit_checkpoints_no_truncate before truncate on audit_checkpoints
  for each statement execute function panless_refuse_change();
--> statement-breakpoint
create trigger audit_checkpoint_copies_moves before update of status on audit_checkpoint_copies
  for each row execute function panless_allow_moves('waiting>written', 'waiting>contradicted');
--> statement-breakpoint

-- The Merkle tree hash of RFC 6962 section 2.1 over row hashes, 32 bytes each, one after the other. A node without a
-- partner moves up as it is, which gives the tree that is split at powers of two.
create function panless_merkle_root(p_hashes bytea) returns bytea
  language plpgsql immutable strict parallel safe set search_path = public, pg_temp as $$
declare
  level bytea;
  nodes integer := length(p_hashes) / 32;
begin
  select string_agg(sha256('\x00'::bytea || substr(p_hashes, i * 32 + 1, 32)), ''::bytea) into level
    from generate_series(0, nodes - 1) i;
  while nodes > 1 loop
    select string_agg(case when 2 * i + 1 < nodes then sha256('\x01'::bytea || substr(level, i * 64 + 1, 64))
                           else substr(level, i * 64 + 1, 32) end, ''::bytea) into level
      from generate_series(0, (nodes - 1) / 2) i;
    nodes := (nodes + 1) / 2;
  end loop;
  return level;
end
$$;
--> statement-breakpoint
-- The text that a block's hash is of.
create function panless_audit_block_text(p_block audit_blocks) returns text
  language sql immutable parallel safe set search_path = public, pg_temp as $$
  select concat('["panless audit block",1,"', p_block.tenant_id, '",', p_block.number, ',', p_block.row_count, ',',
    p_block.rows_through, ',', p_block.end_transaction, ',', p_block.end_sequence, ',"', encode(p_block.root, 'hex'), '","',
    encode(p_block.previous_hash, 'hex'), '",',
    case when p_block.sealed_at >= '1970-01-01Z' and p_block.sealed_at < '3000-01-01Z'
         then round(date_part('epoch', p_block.sealed_at) * 1e6)::bigint end, ']')
$$;
--> statement-breakpoint
-- Seals the tenant's next block, of at most so many rows; answers how many it sealed. Null: another one is sealing.
create function panless_seal_audit(p_tenant text, p_now timestamptz, p_rows_max integer) returns integer
  language plpgsql set search_path = public, pg_temp set enable_seqscan = off set enable_bitmapscan = off as $$
declare
  last audit_blocks%rowtype;
  next audit_blocks%rowtype;
  hashes bytea;
  ahead bigint;
  horizon bigint;
begin
  if not pg_try_advisory_xact_lock(hashtextextended('panless audit ' || p_tenant, 0)) then
    return null;
  end if;
  -- Taken after the lock, so that this statement sees what the sealer before has committed.
  select * into last from audit_blocks b where b.tenant_id = p_tenant order by b.number desc limit 1;
  select pg_snapshot_xmin(s)::text::bigint, pg_snapshot_xmax(s)::text::bigint into horizon, ahead from pg_current_snapshot() s;
  if last.end_transaction >= ahead then
    raise exception 'the numbers of transactions are behind those in the audit log' using errcode = 'PL004';
  end if;
  select count(*), string_agg(r.row_hash, ''::bytea order by r.transaction_number, r.sequence), max(r.transaction_number),
         (array_agg(r.sequence order by r.transaction_number desc, r.sequence desc))[1]
    into next.row_count, hashes, next.end_transaction, next.end_sequence
    from (select a.row_hash, a.transaction_number, a.sequence from audit_log a
           where a.tenant_id = p_tenant and a.transaction_number < horizon
             and (a.transaction_number, a.sequence) > (coalesce(last.end_transaction, 0), coalesce(last.end_sequence, 0))
           order by a.transaction_number, a.sequence limit p_rows_max) r;
  if next.row_count = 0 then
    return 0;
  end if;
  next.tenant_id := p_tenant;
  next.number := coalesce(last.number, 0) + 1;
  next.rows_through := coalesce(last.rows_through, 0) + next.row_count;
  next.root := panless_merkle_root(hashes);
  next.previous_hash := coalesce(last.hash, decode(repeat('00', 32), 'hex'));
  next.sealed_at := date_trunc('milliseconds', p_now);
  next.hash := sha256(convert_to(panless_audit_block_text(next), 'UTF8'));
  insert into audit_blocks select next.*;
  return next.row_count;
end
$$;
--> statement-breakpoint
-- Holds blocks against the rows that they sealed, from the columns up: a limited number of blocks after `p_after`. Its cost
-- is for the planner, which then gives two calls of one statement to two processes.
create function panless_check_audit_blocks(p_tenant text, p_after bigint, p_limit integer)
  returns table (number bigint, row_count integer, rows_through bigint, hash bytea, previous_hash bytea, sealed_at timestamptz,
                 hash_fits boolean, root_fits boolean, rows_found integer, rows_changed json)
  language sql stable parallel safe cost 1000000 set search_path = public, pg_temp
  set enable_seqscan = off set enable_bitmapscan = off set jit = off as $$
  select b.number, b.row_count, b.rows_through, b.hash, b.previous_hash, b.sealed_at,
         b.hash = sha256(convert_to(panless_audit_block_text(b), 'UTF8')),
         coalesce(b.root = panless_merkle_root(r.hashes), false), r.found, coalesce(r.changed, '[]')
    from audit_blocks b
   cross join lateral (
      -- Never null, or the index would be read from its beginning for each block.
      select coalesce(max(e.end_transaction), 0) as end_transaction, coalesce(max(e.end_sequence), 0) as end_sequence
        from (select l.end_transaction, l.end_sequence from audit_blocks l
               where l.tenant_id = p_tenant and l.number < b.number order by l.number desc limit 1) e) before
   cross join lateral (
      select count(*)::integer as found, string_agg(t.row_hash, ''::bytea) as hashes,
             -- Two hundred of them say enough, however many somebody put there.
             to_json((array_agg(json_build_object('id', t.id, 'sequence', t.sequence, 'text', t.text, 'hash', encode(t.row_hash, 'hex')))
               filter (where t.row_hash <> sha256(convert_to(t.text, 'UTF8'))))[1:200]) as changed
        from (select x.id, x.sequence, x.row_hash, x.text from audit_texts x
               where x.tenant_id = p_tenant
                 and (x.transaction_number, x.sequence) > (before.end_transaction, before.end_sequence)
                 and (x.transaction_number, x.sequence) <= (b.end_transaction, b.end_sequence)
               order by x.transaction_number, x.sequence) t) r
   where b.tenant_id = p_tenant and b.number > p_after
   order by b.number limit p_limit
$$;
